"""waterfall.png: what a stop gave back, step by step, and what the rest is; one panel a config."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib import patheffects
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from harness.analysis.estimates import Estimate
from harness.analysis.runs import Run
from harness.analysis.waterfall import OUTLIVING, Waterfall, waterfall
from harness.report.lettering import characters, drawable, line_px, wrapped
from harness.report.looks import FAINT, INK, PAPER, SMALL_PT, TEXT_PT, WIDTH_PX, house_style
from harness.report.page import MARGIN_PX, Page
from harness.report.paths import shortened
from harness.report.plots import foot
from harness.report.release_wording import MOST, WORTH_GB
from harness.report.subjects import Subject, subjects
from harness.scenario import Scenario

MOST_CONFIGS = 6

STEP_NAMES = {"grown": "grown", "stop": "stop()", "drop": "drop,\ncollect", "trim": "trim", "left": "left"}

PARTS = {
    "live": ("left: still live", "#0072b2", ""),
    "pinned": ("left: pinned, free in Python's pools", "#cfe8f7", "//"),
    "slack": ("left: slack, free in glibc's hands", "#fbe9c0", "\\\\"),
    "other": ("left: other", "#9a9a9a", ""),
}
_GIVEN = ("given back", "#7cc4a8", "")

_LEFT_PX, _GAP_PX, _HEADING_PX, _TICKS_PX = 72.0, 24.0, 34.0, 64.0
_BAR = 0.78
_SHORTEST_WHISKER_PX = 4.0


def waterfall_picture(scenario: Scenario, runs: Sequence[Run], path: Path) -> bool:
    """Write the picture to `path` as PNG, 1600 x 900 pixels; false, and nothing, where no run got to its stop's end."""
    with house_style():
        page = _page(scenario, runs)
        if page is not None:
            page.save(path)
        return page is not None


def waterfall_figure(scenario: Scenario, runs: Sequence[Run]) -> Figure | None:
    """The same picture as a figure, not yet drawn; None where no run got to the end of its stop."""
    with house_style():
        page = _page(scenario, runs)
        return None if page is None else page.figure


def _page(scenario: Scenario, runs: Sequence[Run]) -> Page | None:
    found = {subject.config: waterfall(subject.config, subject.runs) for subject in subjects(scenario, runs)}
    known = [(subject, one) for subject in subjects(scenario, runs) if (one := found[subject.config]) is not None]
    if not known:
        return None
    drawn = known[:MOST_CONFIGS]
    lines = foot(scenario, runs)
    if len(known) > len(drawn):
        lines.append(f"The first {len(drawn)} of {len(known)} configs.")
    page = Page(scenario.title, lines)
    page.key(_key([one for _, one in drawn]))
    width = (WIDTH_PX - _LEFT_PX - MARGIN_PX - _GAP_PX * (len(drawn) - 1)) / len(drawn)
    words = [_words(one, width) for _, one in drawn]
    words_px = line_px(SMALL_PT, max(map(len, words))) + 10
    base = page.bottom_px + words_px + _TICKS_PX
    height = page.top_px - 2 * _HEADING_PX - base
    lowest, highest = _span([one for _, one in drawn])
    for place, ((subject, one), text) in enumerate(zip(drawn, words, strict=True)):
        left = _LEFT_PX + place * (width + _GAP_PX)
        axes = page.axes(left, base, width, height)
        axes.set_ylim(lowest, highest)
        _draw(axes, subject, one, width_px=width, height_px=height)
        axes.tick_params(labelleft=place == 0, labelsize=SMALL_PT)
        if place == 0:
            axes.set_title("RSS over the start at full scale, GB", loc="left", fontsize=SMALL_PT, pad=_HEADING_PX - 2)
        _write(page.axes(left, page.bottom_px + 6, width, words_px), text)
    return page


def _draw(axes: Axes, subject: Subject, one: Waterfall, *, width_px: float, height_px: float) -> None:
    axes.set_gid(f"waterfall {subject.config}")
    name = wrapped(drawable(subject.config), characters(width_px, TEXT_PT, bold=True), lines=1)[0]
    axes.text(
        0, 1 + 8 / height_px, name, transform=axes.transAxes, fontsize=TEXT_PT, fontweight="bold",
        color=subject.look.text, parse_math=False, gid="name",
    )  # fmt: skip
    axes.set_xlim(-0.55, len(STEP_NAMES) - 0.45)
    axes.set_xticks(range(len(STEP_NAMES)), list(STEP_NAMES.values()), fontsize=SMALL_PT)
    axes.tick_params(axis="x", length=0)
    axes.grid(visible=False, axis="x")
    axes.yaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
    axes.axhline(0, color=INK, linewidth=1)
    grown = _of(one.grown)
    axes.bar(0, grown, width=_BAR, color=subject.look.colour, zorder=2, gid="grown")
    _value(axes, 0, grown, one.grown, height_px)
    level = grown
    for place, (step, given) in enumerate(one.given_back.items(), start=1):
        lower = level - _of(given)
        axes.plot([place - 1 + _BAR / 2, place + _BAR / 2], [level, level], color=FAINT, linewidth=1, zorder=1)
        axes.bar(place, level - lower, bottom=lower, width=_BAR, color=_GIVEN[1], zorder=2, gid=step)
        _value(axes, place, level, given, height_px, lower=lower)
        level = lower
    last = len(STEP_NAMES) - 1
    axes.plot([last - 1 + _BAR / 2, last + _BAR / 2], [level, level], color=FAINT, linewidth=1, zorder=1)
    above, below = 0.0, 0.0
    for part, estimate in one.parts.items():
        amount, (_, colour, hatch) = _of(estimate), PARTS[part]
        axes.bar(
            last, amount, bottom=above if amount >= 0 else below, width=_BAR, facecolor=colour, edgecolor=FAINT,
            hatch=hatch or None, linewidth=0.5, zorder=2, gid=f"left {part}",
        )  # fmt: skip
        above, below = above + max(amount, 0.0), below + min(amount, 0.0)
    _value(axes, last, level, one.left, height_px, above=above)


def _value(
    axes: Axes,
    x: float,
    top: float,
    estimate: Estimate,
    height_px: float,
    *,
    lower: float | None = None,
    above: float = 0.0,
) -> None:
    """The number over a bar, and its interval as a whisker at the end that it moves.

    A bar from `top` down to `lower` shows what was given back, and its number has a minus; `above` is how high another
    part of the bar reaches.
    """
    amount = _of(estimate)
    end = top if lower is None else lower
    ends = [end, end]
    if estimate.low is not None and estimate.high is not None:
        ends = [end + estimate.low - amount, end + estimate.high - amount]
    bottom, highest = axes.get_ylim()
    if height_px * (ends[1] - ends[0]) > _SHORTEST_WHISKER_PX * (highest - bottom):
        outline = [patheffects.Stroke(linewidth=3.5, foreground=PAPER), patheffects.Normal()]
        axes.plot([x, x], ends, color=INK, linewidth=1.5, path_effects=outline, zorder=3, gid="interval")
    reach = max(top, end, above, 0.0, *(ends if lower is None else []))
    text = _short(amount if lower is None else -amount)
    y = reach + 5 * (highest - bottom) / height_px
    axes.text(x, y, text, fontsize=SMALL_PT, ha="center", va="bottom", zorder=4, gid="value")


def _short(gb: float) -> str:
    text = f"{gb:.1f}" if abs(gb) >= 1 else f"{gb:.2f}"
    return text.lstrip("-") if not text.strip("-0.") else text.replace("-", "\N{MINUS SIGN}")


def _span(drawn: Sequence[Waterfall]) -> tuple[float, float]:
    tops = [max(_of(one.grown), sum(max(_of(part), 0.0) for part in one.parts.values())) for one in drawn]
    falls = [_of(one.grown) - np.cumsum([0.0, *map(_of, one.given_back.values())]) for one in drawn]
    highest = max(*tops, *(float(fall.max()) for fall in falls), 0.01)
    bottoms = [sum(min(_of(part), 0.0) for part in one.parts.values()) for one in drawn]
    lowest = min(0.0, *bottoms, *(float(fall.min()) for fall in falls))
    return (1.05 * lowest, 1.12 * highest)


def _key(drawn: Sequence[Waterfall]) -> list[Artist]:
    parts = [part for part in PARTS if any(part in one.parts for one in drawn)]
    looks = [_GIVEN, *(PARTS[part] for part in parts)]
    if not any(one.broken_down for one in drawn):
        looks = [_GIVEN, PARTS["live"], ("left: not live; pinned and slack were not recorded", *PARTS["other"][1:])]
    return [
        Patch(facecolor=colour, edgecolor=FAINT, hatch=hatch or None, linewidth=0.5, label=words)
        for words, colour, hatch in looks
    ]


def _words(one: Waterfall, width_px: float) -> list[str]:
    """What is written under a panel: what is left, what stop() forgot, who pins; the first of each kind."""
    room = characters(width_px, SMALL_PT)
    lines = [f"Left {_short(_of(one.left))} GB: {_parts(one)}"] if one.broken_down else []
    forgotten = [(path, gb) for path, gb in one.forgotten.items() if _of(gb) >= WORTH_GB]
    if forgotten:
        lines.append("Live after stop():")
        for path, gb in forgotten[:MOST]:
            amount = f" {_short(_of(gb))} GB"
            lines.append(f"  {shortened(path, room - len(amount) - 2)}{amount}")
    if one.outlives:
        counts = ", ".join(f"{len(names)} {OUTLIVING[kind]}" for kind, names in one.outlives.items())
        lines += wrapped(f"Outliving stop(): {counts}", room, lines=2)
    if one.survivors:
        first = one.survivors[0]
        arenas = (
            f" in {first.arenas:.0f} arenas"
            if one.arenas is None
            else f" in {first.arenas:.0f} of {one.arenas:.0f} arenas"
        )
        lines += ["Pinned first of all by:", f"  {shortened(first.name, room - len(arenas) - 2)}{arenas}"]
    return lines


def _parts(one: Waterfall) -> str:
    return ", ".join(f"{_short(_of(amount))} {name}" for name, amount in one.parts.items())


def _write(axes: Axes, lines: Sequence[str]) -> None:
    axes.set_axis_off()
    axes.text(
        0, 1, "\n".join(lines), transform=axes.transAxes, fontsize=SMALL_PT, color=INK, ha="left", va="top",
        linespacing=1.2, parse_math=False, gid="words",
    )  # fmt: skip


def _of(estimate: Estimate) -> float:
    return 0.0 if estimate.estimate is None else estimate.estimate
