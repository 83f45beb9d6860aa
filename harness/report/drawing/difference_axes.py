"""Differences as points with their intervals, one row a metric: what is left of zero is less, what is right is more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from harness.analysis.estimates import Estimate
from harness.report.drawing.looks import FAINT, INK, PAPER, SMALL_PT, Look


@dataclass(frozen=True)
class Difference:
    """One metric: its name, and how each of the compared sides stands to the first, with its look."""

    metric: str
    sides: Sequence[tuple[Look, Estimate]]


def draw_differences(axes: Axes, differences: Sequence[Difference], *, percent: bool, row_px: float) -> None:
    """Draw the rows from the top, in percent where they are shares, else as they are."""
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


def rows_of(estimates: Sequence[tuple[str, Look, Estimate]]) -> list[Difference]:
    """Return the estimates by metric, those without any value left out."""
    by_metric: dict[str, list[tuple[Look, Estimate]]] = {}
    for metric, look, estimate in estimates:
        by_metric.setdefault(metric, []).append((look, estimate))
    return [
        Difference(metric, sides)
        for metric, sides in by_metric.items()
        if any(estimate.estimate is not None and math.isfinite(estimate.estimate) for _, estimate in sides)
    ]
