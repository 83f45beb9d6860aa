"""memory.png by its content: what is drawn, where, and that no word lies on another."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from harness.analysis.full_scale.anchor_runs import Anchors, World
from harness.report.drawing.looks import looks
from harness.report.pictures.memory import foot, memory_picture
from harness.scenario.overrides import with_options
from tests.unit.analysis.conftest import under_load, with_children
from tests.unit.report.conftest import at_full_scale


def axes_of(figure: Figure, gid: str) -> Axes:
    (found,) = [axes for axes in figure.axes if axes.get_gid() == gid]
    return found


def artists(axes: Axes, gid: str) -> list:
    return axes.findobj(lambda artist: artist.get_gid() == gid)


def labels(figure: Figure) -> list[str]:
    return [text.get_text() for text in artists(axes_of(figure, "memory"), "label")]


@pytest.fixture
def note(make_scenario, make_claim, note_runs):
    scenario = make_scenario(
        claims=[
            make_claim("fixed peak", "peak", ["fixed"], [8, 10], better="lower"),
            make_claim("old peak", "peak", ["old"], [25, None], kind="calibration"),
        ],
        assumptions="Much is assumed.",
    )
    return scenario, note_runs


def test_the_picture_is_a_png_of_its_size(note, tmp_path: Path) -> None:
    path = tmp_path / "memory.png"
    memory_picture(*note).save(path)
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert image.size == (1600, 900)


def test_curves_are_at_full_scale_over_virtual_hours(note) -> None:
    axes = axes_of(memory_picture(*note).figure, "memory")
    for config, highest in (("old", 24.82), ("fixed", 6.82), ("old_stop", 24.82)):
        (line,) = artists(axes, f"rss {config}")
        hours, gb = line.get_data()
        assert hours[-1] == pytest.approx(18_250 / 3600)
        assert max(gb) == pytest.approx(highest)
        assert artists(axes, f"live {config}")
    assert axes.get_ylim()[0] == 0


def test_configs_are_told_apart_by_colour_dashes_marker_and_name(note) -> None:
    figure = memory_picture(*note).figure
    lines = [artists(axes_of(figure, "memory"), f"rss {config}")[0] for config in note[0].configs]
    assert len({line.get_color() for line in lines}) == 3
    assert len({line.get_linestyle() for line in lines} | {str(line._dash_pattern) for line in lines}) >= 3
    assert {"old", "fixed", "old_stop"} <= set(labels(figure))


def test_eight_configs_look_different_in_grey_too() -> None:
    found = looks([f"config{number}" for number in range(16)])
    assert len({look.marker for look in list(found.values())[:8]}) == 8
    assert len({(look.colour, look.dashes) for look in found.values()}) == 16


def test_the_limit_the_band_the_warm_up_and_the_horizon_are_drawn(note) -> None:
    figure = memory_picture(*note).figure
    axes = axes_of(figure, "memory")
    (limit,) = artists(axes, "limit")
    assert list(limit.get_ydata()) == [32, 32]
    (band,) = artists(axes, "band")
    assert (band.get_y(), band.get_y() + band.get_height()) == (8, 10)
    assert {"32 GB limit", "expected peak of\nfixed:\n8-10 GB"} <= set(labels(figure))
    (warm_up,) = artists(axes, "warm-up")
    assert warm_up.get_width() == pytest.approx(1 / 6)
    (horizon,) = artists(axes, "horizon")
    assert horizon.get_xdata()[0] == 5


def test_a_band_that_is_open_begins_at_its_end_and_fades(make_scenario, make_claim, note_runs) -> None:
    ends = {"upwards": ([24, None], 23.5, 1), "downwards": ([None, 24], 24.5, -1)}
    for name, (expected, known, way) in ends.items():
        claims = [make_claim(name, "peak", ["old"], expected, tolerance=0.5)]
        strips = artists(axes_of(memory_picture(make_scenario(claims=claims), note_runs).figure, "memory"), "band")
        edges = [strip.get_y() + (0 if way > 0 else strip.get_height()) for strip in strips]
        assert edges[0] == known
        assert edges == sorted(edges, reverse=way < 0)
        strengths = [strip.get_alpha() for strip in strips]
        assert strengths == sorted(set(strengths), reverse=True)


def test_many_expected_peaks_are_named_in_two_lines(make_scenario, make_claim, note_runs) -> None:
    claims = [make_claim(f"peak {gb}", "peak", ["old"], [gb, None], tolerance=0.5) for gb in (5, 10, 15, 20)]
    named = labels(memory_picture(make_scenario(claims=claims), note_runs).figure)
    assert "old, expected:\nat least 4.5 GB" in named
    assert not [label for label in named if label.startswith("expected peak")]


def test_a_limit_that_would_flatten_the_curves_is_named_only(make_scenario, make_run) -> None:
    figure = memory_picture(make_scenario(["fixed"]), [make_run("fixed")]).figure
    assert not artists(axes_of(figure, "memory"), "limit")
    assert "32 GB limit:\nabove the picture" in labels(figure)


def test_every_cleanup_is_marked_once_though_three_seeds_did_it(note) -> None:
    strip = axes_of(memory_picture(*note).figure, "cleanups")
    counts = {config: len(artists(strip, f"ticks {config}")[0].get_segments()) for config in note[0].configs}
    assert counts == {"old": 3, "fixed": 36, "old_stop": 3}
    assert [text.get_text() for text in artists(strip, "count")] == ["3 cleanups", "36 cleanups", "3 cleanups"]


def test_where_a_target_tells_of_no_cleanup_there_were_not_none(make_scenario, make_run, assert_legible) -> None:
    silent = dataclasses.replace(make_run("silent"), events=())
    counts = dataclasses.replace(make_run("counts", counters={"cleanups": 0}), events=())
    scenario = make_scenario(["silent", "counts", "fixed"])
    figure = memory_picture(scenario, [silent, counts, make_run("fixed")]).figure
    told = [text.get_text() for text in artists(axes_of(figure, "cleanups"), "count")]
    assert told == ["cleanups not told", "no cleanup", "36 cleanups"]
    assert_legible(figure)


def test_thousands_of_cleanups_are_one_bar(make_scenario, make_run) -> None:
    strip = axes_of(memory_picture(make_scenario(["fixed"]), [make_run("fixed", period_s=50.0)]).figure, "cleanups")
    assert not artists(strip, "ticks fixed")
    assert len(artists(strip, "bar")) == 1
    assert [text.get_text() for text in artists(strip, "count")] == ["365 cleanups"]


def test_the_stop_is_shown_with_its_three_steps(note) -> None:
    figure = memory_picture(*note).figure
    steps = axes_of(figure, "stop")
    assert [tick.get_text() for tick in steps.get_xticklabels()] == [
        "before",
        "stop()",
        "dropped,\ncollected",
        "trimmed",
    ]
    values = [text.get_text() for text in axes_of(figure, "values").texts]
    assert values == ["18.0", "18.0", "5.3", "5.2", "6.3", "5.4", "5.3", "5.2", "18.0", "18.0", "5.3", "5.2"]
    assert steps.get_ylim()[0] == 0


def test_no_word_lies_on_another_though_two_curves_do(assert_legible, note) -> None:
    assert_legible(memory_picture(*note).figure)


@pytest.mark.parametrize("per_s", [None, 0.01, 50.0, 1e6])
def test_long_names_and_titles_and_many_configs_stay_legible(
    assert_legible, make_scenario, make_claim, make_run, per_s: float | None
) -> None:
    configs = [
        "old",
        "fixed",
        "fix_1_only",
        "fix_2_only",
        "fix_3_only",
        "fix_2_and_3",
        "a_name_of_forty_characters_which_is_long",
        "c",
    ]
    title = "A title [of brackets] with $x_1$ and 漏れ " + "many words " * 14
    runs = [make_run(config, seed) for config in configs for seed in (1, 2)]
    claims = [make_claim("fixed peak", "peak", ["fixed"], [8, 10], better="lower")] if per_s else []
    if per_s:
        runs = [under_load(run, lambda t_s: per_s * rising(t_s) / 200) for run in runs]
    assert_legible(memory_picture(make_scenario(configs, title=title, claims=claims), runs).figure)


def test_a_run_at_the_limit_and_one_that_died_have_signs_of_their_own(assert_legible, make_scenario, make_run) -> None:
    runs = [
        make_run("old", 1, peak_gb=40, status="limit", until_s=3850.0),
        make_run("old", 2, status="died", until_s=9000.0, reason="killed by SIGKILL"),
        make_run("fixed", 1, status="failed", until_s=-1.0),
    ]
    scenario = make_scenario()
    figure = memory_picture(scenario, runs).figure
    axes = axes_of(figure, "memory")
    (limit,) = artists(axes, "limit old")
    assert list(limit.get_xdata()) == [pytest.approx(3850 / 3600)]
    assert list(limit.get_ydata()) == [pytest.approx(runs[0].rss_gb[-1])]
    (died,) = artists(axes, "unfinished old")
    assert list(died.get_xdata()) == [2.5]
    assert limit.get_marker() != died.get_marker()
    key = [text.get_text() for text in figure.legends[0].get_texts()]
    assert {"limit reached", "ended early"} <= set(key)
    unfinished = "Unfinished: old seed 2 died at 2.50 h; fixed seed 1 failed before its first sample"
    assert foot(scenario, runs)[-1] == unfinished
    counts = [text.get_text() for text in artists(axes_of(figure, "cleanups"), "count")]
    assert counts == ["0-1 cleanups", "no sample", "no run"]
    assert_legible(figure)


@pytest.mark.parametrize("runs", ["none", "no sample", "no stop", "no live bytes"])
def test_what_is_missing_is_left_out(assert_legible, make_scenario, make_run, runs: str) -> None:
    made = {
        "none": [],
        "no sample": [make_run("old", status="failed", until_s=-1.0)],
        "no stop": [make_run("old", stop=False)],
        "no live bytes": [make_run("old", live=False)],
    }[runs]
    figure = memory_picture(make_scenario(["old"]), made).figure
    assert_legible(figure)
    assert not artists(axes_of(figure, "memory"), "live old") or runs == "no stop"
    stopped = [text.get_text() for text in axes_of(figure, "stop").texts] != ["no run reached its stop"]
    assert stopped == (runs == "no live bytes")


def test_the_foot_tells_the_world(make_scenario, note_runs, make_run) -> None:
    scenario = make_scenario(assumptions="Much.")
    assert foot(scenario, note_runs) == [
        "scale 0.1, shown at full scale; 3 seeds; virtual clock; 50 symbols, 5 books/s each; "
        "rests on assumptions: see summary; what stays after a cleanup or a stop is this small world's own"
    ]
    assert "small world" not in foot(scenario, note_runs, at_full_scale=True)[0]
    assert foot(make_scenario(), [make_run("old", clock="real")])[0].startswith(
        "scale 0.1, shown at full scale; 1 seed; real clock"
    )


def test_full_scale_is_drawn_beside_the_small_world(make_scenario, note_runs, assert_legible) -> None:
    scenario = make_scenario()
    large = tuple(at_full_scale(run) for run in note_runs if run.config == "old" and run.seed == 1)
    anchors = Anchors({"old": (World(with_options(scenario, configs=["old"], scale=1.0), large),)})
    figure = memory_picture(scenario, note_runs, anchors=anchors).figure
    drawn = {line.get_gid() for axes in figure.axes for line in axes.lines}
    assert {"rss old", "small old", "rss fixed"} <= drawn
    assert "small fixed" not in drawn
    words = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert "RSS at full scale, by anchor runs" in words
    assert "in the world of 0.1" in words
    assert not any("small world" in text.get_text() for text in figure.texts)
    assert_legible(figure)


def rising(t_s: np.ndarray) -> np.ndarray:
    return 200 + 40 * t_s / 3600


def steady(t_s: np.ndarray) -> np.ndarray:
    return np.full(t_s.shape, 200.0)


@pytest.mark.parametrize("configs", [["old"], ["old", "fixed", "old_stop"], [f"config_{n}" for n in range(8)]])
def test_a_load_that_moves_lies_under_the_memory(assert_legible, make_scenario, make_run, configs: list[str]) -> None:
    runs = [under_load(make_run(config, seed), rising) for config in configs for seed in (1, 2)]
    figure = memory_picture(make_scenario(configs), runs).figure
    memory, load = axes_of(figure, "memory"), axes_of(figure, "load")
    (drawn,) = artists(load, "events")
    per_s, edges_h, _ = drawn.get_data()
    assert (edges_h[0], edges_h[-1], per_s.size) == (0, 5, 100)
    assert (per_s[0], per_s[-1]) == (pytest.approx(201, abs=1), pytest.approx(399, abs=1))
    assert load.get_ylim()[0] == 0
    assert load.get_xlim() == memory.get_xlim()
    above, below = memory.get_position(), load.get_position()
    assert (below.x0, below.x1) == (above.x0, above.x1)
    assert below.y1 < above.y0
    assert (memory.get_xlabel(), load.get_xlabel()) == ("", "virtual hours")
    assert load.get_title(loc="left") == "Load in the world of 0.1, events/s"
    assert_legible(figure)


@pytest.mark.parametrize("load", ["flat", "not recorded"])
def test_a_load_that_is_flat_or_was_not_recorded_is_not_drawn(note, load: str) -> None:
    scenario, runs = note
    figure = memory_picture(scenario, [under_load(run, steady) for run in runs] if load == "flat" else runs).figure
    assert "load" not in {axes.get_gid() for axes in figure.axes}
    assert axes_of(figure, "memory").get_xlabel() == "virtual hours"


def test_drawing_leaves_the_settings_of_matplotlib_alone(note) -> None:
    before = dict(mpl.rcParams)
    with mpl.rc_context({"font.size": 3.0, "text.usetex": True}):
        figure = memory_picture(*note).figure
        assert mpl.rcParams["font.size"] == 3.0
    assert dict(mpl.rcParams) == before
    assert min(text.get_fontsize() for text in figure.findobj(Text) if text.get_text()) > 9


def test_a_long_run_is_drawn_on_a_grid_that_paper_can_show(make_scenario, make_run, monkeypatch) -> None:
    monkeypatch.setattr("harness.report.drawing.subjects.FINEST_POINTS", 100)
    (line,) = artists(axes_of(memory_picture(make_scenario(["old"]), [make_run("old")]).figure, "memory"), "rss old")
    assert 90 <= np.size(line.get_xdata()) <= 101


def test_what_children_hold_lies_above_rss(note) -> None:
    scenario, runs = note
    at_s = np.arange(0.0, 18_000.0, 300.0)
    started = [
        with_children(run, at_s, {"writer": (2 + at_s / 3600).tolist()}) if run.config == "old" else run for run in runs
    ]
    figure = memory_picture(scenario, started).figure
    axes = axes_of(figure, "memory")
    (tree,), (rss,) = artists(axes, "tree old"), artists(axes, "rss old")
    assert (tree.get_ydata() > rss.get_ydata()).all()
    assert np.max(tree.get_ydata()) < axes.get_ylim()[1]
    assert artists(axes, "tree fixed") == []
    keys = [text.get_text() for text in figure.findobj(Text)]
    assert "with children" in keys
    assert "with children" not in [text.get_text() for text in memory_picture(*note).figure.findobj(Text)]
