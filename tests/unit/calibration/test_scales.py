"""The page of what moves with the memory scale, from kept recordings; and its command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.analysis.full_scale.anchor_runs import World
from harness.analysis.metrics.catalogue import METRICS
from harness.calibration import scales
from harness.calibration.scales_page import MOVED, NOISE, page
from harness.scenario import load
from harness.scenario.overrides import with_options
from tests.unit.analysis.full_scale.kept import kept_run, kept_runs, note


def at_scales(config: str, *scales: float) -> list[World]:
    return [World(with_options(note(config), scale=scale), kept_runs(config, scale)) for scale in scales]


def test_the_page_has_every_config_at_every_scale_and_what_one_foretells_of_another() -> None:
    text = page([*at_scales("fixed", 0.1, 0.4, 1.0), *at_scales("old_stop", 0.1, 0.7)], "the command", "A machine.")
    assert "Made by `the command`. A machine." in text
    for start in ("| fixed | 0.1 | 3 |", "| fixed | 1 | 1 |", "| old_stop | 0.7 | 1 |"):
        assert start in text
    assert "| fixed | mean | 0.1 | " in text
    assert "| out |" not in text  # nothing was measured outside of what a smaller world foretold
    assert "| `sawtooth.trough_gb` | course |" in text


def test_metrics_are_marked_as_they_were_measured() -> None:
    """Between the smallest and the largest kept world, of metrics that the kept columns tell."""
    pairs = (("fixed", 0.1, 1.0), ("old_stop", 0.1, 0.7))
    told = [
        metric for metric in METRICS.values() if metric.pair is None and metric.moves in ("no", "course", "release")
    ]
    seen = 0
    for metric in told:
        if metric.unit not in ("GB", "share", "") or metric.leak is not None or metric.name == "breakdown.residual":
            continue
        moved, known = False, False
        for config, small, large in pairs:
            a, b = (metric.read(kept_run(config, scale)).value for scale in (small, large))
            if a is not None and b is not None:
                known = True
                moved |= abs(a - b) > max(MOVED * max(abs(a), abs(b)), NOISE.get(metric.unit, 0.0))
        assert not known or moved == metric.moves_with_scale, metric.name
        seen += known
    assert seen > 15


@pytest.mark.parametrize("scale_list", ["", "0.1,x", "0", "0.1,2"])
def test_scales_that_are_none_are_wrong_usage(scale_list: str, tmp_path: Path, capsys) -> None:
    assert scales.main(["50symbols", "--scales", scale_list, "--out", str(tmp_path), "--page"]) == 2
    assert "must be numbers above 0 up to 1" in capsys.readouterr().err


def test_a_page_of_nothing_is_wrong_usage(tmp_path: Path, capsys) -> None:
    assert scales.main(["50symbols", "--out", str(tmp_path), "--page"]) == 2
    assert "nothing is recorded there" in capsys.readouterr().err


def test_every_config_is_run_wherever_it_fits_the_largest_first() -> None:
    scenario = with_options(load("50symbols"), configs=["old", "fixed"])
    found = scales.worlds(scenario, (0.1, 0.7, 1.0), {"old": 25e9, "fixed": 7.1e9}, 20e9)
    assert [(world.config, world.scale) for world in found] == [
        ("old", 0.7),
        ("fixed", 1.0),
        ("fixed", 0.7),
        ("old", 0.1),
        ("fixed", 0.1),
    ]
