"""levels.png: of a sweep that moves one axis at a time, each metric at every level of every axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from harness.analysis.estimates import Estimate, over_seeds
from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.sweeps.moving import points_along
from harness.analysis.sweeps.recorded_sweep import RecordedSweep
from harness.report.drawing.looks import FAINT, INK, SMALL_PT, TEXT_PT, WIDTH_PX, Look, in_house_style, looks
from harness.report.drawing.page import MARGIN_PX, Page
from harness.report.sweeps.sweep_names import axis_words, metric_words
from harness.sweeps.points import Point, level_words

PANELS: Final = ("peak", "sawtooth.trough_gb", "mean", "live.peak", "growth.drop_share", "release.stop")

COLUMNS: Final = 3
_LEFT_PX, _BETWEEN_PX, _TITLE_PX, _TICKS_PX = 80.0, 84.0, 44.0, 158.0
_NAMES_DOWN_PT, _LOWER_PT = 90.0, 20.0
"""How far under an axis its names stand, and how much lower every second one, so that they do not meet."""

_LEAST_SPAN = {"share": 5.0, "GB": 0.5}
"""An axis spans at least this much (points, GB), or it would make a drama of noise."""


@in_house_style
def levels_picture(sweep: RecordedSweep) -> Page:
    """Draw a panel for each metric of PANELS: a mark for every level and config, tied along an axis."""
    settings = sweep.points.settings
    seeds = len(sweep.seeds)
    scales = sorted({scenario.memory.scale for scenario in sweep.worlds.values()})
    at = f"scale {scales[0]:g}" if len(scales) == 1 else f"scales {scales[0]:g} to {scales[-1]:g}"
    bars = "bars are 95 % intervals, cut where they are too long"
    told = "one seed, no intervals" if seeds == 1 else f"{seeds} seeds, {bars}"
    foot = [f"{sweep.scenario.title}. Sweep {sweep.name} at {at}; {told}."]
    names = ", ".join(axis_words(axis) for axis in settings.axes)
    page = Page(f"What moves with {names}: GB at full scale, shares in %", foot)
    by_base = looks(sweep.points.bases)
    page.key([_handle(base, look) for base, look in by_base.items()])
    rows = len(PANELS) // COLUMNS
    width = (WIDTH_PX - _LEFT_PX - MARGIN_PX - _BETWEEN_PX * (COLUMNS - 1)) / COLUMNS
    height = (page.top_px - page.bottom_px - _TICKS_PX) / rows
    for place, metric in enumerate(PANELS):
        row, column = divmod(place, COLUMNS)
        low = page.top_px - (row + 1) * height + 14
        axes = page.axes(_LEFT_PX + column * (width + _BETWEEN_PX), low, width, height - _TITLE_PX - 14)
        _draw(axes, sweep, metric, by_base, named=row == rows - 1)
    return page


def _handle(base: str, look: Look) -> Line2D:
    return Line2D([], [], **look.line, marker=look.marker, markersize=9, label=base)


def _draw(axes: Axes, sweep: RecordedSweep, metric: str, by_base: Mapping[str, Look], *, named: bool) -> None:
    unit = METRICS[metric].unit
    factor = 100.0 if unit == "share" else 1.0
    ticks: list[tuple[float, str]] = []
    begin = 0.0
    marks: list[float] = []
    for number, (axis, bundles) in enumerate(sweep.points.settings.axes.items()):
        points = points_along(sweep, axis)
        places = [begin + step for step in range(len(points))]
        ticks += [
            (x, level_words(point.level(axis), bundles[point.level(axis)]))
            for x, point in zip(places, points, strict=True)
        ]
        for shift, (base, look) in enumerate(by_base.items()):
            told = [
                (x + 0.08 * shift, one)
                for x, point in zip(places, points, strict=True)
                if (one := _estimate(sweep, metric, point, base)).estimate is not None
            ]
            xs, ys = [x for x, _ in told], [factor * (one.estimate or 0.0) for _, one in told]
            marks += ys
            axes.plot(xs, ys, **{**look.line, "linewidth": 1.8}, marker=look.marker, markersize=8)
            for x, one in told:
                if one.low is not None and one.high is not None:
                    axes.plot([x, x], [factor * one.low, factor * one.high], color=look.colour, linewidth=1.5)
        if named:
            middle = begin + (len(points) - 1) / 2
            place: dict[str, Any] = {
                "xy": (middle, 0),
                "xycoords": axes.get_xaxis_transform(),
                "annotation_clip": False,
            }
            lower = _LOWER_PT * (number % 2) if len(sweep.points.settings.axes) > 2 else 0.0
            down: dict[str, Any] = {"xytext": (0, -_names_down_pt(sweep) - lower), "textcoords": "offset points"}
            axes.annotate(axis_words(axis), **place, **down, ha="center", va="top", fontsize=SMALL_PT, color=INK)
        begin += len(points) + 0.6
    axes.set_xticks(
        [x for x, _ in ticks],
        [text for _, text in ticks] if named else [],
        rotation=55,
        ha="right",
        rotation_mode="anchor",
        fontsize=SMALL_PT,
    )
    axes.set_xlim(-0.5, begin - 1.1)
    axes.set_title(f"{metric_words(metric)}, {'%' if unit == 'share' else unit}", loc="left", fontsize=TEXT_PT, pad=6)
    if marks:
        axes.set_ylim(*_span(marks, axes.get_ylim(), _LEAST_SPAN.get(unit, 0.0)))
    if not axes.lines:
        axes.text(0.5, 0.5, "nothing to tell", ha="center", transform=axes.transAxes, fontsize=TEXT_PT, color=FAINT)
    axes.grid(visible=False, axis="x")


def _span(marks: Sequence[float], drawn: tuple[float, float], least: float) -> tuple[float, float]:
    """Return where an axis begins and ends: a bar longer than all marks lie apart is cut, or it would flatten them."""
    apart = max(max(marks) - min(marks), least)
    low, high = max(drawn[0], min(marks) - apart), min(drawn[1], max(marks) + apart)
    lacking = max(least - (high - low), 0.0)
    return low - lacking / 2, high + lacking / 2


def _names_down_pt(sweep: RecordedSweep) -> float:
    """Return how far down the names of the axes stand: under the longest level, which leans."""
    axes = sweep.points.settings.axes
    longest = max(len(level_words(level, bundle)) for axis in axes for level, bundle in axes[axis].items())
    return min(24 + 7.0 * longest, _NAMES_DOWN_PT)


def _estimate(sweep: RecordedSweep, metric: str, point: Point, base: str) -> Estimate:
    return over_seeds(sweep.readings(metric, point, base))
