"""waterfall.png: what a stop gave back, step by step, and what the rest is; one panel a config."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from harness.analysis.estimates import mean_or_zero
from harness.analysis.metrics.waterfall import OUTLIVING, Waterfall, waterfall
from harness.analysis.runs import Run
from harness.analysis.verdict.soak_verdict import Verdict
from harness.report.drawing.lettering import characters, drawable, line_px, wrapped, write
from harness.report.drawing.looks import SMALL_PT, WIDTH_PX, in_house_style
from harness.report.drawing.page import MARGIN_PX, Page
from harness.report.drawing.stacks import Layer
from harness.report.drawing.subjects import subjects
from harness.report.drawing.waterfall_axes import GIVEN_BACK, PARTS, draw_waterfall, scale, short
from harness.report.pictures.memory import foot, in_which_world, titled
from harness.report.words.owner_paths import DOTS, broken, told_apart
from harness.report.words.release import MOST, WORTH_GB
from harness.scenario import Scenario

MOST_CONFIGS = 6

_LEFT_PX, _GAP_PX, _HEADING_PX, _TICKS_PX = 72.0, 24.0, 34.0, 64.0
_MOST_LINES = 14

_WORTH_A_LINE = 0.02
"""A part of what is left that is less than this share of it is not written out; the bar shows it."""


@in_house_style
def waterfall_picture(scenario: Scenario, runs: Sequence[Run], *, verdict: Verdict | None = None) -> Page | None:
    """Draw the picture; None where no run got to the end of its stop.

    With a `verdict`, its summary stands in the foot.
    """
    stops = [(subject.look, waterfall(subject.config, subject.runs)) for subject in subjects(scenario, runs)]
    known = [(look, stop) for look, stop in stops if stop is not None]
    if not known:
        return None
    drawn = known[:MOST_CONFIGS]
    lines = foot(scenario, runs, verdict)
    if len(known) > len(drawn):
        lines.append(f"The first {len(drawn)} of {len(known)} configs.")
    page = Page(titled(scenario.title, verdict), lines)
    page.key(_key([stop for _, stop in drawn]))
    width = (WIDTH_PX - _LEFT_PX - MARGIN_PX - _GAP_PX * (len(drawn) - 1)) / len(drawn)
    words = [_words(stop, width) for _, stop in drawn]
    words_px = line_px(SMALL_PT, max(map(len, words))) + 10
    base = page.bottom_px + words_px + _TICKS_PX
    height = page.top_px - 2 * _HEADING_PX - base
    ends = scale([stop for _, stop in drawn])
    for place, ((look, stop), text) in enumerate(zip(drawn, words, strict=True)):
        left = _LEFT_PX + place * (width + _GAP_PX)
        axes = page.axes(left, base, width, height)
        axes.set_ylim(*ends)
        draw_waterfall(axes, look, stop, width_px=width, height_px=height)
        axes.tick_params(axis="y", labelleft=place == 0)
        if place == 0:
            axes.set_title(
                f"RSS over the start{in_which_world(scenario)}, GB", loc="left", fontsize=SMALL_PT, pad=_HEADING_PX - 2
            )
        _write(page.axes(left, page.bottom_px + 6, width, words_px), text)
    return page


def _key(drawn: Sequence[Waterfall]) -> list[Artist]:
    if any(stop.broken_down for stop in drawn):
        shown = [GIVEN_BACK, *(layer for part, layer in PARTS.items() if any(_has(stop, part) for stop in drawn))]
    else:
        rest = Layer("left: not live; pinned and slack not recorded", PARTS["other"].fill)
        shown = [GIVEN_BACK, PARTS["live"], rest]
    return [Patch(**layer.fill.swatch, linewidth=0.5, label=layer.name) for layer in shown]


def _has(stop: Waterfall, part: str) -> bool:
    """Whether a bar has a part; of mappings, which most programs have none of, only what can be seen."""
    return part in stop.parts and (part != "mapped" or abs(mean_or_zero(stop.parts[part])) >= WORTH_GB)


def _words(stop: Waterfall, width_px: float) -> list[str]:
    """Return the lines under a panel: what is left, what stop() forgot, what outlives it, who pins."""
    room = characters(width_px, SMALL_PT)
    lines = [f"Left {short(mean_or_zero(stop.left))} GB:", *_parts(stop, room)]
    if stop.afterlife.holders:
        path, _ = stop.afterlife.holders[0]
        lines.append("Still alive, held by")
        lines += [f"  {line}" for line in broken(drawable(path), room - 2)]
    forgotten = {path: mean_or_zero(gb) for path, gb in stop.forgotten.items() if mean_or_zero(gb) >= WORTH_GB}
    if forgotten:
        paths = list(forgotten)[:MOST]
        amounts = [f"  {short(forgotten[path])}  " for path in paths]
        names = told_apart([drawable(path) for path in paths], room - max(map(len, amounts)))
        lines.append("Live after stop(), GB:")
        lines += [amount + name for amount, name in zip(amounts, names, strict=True)]
    if stop.outlives:
        lines.append("Outlive stop():")
        lines += [f"  {len(names)} {OUTLIVING[kind]}" for kind, names in stop.outlives.items()]
    if stop.survivors:
        first = stop.survivors[0]
        of = "" if stop.arenas is None else f" of {stop.arenas:.0f}"
        lines.append(f"{first.arenas:.0f}{of} arenas kept by")
        lines += [f"  {line}" for line in broken(drawable(first.name), room - 2)]
    return lines if len(lines) <= _MOST_LINES else [*lines[: _MOST_LINES - 1], DOTS]


def _parts(stop: Waterfall, room: int) -> list[str]:
    """Return what is left by part, without what is too little to matter."""
    known = stop.parts if stop.broken_down else {name: gb for name, gb in stop.parts.items() if name == "live"}
    least = max(_WORTH_A_LINE * sum(abs(mean_or_zero(gb)) for gb in stop.parts.values()), WORTH_GB)
    worth = {name: mean_or_zero(gb) for name, gb in known.items() if abs(mean_or_zero(gb)) >= least}
    lines = [f"  {short(gb)} {name}" for name, gb in worth.items()]
    if not stop.broken_down:
        lines += [f"  {line}" for line in wrapped("pinned and slack not recorded", room - 2, lines=2)]
    return lines


def _write(axes: Axes, lines: Sequence[str]) -> None:
    axes.set_axis_off()
    write(axes, (0, 1), "\n".join(lines), SMALL_PT, va="top", linespacing=1.2, transform=axes.transAxes, gid="words")
