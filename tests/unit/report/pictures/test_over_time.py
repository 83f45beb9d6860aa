"""over_time.png by its content: what its title finds, what is drawn of what, and that no word lies on another."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from harness.analysis.over_time import MEAN, PEAK, PEAK_NET
from harness.analysis.runs import Run
from harness.report.pictures.over_time import over_time_picture
from tests.unit.report.pictures.figures import figure_of


def with_cpu(run: Run, *, grow: float = 0.0) -> Run:
    """`run` with 0.03 CPU seconds in every interval between two samples, more by the share `grow` at its end."""
    noise = np.random.default_rng(run.seed).gamma(400, 1 / 400, len(run.samples) - 1)
    spent = 0.03 * np.linspace(1, 1 + grow, len(noise)) * noise
    return dataclasses.replace(run, samples=run.samples.assign(cpu_s=np.concatenate([[1.0], 1.0 + np.cumsum(spent)])))


def axes_of(figure: Figure, gid: str) -> Axes:
    (found,) = [axes for axes in figure.axes if axes.get_gid() == gid]
    return found


def artists(axes: Axes, gid: str) -> list:
    return axes.findobj(lambda artist: artist.get_gid() == gid)


def labels(axes: Axes) -> list[str]:
    return [plain(text.get_text()) for text in artists(axes, "label")]


def plain(text: str) -> str:
    return " ".join(text.split())


def title(figure: Figure) -> str:
    lines = [text for text in figure.texts if text.get_fontweight() == "bold"]
    return plain(" ".join(text.get_text() for text in sorted(lines, key=lambda line: -line.get_position()[1])))


def foot(figure: Figure) -> str:
    lines = [text for text in figure.texts if text.get_fontweight() != "bold"]
    return plain(" ".join(text.get_text() for text in sorted(lines, key=lambda line: -line.get_position()[1])))


@pytest.fixture
def claims(make_claim) -> list[dict]:
    return [make_claim("peak reduction", PEAK, ("old", "fixed"), (0.6, 0.7), tolerance=0.005)]


def test_the_picture_is_a_png_of_its_size(note_runs, make_scenario, claims, tmp_path: Path) -> None:
    path = tmp_path / "over_time.png"
    page = over_time_picture(make_scenario(claims=claims), note_runs)
    assert page is not None
    page.save(path)
    with Image.open(path) as image:
        assert image.size == (1600, 900)


def test_the_title_is_the_finding(note_runs, make_run, make_scenario, make_claim, claims) -> None:
    assert title(figure_of(over_time_picture(make_scenario(claims=claims), note_runs))) == (
        "What fixed saves of old's peak depends on when one looks: 8 % after 10 min, 73 % from 1.3 h on"
    )
    leaks = [make_run("old", s) for s in (1, 2)]
    leaks += [make_run("fixed", s, period_s=40_000, peak_gb=25) for s in (1, 2)]
    assert title(figure_of(over_time_picture(make_scenario(claims=claims), leaks))) == (
        "What fixed saves of old's peak depends on when one looks: 28 % after 10 min, 70 % after 1.4 h, 44 % after 5 h"
    )
    alike = [make_claim("none", PEAK, ("old", "old_stop"), (-0.01, 0.01))]
    assert title(figure_of(over_time_picture(make_scenario(claims=alike), note_runs))) == (
        "What old_stop saves of old's peak does not depend on when one looks: 0 %"
    )


def test_the_lines_end_at_their_values_under_the_claimed_band(note_runs, make_scenario, claims, assert_legible) -> None:
    figure = figure_of(over_time_picture(make_scenario(claims=claims), note_runs))
    axes = axes_of(figure, "reductions")
    for metric, value in ((PEAK, 72.5), (PEAK_NET, 90.9), (MEAN, 59.27)):
        (line,) = artists(axes, metric)
        assert line.get_ydata()[-1] == pytest.approx(value, abs=0.05)
        assert line.get_xdata()[-1] == 5.0
    (band,) = artists(axes, "band")
    assert (band.get_y(), band.get_y() + band.get_height()) == pytest.approx((59.5, 70.5))
    assert sorted(labels(axes)) == [
        "59 % of the mean so far",
        "73 % of the peak so far",
        "91 % of the growth to the peak so far",
        "expected of the peak: 60-70 ± 0.5 %",
    ]
    (ticks,) = artists(axes, "cleanups")
    np.testing.assert_allclose([path.vertices[0, 0] for path in ticks.get_paths()], np.array([1, 2, 3]) * 5000 / 3600)
    assert_legible(figure)


def test_cpu_beside_the_reductions(note_runs, make_scenario, claims, assert_legible) -> None:
    runs = [with_cpu(run, grow=0.5 if run.config == "old" else 0.0) for run in note_runs]
    figure = figure_of(over_time_picture(make_scenario(claims=claims), runs))
    axes = axes_of(figure, "cpu")
    heading = plain(axes.get_title(loc="left"))
    assert heading == "CPU per symbol and cycle, ms: grows under load, old by 38 %"
    (line,) = artists(axes, "cpu fixed")
    np.testing.assert_allclose(line.get_ydata(), 0.03 / 10 / 50 * 1000, rtol=0.05)  # samples are ten cycles apart
    assert [label.split()[0] for label in labels(axes)] == ["old", "fixed", "old_stop"]
    assert axes.get_xlim() == axes_of(figure, "reductions").get_xlim()
    assert_legible(figure)


def test_without_a_pair_there_is_cpu_only(note_runs, make_scenario, assert_legible) -> None:
    figure = figure_of(over_time_picture(make_scenario(), [with_cpu(run) for run in note_runs]))
    assert [axes.get_gid() for axes in figure.axes] == ["cpu"]
    assert title(figure) == "CPU per symbol-cycle: no growth beyond the noise of the seeds"
    assert_legible(figure)


def test_nothing_to_draw_is_no_picture(note_runs, make_scenario) -> None:
    assert over_time_picture(make_scenario(), note_runs) is None


def test_the_limit_ends_the_curves_and_is_named(make_run, make_scenario, claims, assert_legible) -> None:
    runs = [make_run("old", s, status="limit", until_s=9000, period_s=20_000, peak_gb=50) for s in (1, 2)]
    runs += [with_cpu(make_run("fixed", s)) for s in (1, 2)]
    figure = figure_of(over_time_picture(make_scenario(claims=claims), runs))
    (line,) = artists(axes_of(figure, "reductions"), PEAK)
    assert line.get_xdata()[-1] == pytest.approx(2.5)
    assert "The reductions end early: old reached the memory limit at 2.50 h." in foot(figure)
    assert_legible(figure)


def test_many_configs_of_long_names(make_run, make_scenario, make_claim, assert_legible) -> None:
    names = [
        *("old", "fixed", "a_config_whose_name_takes_forty_letters", "pymalloc_glibc_arena_1_and_something_mor"),
        *("jemalloc", "short", "seven", "eight_configs", "nine"),
    ]
    runs = [
        with_cpu(make_run(config, seed, period_s=100 if config == "old" else 5000), grow=place / 5)
        for place, config in enumerate(names)
        for seed in (1, 2)
    ]
    worse = [make_claim("much less", PEAK, ("old", names[2]), (0.6, "open"))]
    figure = figure_of(over_time_picture(make_scenario(tuple(names), claims=worse), runs))
    assert "CPU of the first 6 of 9 configs." in foot(figure)
    assert len(artists(axes_of(figure, "reductions"), "cleanups")) == 1
    assert "expected of the peak: at least 60 %" in labels(axes_of(figure, "reductions"))
    assert_legible(figure)


def test_more_cleanups_than_fit_are_not_drawn(make_run, make_scenario, claims) -> None:
    runs = [make_run("old", period_s=50.0), make_run("fixed")]
    figure = figure_of(over_time_picture(make_scenario(claims=claims), runs))
    assert not artists(axes_of(figure, "reductions"), "cleanups")
    assert [text.get_text() for legend in figure.legends for text in legend.get_texts()] == ["warm-up"]
