"""One config's stop as bars that step down, from what had grown to what is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from harness.analysis.estimates import Estimate, mean_or_zero
from harness.analysis.metrics.waterfall import Waterfall
from harness.report.drawing import looks
from harness.report.drawing.lettering import characters, write_name
from harness.report.drawing.looks import FAINT, INK, SMALL_PT, Fill, Look
from harness.report.drawing.stacks import Layer
from harness.text import without_negative_zero

STEP_NAMES = {"grown": "grown", "stop": "stop()", "drop": "drop,\ncollect", "trim": "trim", "left": "left"}

GIVEN_BACK = Layer("given back", looks.GIVEN_BACK)
PARTS = {
    "live": Layer("left: still live", looks.LIVE),
    "pinned": Layer("left: pinned, free in Python's pools", looks.PINNED),
    "slack": Layer("left: slack, free in glibc's hands", looks.SLACK),
    "mapped": Layer("left: mapped", looks.ANONYMOUS),
    "other": Layer("left: other", looks.OTHER),
}
"""What the bars mean; live, pinned and slack look as in anatomy.png."""

_BAR = 0.78
_BAR_CHARACTERS = 6.5
"""Room of a bar, so that neither steps nor numbers touch their neighbours."""
_SHORTEST_WHISKER_PX = 4.0


@dataclass(frozen=True)
class _Panel:
    """The axes of one config, which are `height_px` high, and the size of what is written at its bars."""

    axes: Axes
    height_px: float
    size_pt: float

    def link(self, column: int, level: float) -> None:
        """Draw a thin line from the bar before to the one at `column`."""
        ends = [column - 1 + _BAR / 2, column + _BAR / 2]
        self.axes.plot(ends, [level, level], color=FAINT, linewidth=1, zorder=1)

    def bar(self, column: int, bottom: float, height: float, fill: Fill, gid: str) -> None:
        """Draw a bar or a part of one."""
        self.axes.bar(column, height, bottom=bottom, width=_BAR, **fill.style, linewidth=0.5, zorder=2, gid=gid)

    def whisker(self, column: int, end: float, estimate: Estimate) -> float:
        """Draw the interval around the end of a bar if it is long enough to be seen; return how high it reaches."""
        if estimate.estimate is None or estimate.low is None or estimate.high is None:
            return end
        low, high = end + estimate.low - estimate.estimate, end + estimate.high - estimate.estimate
        bottom, top = self.axes.get_ylim()
        if self.height_px * (high - low) < _SHORTEST_WHISKER_PX * (top - bottom):
            return end
        line: dict[str, Any] = {"color": INK, "linewidth": 1.5, "path_effects": looks.outline(3.5), "zorder": 3}
        self.axes.plot([column, column], [low, high], **line, gid="interval")
        return high

    def number(self, column: int, top: float, gb: float) -> None:
        """Write a number over a bar."""
        low, high = self.axes.get_ylim()
        y = max(top, 0.0) + 5 * (high - low) / self.height_px
        self.axes.text(column, y, short(gb), fontsize=self.size_pt, ha="center", va="bottom", zorder=4, gid="value")


def draw_waterfall(axes: Axes, look: Look, stop: Waterfall, *, width_px: float, height_px: float) -> None:
    """Draw one stop in axes of this size in pixels, whose scale is set."""
    size_pt = min(SMALL_PT, SMALL_PT * characters(width_px, SMALL_PT) / (len(STEP_NAMES) * _BAR_CHARACTERS))
    panel = _Panel(axes, height_px, size_pt)
    _prepare(panel, look, stop.config, width_px)
    level = mean_or_zero(stop.grown)
    panel.bar(0, 0.0, level, Fill(look.colour), "grown")
    panel.number(0, max(level, panel.whisker(0, level, stop.grown)), level)
    for column, (step, given) in enumerate(stop.given_back.items(), start=1):
        lower = level - mean_or_zero(given)
        panel.link(column, level)
        panel.bar(column, lower, level - lower, GIVEN_BACK.fill, step)
        panel.number(column, max(level, lower, panel.whisker(column, lower, given)), lower - level)
        level = lower
    _draw_left(panel, stop, level)


def _prepare(panel: _Panel, look: Look, config: str, width_px: float) -> None:
    axes = panel.axes
    axes.set_gid(f"waterfall {config}")
    write_name(axes, 1 + 8 / panel.height_px, config, look, width_px)
    axes.set_xlim(-0.55, len(STEP_NAMES) - 0.45)
    axes.set_xticks(range(len(STEP_NAMES)), list(STEP_NAMES.values()), fontsize=panel.size_pt)
    axes.tick_params(axis="x", length=0)
    axes.tick_params(axis="y", labelsize=SMALL_PT)
    axes.grid(visible=False, axis="x")
    axes.yaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
    axes.axhline(0, color=INK, linewidth=1)


def _draw_left(panel: _Panel, stop: Waterfall, level: float) -> None:
    """Draw the last bar in its parts; what is negative hangs below zero."""
    last = len(STEP_NAMES) - 1
    panel.link(last, level)
    above = below = 0.0
    for part, estimate in stop.parts.items():
        amount = mean_or_zero(estimate)
        panel.bar(last, above if amount >= 0 else below, amount, PARTS[part].fill, f"left {part}")
        above, below = above + max(amount, 0.0), below + min(amount, 0.0)
    panel.number(last, max(above, panel.whisker(last, level, stop.left)), level)


def scale(drawn: Sequence[Waterfall]) -> tuple[float, float]:
    """Return the lower and upper end of an axis on which all of these can be drawn."""
    highest, lowest = 0.01, 0.0
    for stop in drawn:
        parts = [mean_or_zero(part) for part in stop.parts.values()]
        levels = mean_or_zero(stop.grown) - np.cumsum([0.0, *map(mean_or_zero, stop.given_back.values())])
        whiskers = [
            level + given.high - given.estimate
            for level, given in zip(levels[1:], stop.given_back.values(), strict=True)
            if given.high is not None and given.estimate is not None
        ]
        ends = [stop.grown.high or 0.0, stop.left.high or 0.0, *whiskers]
        highest = max(highest, *ends, sum(part for part in parts if part > 0), float(levels.max()))
        lowest = min(lowest, sum(part for part in parts if part < 0), float(levels.min()))
    return 1.05 * lowest, 1.12 * highest


def short(gb: float) -> str:
    """Return an amount in GB in as many digits as fit over a bar."""
    text = f"{gb:.1f}" if abs(gb) >= 1 else f"{gb:.2f}"
    return without_negative_zero(text).replace("-", "\N{MINUS SIGN}")
