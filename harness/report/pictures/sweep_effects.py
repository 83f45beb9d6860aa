"""effects-<config>.png: a waterfall as switches are put on one by one, and the share of each in every metric."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from harness.analysis.sweeps.recorded_sweep import RecordedSweep
from harness.analysis.sweeps.switches import Effects
from harness.report.drawing.looks import (
    FAINT,
    INK,
    OTHER,
    PALE,
    SMALL_PT,
    TEXT_PT,
    WIDTH_PX,
    Fill,
    in_house_style,
)
from harness.report.drawing.page import MARGIN_PX, Page
from harness.report.sweeps.sweep_names import axis_words, metric_words
from harness.report.words.amounts import percent, spoken, value

LESS: Final = Fill("#56b4e9")
MORE: Final = Fill("#d55e00", "xx")
"""Where a switch adds: hatched, so that grey tells it from what one takes away."""

_LEFT_PX, _WATERFALL_PX, _NAMES_PX = 86.0, 620.0, 350.0
_TICKS_PX, _HEADING_PX = 80.0, 64.0


@in_house_style
def effects_picture(sweep: RecordedSweep, effects: Sequence[Effects]) -> Page:
    """Draw the waterfall of the first metric, and the share of every switch in each."""
    first = effects[0]
    scale = next(iter(sweep.worlds.values())).memory.scale
    seeds = len(first.seeds)
    foot = [
        f"{sweep.scenario.title}. Sweep {sweep.name}, every combination, at scale {scale:g}: floors, means and what a "
        f"stop gives back are those of the small world. "
        f"{'One seed, no interval.' if seeds == 1 else f'Means of {seeds} seeds.'}",
    ]
    page = Page(_title(first), foot)
    bottom, top = page.bottom_px + _TICKS_PX, page.top_px - _HEADING_PX
    waterfall = page.axes(_LEFT_PX, bottom, _WATERFALL_PX, top - bottom)
    _draw_waterfall(waterfall, first)
    left = _LEFT_PX + _WATERFALL_PX + _NAMES_PX
    shares = page.axes(left, bottom, WIDTH_PX - MARGIN_PX - left, top - bottom)
    _draw_shares(shares, effects)
    return page


def _title(first: Effects) -> str:
    name, unit = metric_words(first.metric.name), first.metric.unit
    if first.none.estimate is None or first.every.estimate is None:
        return f"What each brings: the {name} is not known of every combination"
    largest = max(first.switches, key=lambda switch: abs(switch.share.estimate or 0.0))
    ends = f"{spoken(first.none.estimate, unit)} with none, {spoken(first.every.estimate, unit)} with all"
    if not largest.share.estimate:
        return f"What each brings to the {name}: {ends}"
    of_it = f"{axis_words(largest.name)} brings {percent(largest.share.estimate)} of it"
    return f"What each brings to the {name}: {ends}; {of_it}"


def _draw_waterfall(axes: Axes, effects: Effects) -> None:
    unit = effects.metric.unit
    factor = 100.0 if unit == "share" else 1.0
    heights = [factor * (step.estimate or 0.0) for step in effects.steps]
    axes.set_title(
        f"{metric_words(effects.metric.name)}, {'%' if unit == 'share' else unit}, put on one after the other",
        loc="left",
        fontsize=TEXT_PT,
        pad=12,
    )
    if not heights:
        axes.text(0.5, 0.5, "not known of every combination", ha="center", transform=axes.transAxes, fontsize=TEXT_PT)
        return
    axes.bar(0, heights[0], **OTHER.style)
    axes.bar(len(heights), heights[-1], **OTHER.style)
    for place, (before, after) in enumerate(itertools.pairwise(heights), start=1):
        fill = LESS if after <= before else MORE
        axes.bar(place, abs(after - before), bottom=min(before, after), **fill.style)
        axes.plot([place - 1, place + 0.4], [before, before], color=FAINT, linewidth=1)
        _number(axes, place, max(before, after), f"{after - before:+.2f}" if abs(after - before) >= 0.005 else "0")
    _number(axes, 0, heights[0], value(effects.steps[0].estimate, unit))
    _number(axes, len(heights), heights[-1], value(effects.steps[-1].estimate, unit))
    names = [effects.base, *(f"+ {axis_words(switch.name)}" for switch in effects.switches), "all"]
    axes.set_xticks(
        range(len(names)),
        names,
        fontsize=SMALL_PT,
    )
    axes.set_ylim(0, 1.1 * max(*heights, 1e-9))
    axes.grid(visible=False, axis="x")


def _number(axes: Axes, x: float, y: float, text: str) -> None:
    axes.annotate(text, (x, y), xytext=(0, 4), textcoords="offset points", ha="center", fontsize=SMALL_PT, color=INK)


def _draw_shares(axes: Axes, effects: Sequence[Effects]) -> None:
    """Draw one cell for each metric and switch: the number, and the darker the larger."""
    names = [switch.name for switch in effects[0].switches] or [
        switch.name for each in effects for switch in each.switches
    ]
    for row, each in enumerate(effects):
        if not each.changes:
            axes.text(
                len(names) / 2 - 0.5,
                row,
                (each.reason and "not known") or "no change",
                ha="center",
                va="center",
                fontsize=SMALL_PT,
                color=FAINT,
            )
            continue
        for column, switch in enumerate(each.switches):
            share = switch.share.estimate
            if share is None:
                continue
            strength = min(abs(share), 1.0)
            look = LESS if share >= 0 else MORE
            axes.add_patch(
                Rectangle(
                    (column - 0.47, row - 0.44),
                    0.94,
                    0.88,
                    facecolor=look.colour if abs(share) >= 0.005 else PALE,
                    alpha=0.15 + 0.85 * strength,
                    linewidth=0,
                )
            )
            axes.text(
                column,
                row,
                f"{100 * share:.0f}" if abs(share) >= 0.005 else "0",
                ha="center",
                va="center",
                fontsize=TEXT_PT,
                color=INK,
            )
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_ylim(len(effects) - 0.5, -0.5)
    axes.set_xticks(range(len(names)), [axis_words(name) for name in names], fontsize=SMALL_PT)
    axes.set_yticks(range(len(effects)), [_row_name(each) for each in effects], fontsize=SMALL_PT)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_title("share of the whole change, % (Shapley)", loc="left", fontsize=TEXT_PT, pad=12)


def _row_name(each: Effects) -> str:
    name, unit = metric_words(each.metric.name), each.metric.unit
    if each.none.estimate is None or each.every.estimate is None:
        return name
    return f"{name}\n{spoken(each.none.estimate, unit)} to {spoken(each.every.estimate, unit)}"
