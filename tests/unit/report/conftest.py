"""Literal soaks: runs in a world of scale 0.1 that look like the note's, sampled every 50 virtual seconds."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from harness.analysis.curves import STEPS
from harness.analysis.runs import Run
from harness.scenario import Scenario, load
from harness.sweeps.planned import PlannedSweep, begin, rows_of
from harness.sweeps.worlds import worlds_of
from harness.worker.recorder import SAMPLE
from tests.unit.anatomy_soak import anatomy_run, write_anatomy
from tests.unit.report.swept import grown

SCALE = 0.1
EVERY_S = 50.0
PERIODS_S = {"fixed": 500.0}
STOPS_GB = {"old": (18.0, 18.0, 5.3, 5.2), "fixed": (6.3, 5.4, 5.3, 5.2)}


def _make_run(
    config: str,
    seed: int = 1,
    *,
    status: str = "complete",
    until_s: float = 18_250.0,
    period_s: float | None = None,
    peak_gb: float | None = None,
    stop: bool = True,
    live: bool = True,
    **facts: Any,
) -> Run:
    """A sawtooth from 5 GB to the peak (7 for fixed, else 25) at full scale; a cleanup at the end of every period."""
    period = period_s or PERIODS_S.get(config, 5000.0)
    top = peak_gb or (7.0 if config == "fixed" else 25.0)
    times = np.arange(0.0, until_s + 1, EVERY_S)
    gb = 5 + (top - 5) * (times % period) / period + 0.01 * seed
    samples = pd.DataFrame({name: np.full(len(times), np.nan) for name in SAMPLE.names})
    samples["t_s"] = times
    samples["rss_bytes"] = gb * SCALE * 1e9
    samples["phase"] = np.where(times < 600, "warm-up", "load")
    if live:
        samples["live_bytes"] = (gb - 4.2) * SCALE * 1e9
    events = [{"t_s": float(t_s), "kind": "cleanup"} for t_s in np.arange(period, until_s + 1, period)]
    if status == "limit":
        events.append({"t_s": until_s, "kind": "limit", "rss_bytes": gb[-1] * SCALE * 1e9})
    steps = dict(zip(STEPS, STOPS_GB.get(config, STOPS_GB["old"]), strict=True))
    reached = {
        step: {"rss_bytes": value * SCALE * 1e9, "live_bytes": (value - 4.2) * SCALE * 1e9}
        for step, value in steps.items()
        if stop and status == "complete"
    }
    known = {"ballast_bytes": 4 * SCALE * 1e9, "clock": "virtual", "reason": None, "t_s": until_s, "stop": reached}
    return Run(config, seed, status, SCALE, samples, tuple(events), {**known, "acceleration": 380.0, **facts})


def at_full_scale(run: Run) -> Run:
    """The same run in a world ten times as large."""
    samples = run.samples.assign(**{name: run.samples[name] * 10 for name in ("rss_bytes", "live_bytes")})
    stop = {step: {name: 10 * value for name, value in read.items()} for step, read in run.facts["stop"].items()}
    facts = {**run.facts, "stop": stop, "ballast_bytes": 10 * run.facts["ballast_bytes"]}
    return dataclasses.replace(run, memory_scale=1.0, samples=samples, facts=facts)


def _make_scenario(
    configs: Sequence[str] = ("old", "fixed", "old_stop"),
    *,
    claims: Sequence[dict[str, Any]] = (),
    hours: float = 5.0,
    **other: Any,
) -> Scenario:
    return Scenario.model_validate(
        {
            "name": "literal",
            "path": Path("scenarios/literal.toml"),
            "title": "Literal [runs]",
            "market": {"symbols": 50, "depth": 50, "books_per_second": 5.0},
            "time": {
                "hours": hours,
                "cycle_s": 5.0,
                "warmup_minutes": 10.0,
                "run_on_s": 250.0,
                "sample_every_s": EVERY_S,
                "settle_minutes": 0.0,
            },
            "memory": {"scale": SCALE, "baseline_gb": 5.0, "limit_gb": 32.0, "leak_budget_gb_per_hour": 0.0375},
            "target": {"factory": "harness.collector:build"},
            "configs": {config: {} for config in configs},
            "claims": tuple(claims),
            **other,
        }
    )


def _make_claim(
    name: str, metric: str, configs: Sequence[str], expected: Sequence[Any], **other: Any
) -> dict[str, Any]:
    facts = {"better": "higher", "kind": "prediction", "source": "Expected results, row 2", **other}
    return {"name": name, "metric": metric, "configs": list(configs), "expected": list(expected), **facts}


def _texts(figure: Figure) -> Iterator[Text]:
    """Every word that is drawn."""
    found = [*figure.texts, *(text for legend in figure.legends for text in legend.get_texts())]
    for axes in figure.axes:
        found += [*axes.texts]
        if axes.axison:
            found += [axes.title, axes._left_title, axes._right_title, axes.xaxis.label, axes.yaxis.label]
            for axis, labels in ((axes.xaxis, axes.get_xticklabels()), (axes.yaxis, axes.get_yticklabels())):
                low, high = sorted(axis.get_view_interval())
                place = 0 if axis is axes.xaxis else 1
                found += [label for label in labels if low <= label.get_position()[place] <= high]
    yield from (text for text in found if text.get_visible() and text.get_text().strip())


def _assert_legible(figure: Figure) -> None:
    """Every word lies on the page, and none on another."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    boxes = [(text.get_text(), Text.get_window_extent(text, renderer)) for text in _texts(figure)]
    page = figure.bbox
    for words, box in boxes:
        assert box.x0 >= 0, words
        assert box.x1 <= page.x1, words
        assert box.y0 >= 0, words
        assert box.y1 <= page.y1, words
    for (one, first), (other, second) in itertools.combinations(boxes, 2):
        width = min(first.x1, second.x1) - max(first.x0, second.x0)
        height = min(first.y1, second.y1) - max(first.y0, second.y0)
        assert width < 1 or height < 3, f"{one!r} lies on {other!r}"


@pytest.fixture
def assert_legible() -> Callable[[Figure], None]:
    return _assert_legible


@pytest.fixture
def make_run() -> Callable[..., Run]:
    return _make_run


@pytest.fixture
def make_scenario() -> Callable[..., Scenario]:
    return _make_scenario


@pytest.fixture
def make_claim() -> Callable[..., dict[str, Any]]:
    return _make_claim


@pytest.fixture
def note_runs() -> list[Run]:
    """Three configs, three seeds: old and old_stop the same until the stop."""
    return [_make_run(config, seed) for config in ("old", "fixed", "old_stop") for seed in (1, 2, 3)]


@pytest.fixture
def recorded(write_scenario, here: Path) -> Callable[[str, str], Path]:
    """Record a sweep of this text, every run by the model of `grown`; return its folder."""

    def record(text: str, name: str) -> Path:
        path = write_scenario(('factory = "dummy_target:build"', 'factory = "harness.null_target:build"'))
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
        scenario = load(str(path), import_target=False)
        folder = here / "sweep"
        folder.mkdir()
        begin(PlannedSweep(scenario, name, folder, (), at_once=1))
        for row in rows_of(worlds_of(scenario, name), folder, None):
            row.world.begin()
            config = row.job.config
            write_anatomy(row.world.folder, anatomy_run(config, row.job.seed, leaks=grown(config), hours=0.5))
        return folder

    return record
