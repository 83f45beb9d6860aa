"""map.png: of a sweep over two axes, where each claim is met, exceeded and missed; a panel a claim."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from harness.analysis.sweeps.claim_map import ClaimMap, Place
from harness.analysis.sweeps.recorded_sweep import RecordedSweep
from harness.report.drawing.lettering import characters, line_px, wrapped
from harness.report.drawing.looks import FAINT, INK, PAPER, SMALL_PT, TEXT_PT, WIDTH_PX, in_house_style
from harness.report.drawing.page import MARGIN_PX, Page
from harness.report.sweeps.sentences import holds_words
from harness.report.sweeps.sweep_names import axis_words
from harness.sweeps.points import level_words

MOST_PANELS: Final = 12

COLOURS: Final[dict[Place, str]] = {
    "met": "#0072b2",
    "exceeded": "#009e73",
    "missed": "#d55e00",
    "unknown": "#ffffff",
    "moves": "#ffffff",
}
SIGNS: Final[dict[Place, str]] = {
    "met": "=",
    "exceeded": "+",
    "missed": "\N{MULTIPLICATION SIGN}",
    "unknown": "?",
    "moves": "?",
}
"""A sign in every cell: colours alone do not tell it in grey."""

_LEFT_PX, _BETWEEN_PX, _TICKS_PX = 84.0, 62.0, 60.0


@in_house_style
def map_picture(sweep: RecordedSweep, maps: Sequence[ClaimMap]) -> Page:
    """Draw the claims that the sweep tells of, those whose place changes first."""
    told = sorted(
        (one for one in maps if one.share is not None and not one.moves),
        key=lambda one: len({at.place for at in one.told}) < 2,
    )
    drawn = told[:MOST_PANELS]
    first, second = sweep.points.settings.axes
    scale = next(iter(sweep.worlds.values())).memory.scale
    varied = sum(len({at.place for at in one.told}) > 1 for one in told)
    left_out = [one.claim.name for one in maps if one.share is None or one.moves]
    foot = [
        f"{sweep.scenario.title}. Sweep {sweep.name}: {axis_words(first)} up, {axis_words(second)} to the right, "
        f"at scale {scale:g}. By the mean over seeds ({len(sweep.seeds)}); pale: an interval does not decide it.",
    ]
    if len(told) > len(drawn):
        foot.append(f"Drawn: {len(drawn)} of the {len(told)}, those first that are not the same at every point.")
    if left_out:
        foot.append(f"Not told at this scale: {'; '.join(left_out)}.")
    axes_named = f"{axis_words(first)} and {axis_words(second)}"
    title = f"Where the claims hold: {varied} of the {len(told)} that are told depend on {axes_named}"
    page = Page(title, foot)
    page.key(
        [
            Patch(facecolor=COLOURS[place], edgecolor=FAINT, label=f"{SIGNS[place]} {place}")
            for place in ("met", "exceeded", "missed")
        ]
    )
    if not drawn:
        return page
    columns = min(math.ceil(math.sqrt(len(drawn) * 1.4)), len(drawn))
    rows = math.ceil(len(drawn) / columns)
    title_px = 3 * line_px(SMALL_PT) + 8
    width = (WIDTH_PX - _LEFT_PX - MARGIN_PX - _BETWEEN_PX * (columns - 1)) / columns
    bottom = page.bottom_px + 12
    height = (page.top_px - bottom) / rows
    for place, one in enumerate(drawn):
        row, column = divmod(place, columns)
        low = page.top_px - (row + 1) * height + _TICKS_PX
        axes = page.axes(_LEFT_PX + column * (width + _BETWEEN_PX), low, width, height - _TICKS_PX - title_px)
        _draw(axes, sweep, one, first, second)
        lines = wrapped(one.claim.name, characters(width + _BETWEEN_PX - 16, SMALL_PT), lines=2)
        lines.append(f"holds in {holds_words(one)}")
        axes.set_title("\n".join(lines), loc="left", fontsize=SMALL_PT, pad=5, parse_math=False)
        if column == 0:
            axes.set_ylabel(axis_words(first), fontsize=SMALL_PT)
        if row == rows - 1 or place + columns >= len(drawn):
            axes.set_xlabel(axis_words(second), fontsize=SMALL_PT)
    return page


def _draw(axes: Axes, sweep: RecordedSweep, one: ClaimMap, first: str, second: str) -> None:
    up, right = (list(sweep.points.settings.axes[axis]) for axis in (first, second))
    for at in one.at:
        y, x = up.index(at.point.level(first)), right.index(at.point.level(second))
        alpha = 1.0 if at.decided else 0.45
        axes.add_patch(
            Rectangle(
                (x - 0.5, y - 0.5), 1, 1, facecolor=COLOURS[at.place], alpha=alpha, edgecolor=PAPER, linewidth=1.5
            )
        )
        dark = at.place in ("met", "missed") and at.decided
        axes.text(x, y, SIGNS[at.place], ha="center", va="center", fontsize=TEXT_PT, color=PAPER if dark else INK)
    for axis, levels, number in ((first, up, axes.set_yticks), (second, right, axes.set_xticks)):
        bundles = sweep.points.settings.axes[axis]
        number(range(len(levels)), [level_words(level, bundles[level]) for level in levels], fontsize=SMALL_PT)
    axes.set_xlim(-0.5, len(right) - 0.5)
    axes.set_ylim(-0.5, len(up) - 0.5)
    axes.tick_params(length=0)
    axes.grid(visible=False)
