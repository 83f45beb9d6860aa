"""compare.png: the curves of what is compared over each other, and every difference with its interval beside them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from harness.analysis.comparison import Comparison
from harness.analysis.estimates import Estimate
from harness.analysis.runs import Run
from harness.report.drawing.looks import FAINT, INK, PAPER, SMALL_PT, TEXT_PT, WIDTH_PX, Look, in_house_style
from harness.report.drawing.memory_axes import draw_memory, key_handles
from harness.report.drawing.page import MARGIN_PX, Page
from harness.report.drawing.subjects import Subject, subjects
from harness.report.pictures.memory import foot
from harness.scenario import Scenario

_LEFT_PX, _CURVES_PX, _LABELS_PX = 80.0, 640.0, 215.0
_NAMES_PX, _HEADING_PX, _TICKS_PX = 245.0, 30.0, 66.0
_BETWEEN_CURVES_PX, _BETWEEN_PANELS_PX, _HIGHEST_ROW_PX = 14.0, 70.0, 60.0

_SIDE_A: dict[str, Any] = {"dashes": (0, (3, 1.5)), "width": 2.0}
_SIDE_B: dict[str, Any] = {"dashes": "solid", "width": 2.6}

_LEVELS = ("start", "peak", "horizon", "horizon.instant", "mean", "sawtooth.crest_gb", "sawtooth.trough_gb")
DRAWN = frozenset({*_LEVELS, "release.stop", "release.drop", "release.trim"})
"""Metrics of one config whose differences share an axis well. The table has all metrics."""

Soak = tuple[Scenario, Sequence[Run]]


@dataclass(frozen=True)
class _Difference:
    """One metric: its name, and how each of the compared sides stands to the first, with its look."""

    metric: str
    sides: Sequence[tuple[Look, Estimate]]


@in_house_style
def comparison_picture(scenario: Scenario, runs: Sequence[Run], comparisons: Sequence[Comparison]) -> Page:
    """Draw the configs of one soak; the comparisons are all of its first config with another."""
    drawn = subjects(scenario, runs)
    look = {subject.config: subject.look for subject in drawn}
    page = Page(scenario.title, foot(scenario, runs))
    page.key(key_handles(scenario, drawn))
    _draw_curves(page, scenario, [drawn])
    first = comparisons[0].a if comparisons else ""
    _draw_panels(page, [(comparison, look[comparison.b]) for comparison in comparisons], less=f"each - {first}")
    return page


@in_house_style
def results_picture(a: Soak, b: Soak, comparisons: Mapping[str, Comparison]) -> Page:
    """Draw two soaks, A dashed and B solid, with the comparison of every config both have."""
    before, after = ({subject.config: subject for subject in subjects(*soak)} for soak in (a, b))
    look = {config: before[config].look for config in comparisons}  # a config keeps its colour in both
    groups = [
        [_side(before[config], "A", look[config], **_SIDE_A), _side(after[config], "B", look[config], **_SIDE_B)]
        for config in comparisons
    ]
    title = f"A and B: {a[0].title}" if a[0].title == b[0].title else f"A: {a[0].title}; B: {b[0].title}"
    page = Page(title, foot(a[0], [*a[1], *b[1]]))
    sides = [_handle("RSS of A", **_SIDE_A), _handle("RSS of B", **_SIDE_B)]
    page.key([*sides, *key_handles(a[0], [subject for group in groups for subject in group])[1:]])
    _draw_curves(page, a[0], groups)
    _draw_panels(page, [(comparison, look[config]) for config, comparison in comparisons.items()], less="B - A")
    return page


def _side(subject: Subject, side: str, look: Look, **style: Any) -> Subject:
    return dataclasses.replace(
        subject, config=f"{subject.config} {side}", look=dataclasses.replace(look, **style), stop=None
    )


def _handle(label: str, *, dashes: Any, width: float) -> Artist:
    return Line2D([], [], color=INK, linewidth=width, linestyle=dashes, label=label)


def _draw_curves(page: Page, scenario: Scenario, groups: Sequence[Sequence[Subject]]) -> None:
    """Draw one box of curves a group, over each other, on the same hours."""
    bottom, top = page.bottom_px + _TICKS_PX, page.top_px - _HEADING_PX
    height = (top - bottom - _BETWEEN_CURVES_PX * (len(groups) - 1)) / len(groups)
    for index, group in enumerate(groups):
        upper = top - index * (height + _BETWEEN_CURVES_PX)
        axes = page.axes(_LEFT_PX, upper - height, _CURVES_PX, height)
        draw_memory(axes, scenario, group, height_px=height, labels_px=_LABELS_PX - 24)
        if index == 0:
            axes.set_title("RSS (resident memory) at full scale, GB", loc="left", fontsize=TEXT_PT, pad=8)
        if index < len(groups) - 1:
            axes.set_xlabel("")
            axes.tick_params(axis="x", labelbottom=False)


def _draw_panels(page: Page, compared: Sequence[tuple[Comparison, Look]], *, less: str) -> None:
    """Draw the differences beside the curves, one box a unit."""
    panels = [
        (f"{less}, GB", False, _rows(compared, "GB")),
        (f"{less}, percentage points", True, _rows(compared, "share")),
        ("of each pair, %", True, _pairs(compared)),
    ]
    panels = [panel for panel in panels if panel[2]]
    left = _LEFT_PX + _CURVES_PX + _LABELS_PX + _NAMES_PX
    bottom, top = page.bottom_px + _TICKS_PX, page.top_px - _HEADING_PX
    room = top - bottom - _BETWEEN_PANELS_PX * max(len(panels) - 1, 0)
    row_px = min(room / max(sum(len(rows) for _, _, rows in panels), 1), _HIGHEST_ROW_PX)
    for heading, percent, rows in panels:
        height = row_px * len(rows)
        axes = page.axes(left, top - height, WIDTH_PX - MARGIN_PX - left, height)
        _draw_differences(axes, rows, percent=percent, row_px=row_px)
        axes.set_title(heading, loc="right", fontsize=TEXT_PT, pad=6)
        top -= height + _BETWEEN_PANELS_PX


def _rows(compared: Sequence[tuple[Comparison, Look]], unit: str) -> list[_Difference]:
    """Return the differences of the metrics of one unit that are drawn."""
    return _rows_of(
        [
            (row.metric.name, look, row.difference)
            for comparison, look in compared
            for row in comparison.rows
            if row.metric.unit == unit and row.metric.name in DRAWN
        ]
    )


def _pairs(compared: Sequence[tuple[Comparison, Look]]) -> list[_Difference]:
    estimates: list[tuple[str, Look, Estimate]] = [
        (between.metric.name, look, between.estimate)
        for comparison, look in compared
        for between in comparison.between
        if between.metric.unit == "share"
    ]
    return _rows_of(estimates)


def _draw_differences(axes: Axes, differences: Sequence[_Difference], *, percent: bool, row_px: float) -> None:
    """Draw points with their intervals from the top, in percent where they are shares: right of zero is more."""
    factor = 100.0 if percent else 1.0
    size = min(SMALL_PT, SMALL_PT * row_px / 26)
    axes.set_gid("differences")
    axes.axvline(0, color=INK, linewidth=1.2, zorder=1)
    for row, difference in enumerate(differences):
        for index, (look, estimate) in enumerate(difference.sides):
            if estimate.estimate is None:
                continue
            middle = factor * estimate.estimate
            low = middle if estimate.low is None else factor * estimate.low
            high = middle if estimate.high is None else factor * estimate.high
            y = row + (index - (len(difference.sides) - 1) / 2) * 0.55 / len(difference.sides)
            axes.hlines(y, low, high, color=look.colour, linewidth=2.2, zorder=2, gid="interval")
            axes.plot(
                middle, y, marker=look.marker, color=look.colour, markersize=8, markeredgecolor=PAPER, zorder=3,
                gid="point",
            )  # fmt: skip
    names = [difference.metric for difference in differences]
    axes.set_yticks(range(len(names)), names, fontsize=size)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=SMALL_PT)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    axes.margins(x=0.08)
    axes.spines["left"].set_color(FAINT)


def _rows_of(estimates: Sequence[tuple[str, Look, Estimate]]) -> list[_Difference]:
    """Return the estimates by metric, those without any value left out."""
    by_metric: dict[str, list[tuple[Look, Estimate]]] = {}
    for metric, look, estimate in estimates:
        by_metric.setdefault(metric, []).append((look, estimate))
    return [
        _Difference(metric, sides)
        for metric, sides in by_metric.items()
        if any(estimate.estimate is not None and math.isfinite(estimate.estimate) for _, estimate in sides)
    ]
