"""Comparisons as people see them: the tables' text, and what compare.png holds."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.console import Console

from harness.analysis.comparison import Comparison, Disagreement, compare_configs, compare_results
from harness.analysis.runs import Runs
from harness.report.pictures.comparison import comparison_picture, results_picture
from harness.report.terminal.comparison_table import print_comparison, print_disagreements


def printed(printer: Callable[..., None], *arguments: object, width: int = 100, **facts: object) -> str:
    file = StringIO()
    printer(Console(file=file, width=width), *arguments, **facts)
    return file.getvalue()


def line_of(text: str, start: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith(start)]
    return " ".join(line.split())


def of_kind(figure: Figure, gid: str) -> list[Axes]:
    return [axes for axes in figure.axes if axes.get_gid() == gid]


@pytest.fixture
def pairs(make_scenario, note_runs) -> list[Comparison]:
    return [compare_configs(Runs.of(make_scenario(), note_runs), "old", other) for other in ("fixed", "old_stop")]


def test_every_metric_is_beside_its_difference_and_interval(pairs) -> None:
    text = printed(print_comparison, "old and [fixed]", pairs[0], memory_scale=0.1)
    assert "old and [fixed]" in text
    assert line_of(text, "metric") == "metric old fixed fixed - old [95 %]"
    assert line_of(text, "peak ") == "peak 24.82 GB 6.82 GB -18.00 [-18.00, -18.00] GB"
    assert line_of(text, "release.stop *") == "release.stop * 0.0 % 70.3 % +70.3 [69.0, 71.7] %"
    assert line_of(text, "cleanup.interval_minutes").endswith("83.3 min 8.3 min -75.0 [-75.0, -75.0] min")
    assert line_of(text, "reduction.peak ").startswith("reduction.peak 72.5 [72.4, 72.6] % what")
    assert "- none of buffers.capacity_mb, buffers.capacity_reduction: seed 1: old does not count" in text


@pytest.mark.parametrize("width", [80, 100])
def test_the_table_is_not_cut(pairs, width: int) -> None:
    text = printed(print_comparison, "title", pairs[0], memory_scale=0.1, width=width)
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width


def test_disagreements_are_warnings() -> None:
    found = [Disagreement("git.revision", "abc", "def", refuses=False)]
    assert "- git.revision: abc and def" in printed(print_disagreements, found)
    assert printed(print_disagreements, []) == ""


def test_the_picture_of_configs_has_curves_and_differences(assert_legible, make_scenario, note_runs, pairs) -> None:
    figure = comparison_picture(make_scenario(), note_runs, pairs).figure
    (curves,) = of_kind(figure, "memory")
    assert {"rss old", "rss fixed", "rss old_stop"} <= {line.get_gid() for line in curves.lines}
    differences, points, reductions = of_kind(figure, "differences")
    assert [tick.get_text() for tick in differences.get_yticklabels()][:2] == ["start", "peak"]
    peaks = [line.get_xdata()[0] for line in differences.lines if line.get_gid() == "point"][2:4]
    assert peaks == [pytest.approx(-18.0), pytest.approx(0.0)]
    assert "release.stop" in [tick.get_text() for tick in points.get_yticklabels()]
    assert "reduction.peak" in [tick.get_text() for tick in reductions.get_yticklabels()]
    assert_legible(figure)


def test_the_picture_of_two_results_has_a_box_a_config(assert_legible, make_scenario, make_run, note_runs) -> None:
    a = make_scenario(), note_runs
    b = make_scenario(["fixed", "old", "other"]), [make_run(config, 1, peak_gb=20) for config in ("fixed", "old")]
    figure = results_picture(a, b, compare_results(a, b)).figure
    boxes = of_kind(figure, "memory")
    names = [[line.get_gid() for line in box.lines if str(line.get_gid()).startswith("rss")] for box in boxes]
    assert names == [["rss old A", "rss old B"], ["rss fixed A", "rss fixed B"]]
    a_line, b_line = (line for line in boxes[0].lines if str(line.get_gid()).startswith("rss"))
    assert (a_line.get_linestyle(), b_line.get_linestyle()) == ("--", "-")
    assert a_line.get_color() == b_line.get_color()
    assert_legible(figure)


def test_runs_without_any_metric_in_common_still_make_a_picture(assert_legible, make_scenario, make_run) -> None:
    scenario = make_scenario(["old", "fixed"])
    runs = [make_run("old"), make_run("fixed", status="failed", until_s=-1.0)]
    figure = comparison_picture(scenario, runs, [compare_configs(Runs.of(scenario, runs), "old", "fixed")]).figure
    assert of_kind(figure, "differences") == []
    assert_legible(figure)
