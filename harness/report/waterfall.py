"""waterfall.png: what a stop gave back, step by step, and what the rest is; one panel a config."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from harness.analysis.runs import Run
from harness.analysis.waterfall import OUTLIVING, Waterfall, waterfall
from harness.report.lettering import characters, drawable, line_px, wrapped
from harness.report.looks import FAINT, INK, SMALL_PT, WIDTH_PX, house_style
from harness.report.page import MARGIN_PX, Page
from harness.report.paths import broken, shortened
from harness.report.plots import foot
from harness.report.release_wording import MOST, WORTH_GB
from harness.report.subjects import subjects
from harness.report.waterfall_axes import GIVEN_BACK, PARTS, amount_of, draw_waterfall, scale, short
from harness.scenario import Scenario

MOST_CONFIGS = 6

_LEFT_PX, _GAP_PX, _HEADING_PX, _TICKS_PX = 72.0, 24.0, 34.0, 64.0
_MOST_LINES = 12


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
    found = [(subject.look, waterfall(subject.config, subject.runs)) for subject in subjects(scenario, runs)]
    known = [(look, one) for look, one in found if one is not None]
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
    ends = scale([one for _, one in drawn])
    for place, ((look, one), text) in enumerate(zip(drawn, words, strict=True)):
        left = _LEFT_PX + place * (width + _GAP_PX)
        axes = page.axes(left, base, width, height)
        axes.set_ylim(*ends)
        draw_waterfall(axes, look, one, width_px=width, height_px=height)
        axes.tick_params(axis="y", labelleft=place == 0)
        if place == 0:
            axes.set_title("RSS over the start at full scale, GB", loc="left", fontsize=SMALL_PT, pad=_HEADING_PX - 2)
        _write(page.axes(left, page.bottom_px + 6, width, words_px), text)
    return page


def _key(drawn: Sequence[Waterfall]) -> list[Artist]:
    if any(one.broken_down for one in drawn):
        looks = [GIVEN_BACK, *(look for part, look in PARTS.items() if any(part in one.parts for one in drawn))]
    else:
        looks = [GIVEN_BACK, PARTS["live"], ("left: not live; pinned and slack not recorded", *PARTS["other"][1:])]
    return [
        Patch(facecolor=colour, edgecolor=FAINT, hatch=hatch or None, linewidth=0.5, label=words)
        for words, colour, hatch in looks
    ]


def _words(one: Waterfall, width_px: float) -> list[str]:
    """What is written under a panel: what is left, what stop() forgot, who pins; the first of each kind."""
    room = characters(width_px, SMALL_PT)
    lines = wrapped(f"Left {short(amount_of(one.left))} GB: {_parts(one)}", room, lines=4)
    forgotten = [(path, gb) for path, gb in one.forgotten.items() if amount_of(gb) >= WORTH_GB]
    if forgotten:
        lines.append("Live after stop(), GB:")
    for path, gb in forgotten[:MOST]:
        amount = f"  {short(amount_of(gb))}  "
        lines.append(amount + shortened(drawable(path), room - len(amount)))
    if one.outlives:
        counts = ", ".join(f"{OUTLIVING[kind]} {len(names)}" for kind, names in one.outlives.items())
        lines += wrapped(f"Outliving stop(): {counts}", room, lines=2)
    if one.survivors:
        first = one.survivors[0]
        of = "" if one.arenas is None else f" of {one.arenas:.0f}"
        lines += wrapped(f"Arenas kept first of all by ({first.arenas:.0f}{of}):", room, lines=2)
        lines += [f"  {line}" for line in broken(drawable(first.name), room - 2)]
    return lines if len(lines) <= _MOST_LINES else [*lines[: _MOST_LINES - 1], "..."]


def _parts(one: Waterfall) -> str:
    if not one.broken_down:
        live = one.parts.get("live")
        return ("" if live is None else f"{short(amount_of(live))} live, ") + "pinned and slack not recorded"
    return ", ".join(f"{short(amount_of(amount))} {name}" for name, amount in one.parts.items())


def _write(axes: Axes, lines: Sequence[str]) -> None:
    axes.set_axis_off()
    axes.text(
        0,
        1,
        "\n".join(lines),
        transform=axes.transAxes,
        fontsize=SMALL_PT,
        color=INK,
        ha="left",
        va="top",
        linespacing=1.2,
        parse_math=False,
        gid="words",
    )
