"""anatomy.png and waterfall.png by their content: what is drawn, on which scale, and that no word lies on another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from harness.analysis.owners.growth import UNATTRIBUTED
from harness.analysis.tables import LINES, RESIDUAL
from harness.analysis.verdict.control_record import Check, ControlRecord
from harness.analysis.verdict.soak_verdict import judge
from harness.report.drawing.waterfall_axes import short
from harness.report.pictures.anatomy import anatomy_picture
from harness.report.pictures.memory import memory_picture
from harness.report.pictures.over_time import over_time_picture
from harness.report.pictures.waterfall import waterfall_picture
from tests.unit.anatomy_soak import CACHE, EVENTS, HISTORY, Leaks, anatomy_run
from tests.unit.report.pictures.figures import figure_of

CONFIGS = {"old": 5000.0, "fixed": 500.0, "old_stop": 5000.0}
FORGOTTEN = {
    "outlives": {"tasks": ["Collector._pump", "Collector._flush"], "open_files": ["socket:[123]"]},
    "pinned": {
        "arenas": 31,
        "survivors": [
            {
                "name": "list of tuple in extractors[*].births",
                "arenas": 25,
                "sole_arenas": 9,
                "blocks": 748,
                "bytes": 5e4,
            }
        ],
    },
}


def axes_of(figure: Figure, gid: str) -> Axes:
    (found,) = [axes for axes in figure.axes if axes.get_gid() == gid]
    return found


def artists(axes: Axes, gid: str) -> list:
    return axes.findobj(lambda artist: artist.get_gid() == gid)


def height(axes: Axes, gid: str) -> tuple[float, float]:
    """The lowest and the highest point of a layer."""
    ys = np.concatenate([path.vertices[:, 1] for layer in artists(axes, gid) for path in layer.get_paths()])
    return float(ys.min()), float(ys.max())


def words(figure: Figure, gid: str) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in artists(axes, gid)]


@pytest.fixture
def soaked(make_scenario):
    runs = [
        anatomy_run(config, seed, leaks=Leaks(cleanup_s=cleanup_s, teeth_vary=0.05), **FORGOTTEN)
        for config, cleanup_s in CONFIGS.items()
        for seed in (1, 2, 3)
    ]
    return make_scenario(tuple(CONFIGS)), runs


@pytest.fixture
def crowded(make_scenario):
    """Six configs with long names and paths, some of which lack something."""
    names = ["old", "fixed", "old_stop_with_a_name_that_is_long", "pymalloc_glibc_arena_1", "jemalloc", "short"]
    many = {f"a_module.component_{n}.with.many.parts[*].in_a_long_path_{n}[*].values[*]": n / 10 for n in range(1, 13)}
    runs = []
    for place, name in enumerate(names):
        leaks = Leaks(lasting=many if place == 1 else {EVENTS: 1.3}, cleanup_s=2000)
        complete = place != 5
        for seed in (1, 2):
            run = anatomy_run(
                name,
                seed,
                leaks=leaks,
                lines=place != 2,
                walked=place != 4,
                hours=5 if complete else 3,
                status="complete" if complete else "limit",
                **FORGOTTEN,
            )
            runs.append(run)
    return make_scenario(tuple(names)), runs


def test_the_pictures_are_pngs_of_their_size(soaked, tmp_path: Path) -> None:
    for picture in (anatomy_picture, waterfall_picture):
        path = tmp_path / f"{picture.__name__}.png"
        page = picture(*soaked)
        assert page is not None
        page.save(path)
        with Image.open(path) as image:
            assert image.size == (1600, 900)


def top_edge(axes: Axes, gids: Sequence[str], hours: np.ndarray) -> np.ndarray:
    """How high the layers reach at these hours."""
    found = np.zeros(hours.size)
    for gid in gids:
        for layer in artists(axes, gid):
            for path in layer.get_paths():
                points = path.vertices[1:]
                upper = points[len(points) // 2 :]
                upper = upper[np.argsort(upper[:, 0], kind="stable")]
                found = np.maximum(found, np.interp(hours, upper[:, 0], upper[:, 1], left=0, right=0))
    return found


def test_the_lines_of_rss_are_stacked_up_to_it_on_one_scale(soaked) -> None:
    figure = figure_of(anatomy_picture(*soaked))
    assert figure is not None
    panels = [axes_of(figure, f"rss {config}") for config in CONFIGS]
    assert len({axes.get_ylim() for axes in panels}) == 1
    for axes in panels:
        base = 0.0
        for name in LINES:
            low, high = height(axes, name)
            assert low <= base + 1e-9 or low < high
            base = max(base, high)
        (line,) = artists(axes, "line")
        hours, rss = line.get_data()
        inside = np.asarray(hours)[5:-5]
        assert top_edge(axes, [*LINES, RESIDUAL], inside) == pytest.approx(np.asarray(rss)[5:-5], abs=1e-6)


def test_owners_are_stacked_up_to_live_bytes_so_that_a_cleanup_between_walks_shows(soaked) -> None:
    figure = figure_of(anatomy_picture(*soaked))
    assert figure is not None
    axes = axes_of(figure, "owners fixed")
    (line,) = artists(axes, "line")
    hours, live = (np.asarray(values)[5:-5] for values in line.get_data())
    assert (np.diff(live) < -0.5).sum() >= 30  # teeth of 500 s, walks half an hour apart
    assert top_edge(axes, [EVENTS, CACHE, "(others)", UNATTRIBUTED], hours) == pytest.approx(live, abs=1e-6)
    assert top_edge(axes, [EVENTS], hours) == pytest.approx(1.3 * 1.004 * hours, rel=0.02, abs=0.1)


def test_one_owner_has_one_colour_and_one_place_in_every_panel(soaked) -> None:
    figure = figure_of(anatomy_picture(*soaked))
    assert figure is not None
    panels = [axes_of(figure, f"owners {config}") for config in CONFIGS]
    for path in (CACHE, EVENTS, HISTORY):
        assert len({tuple(artists(axes, path)[0].get_facecolor()[0]) for axes in panels}) == 1
    for axes in panels:  # what grows for good lies under the sawtooth, so that it is seen as the wedge that it is
        assert height(axes, EVENTS)[0] == 0
        assert height(axes, EVENTS)[1] == pytest.approx(1.3 * 1.004 * (5 + 250 / 3600), rel=0.01)
    names = [text.replace("\n", "") for text in words(figure, "key")]
    first = names.index("unattributed")
    assert names[first : first + 3] == ["unattributed", "other owners", CACHE]


def test_a_small_owner_is_one_of_the_others_and_no_entry_is_without_its_swatch(make_scenario) -> None:
    many = {f"part_{number}.held[*]": 0.3 + number / 10 for number in range(9)} | {"part.small[*]": 0.01}
    figure = figure_of(anatomy_picture(make_scenario(("fixed",)), [anatomy_run(leaks=Leaks(lasting=many))]))
    assert figure is not None
    names = [text for text in words(figure, "key") if "[*]" in text]
    assert len(names) == 6
    assert "part.small[*]" not in names
    for axes in figure.axes:
        swatches, texts = artists(axes, "swatch"), artists(axes, "key")
        assert len(swatches) == len(texts)
        assert all(swatch.get_y() >= 0 for swatch in swatches)


def test_the_foot_says_what_was_measured_and_what_is_interpolated(make_scenario, soaked) -> None:
    scenario = make_scenario(("fixed",))
    fine = figure_of(anatomy_picture(*soaked))
    coarse_run = anatomy_run(walked=False)
    coarse_run.samples["glibc_bytes"] = np.nan
    coarse = figure_of(anatomy_picture(scenario, [coarse_run]))
    assert fine is not None
    assert coarse is not None
    told = " ".join(text.get_text() for text in fine.texts)
    assert "RSS was measured every 60 s, what is in use every 60 s, all lines every 30 min; " in told
    assert (
        "Owners were measured every 30 min, live bytes every 60 s; whose they are in between is interpolated." in told
    )
    assert "The areas of RSS join the readings of all lines" in " ".join(text.get_text() for text in coarse.texts)


def test_every_picture_of_a_soak_that_is_no_evidence_says_so(assert_legible, soaked) -> None:
    scenario, runs = soaked
    for run in runs:
        run.samples["cpu_s"] = np.linspace(1, 2, len(run.samples))
    late = Check("real time", "slope of RSS", "+4.10%", "± 3%", False)
    verdict = judge(scenario, runs, controls=ControlRecord("literal", 0.1, True, 0.2, (late,)))
    for draw in (memory_picture, over_time_picture, anatomy_picture, waterfall_picture):
        figure = figure_of(draw(scenario, runs, verdict=verdict))
        assert figure is not None
        assert_legible(figure)
        told = " ".join(text.get_text() for text in figure.texts)
        assert "This is no evidence: the controls do not hold: real time (slope of RSS: +4.10% where" in told
        assert [text for text in figure.texts if text.get_text().startswith("INVALID: ")]


def test_a_line_that_was_not_read_is_a_gap(make_scenario) -> None:
    run = anatomy_run(leaks=Leaks(cleanup_s=None))
    at = np.flatnonzero(np.isfinite(run.column("file_bytes")))
    run.samples.loc[at[4:6], "file_bytes"] = np.nan
    figure = figure_of(anatomy_picture(make_scenario(("fixed",)), [run]))
    assert figure is not None
    (layer,) = artists(axes_of(figure, "rss fixed"), "pymalloc_bytes")
    assert len(layer.get_paths()) == 2


def test_a_replaced_allocator_has_no_lines(make_scenario) -> None:
    run = anatomy_run(python_memory=False)
    for name in ("pymalloc_bytes", "pymalloc_overhead_bytes", "pymalloc_free_bytes"):
        run.samples[name] = np.nan
    figure = figure_of(anatomy_picture(make_scenario(("fixed",)), [run]))
    assert figure is not None
    assert not [text for text in words(figure, "key") if "pymalloc" in text]
    assert [text for text in words(figure, "key") if "glibc, heap" in text]


def test_only_what_was_recorded_is_drawn(make_scenario, note_runs) -> None:
    scenario = make_scenario(("fixed",))
    assert figure_of(anatomy_picture(make_scenario(), note_runs)) is None
    lines = figure_of(anatomy_picture(scenario, [anatomy_run(walked=False)]))
    owners = figure_of(anatomy_picture(scenario, [anatomy_run(lines=False)]))
    assert lines is not None
    assert owners is not None
    assert [axes.get_gid() for axes in lines.figure.axes if axes.get_gid()] == ["rss fixed"]
    assert [axes.get_gid() for axes in owners.figure.axes if axes.get_gid()] == ["owners fixed"]
    assert figure_of(waterfall_picture(scenario, [anatomy_run(status="limit")])) is None


def test_no_word_lies_on_another(soaked, crowded, note_runs, make_scenario, assert_legible) -> None:
    for scenario, runs in (soaked, crowded, (make_scenario(), note_runs)):
        for draw in (anatomy_picture, waterfall_picture):
            figure = figure_of(draw(scenario, runs))
            if figure is not None:
                assert_legible(figure)


def test_the_waterfall_steps_down_to_what_is_left(soaked) -> None:
    figure = figure_of(waterfall_picture(*soaked))
    assert figure is not None
    panels = [axes_of(figure, f"waterfall {config}") for config in CONFIGS]
    assert len({axes.get_ylim() for axes in panels}) == 1
    for axes in panels:
        (grown,) = artists(axes, "grown")
        level = grown.get_height()
        for step in ("stop", "drop", "trim"):
            (bar,) = artists(axes, step)
            assert bar.get_y() + bar.get_height() == pytest.approx(level)
            level = bar.get_y()
        parts = [artists(axes, f"left {part}")[0].get_height() for part in ("live", "pinned", "slack", "other")]
        assert sum(parts) == pytest.approx(level)


def test_the_numbers_are_written_over_the_bars(soaked) -> None:
    figure = figure_of(waterfall_picture(*soaked))
    assert figure is not None
    axes = axes_of(figure, "waterfall fixed")
    numbers = [text.get_text() for text in artists(axes, "value")]
    assert len(numbers) == 5
    assert [number[0] for number in numbers[1:4]] == ["\N{MINUS SIGN}"] * 3
    lines = words(figure, "words")[1].split("\n")
    assert lines[:2] == [f"Left {numbers[-1]} GB:", "  0.10 live"]
    assert f"  6.6  {EVENTS}" in lines
    assert lines[lines.index("Outlive stop():") + 1 :][:2] == ["  2 tasks", "  1 open files"]
    assert lines[-2:] == ["25 of 31 arenas kept by", "  list of tuple in extractors[*].births"]


def test_no_interval_runs_through_a_number(make_scenario) -> None:
    runs = [anatomy_run(seed=seed, leaks=Leaks(cleanup_s=5000, teeth_vary=0.9)) for seed in (1, 2)]
    figure = figure_of(waterfall_picture(make_scenario(("fixed",)), runs))
    assert figure is not None
    axes = axes_of(figure, "waterfall fixed")
    intervals = {line.get_xdata()[0]: max(line.get_ydata()) for line in artists(axes, "interval")}
    numbers = {text.get_position()[0]: text.get_position()[1] for text in artists(axes, "value")}
    assert 2 in intervals
    assert all(numbers[place] > top for place, top in intervals.items())
    assert max(intervals.values()) <= axes.get_ylim()[1]


@pytest.mark.parametrize("count", [1, 3, 4, 6])
def test_every_fact_fits_its_panel_however_many_there_are(make_scenario, count: int, assert_legible) -> None:
    names = [f"config_{number}" for number in range(count)]
    held = {f"a_module.component.with.many.parts[*].of_history_{n}[*]": 1.0 + n for n in range(4)}
    runs = [anatomy_run(name, leaks=Leaks(lasting=held), **FORGOTTEN) for name in names]
    figure = figure_of(waterfall_picture(make_scenario(tuple(names)), runs))
    assert figure is not None
    assert_legible(figure)
    for text in words(figure, "words"):
        assert [f"_{n}[*]" in text for n in range(4)] == [False, True, True, True]  # the three largest


def test_an_old_recording_says_what_it_does_not_know(make_scenario, note_runs) -> None:
    figure = figure_of(waterfall_picture(make_scenario(), note_runs))
    assert figure is not None
    assert all("pinned and slack not recorded" in " ".join(text.split()) for text in words(figure, "words"))
    assert [text.get_text() for text in figure.legends[0].get_texts()][-1].startswith("left: not live")


@pytest.mark.parametrize(
    ("gb", "text"),
    [(12.34, "12.3"), (-0.5, "\N{MINUS SIGN}0.50"), (-0.001, "0.00"), (0, "0.00"), (-3, "\N{MINUS SIGN}3.0")],
)
def test_numbers_are_short(gb: float, text: str) -> None:
    assert short(gb) == text
