"""The panels of over_time.png: reductions over virtual time with what was claimed of them, CPU per symbol-cycle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from harness.analysis.over_time import MEAN, PEAK, PEAK_NET, CpuOverTime, ReductionOverTime
from harness.report.drawing.backdrop import draw_band, draw_warm_up, warm_up_key
from harness.report.drawing.lettering import Label, characters, drawable, line_px, place_labels, wrapped
from harness.report.drawing.looks import MEAN_COLOUR, NET_COLOUR, PEAK_COLOUR, SMALL_PT, TEXT_PT, Dashes, Look, outline
from harness.report.words.amounts import band_words, level, measured, on_one_line, percent
from harness.report.words.owner_paths import shortened
from harness.scenario import Claim, Scenario

FLATTEST = 0.1
"""Reductions are drawn on a scale of at least ten percentage points: on less, noise would look like a finding."""

INTERVALS = 0.15
"""How far the axis reaches beyond the estimates to show intervals, as a share of their range."""

LONG_LINES = 20
"""Up to this many cleanups are lines across the panel; more are ticks at its bottom, so as not to hide the curves."""

TICK_PX = 4.0
"""Width that a cleanup needs; if not all fit, none is drawn."""

OUTLIER = 2.0
"""A seed of more than this many times the highest median leaves the panel."""


@dataclass(frozen=True)
class _Line:
    """How one reduction is drawn, and the words at its end."""

    words: str
    colour: str
    dashes: Dashes
    width: float


_LINES = {  # the peak is what most claims are about
    MEAN: _Line("of the mean so far", MEAN_COLOUR, (0, (5, 1.2, 1.2, 1.2)), 2.2),
    PEAK_NET: _Line("of the growth to the peak so far", NET_COLOUR, (0, (5, 1)), 2.2),
    PEAK: _Line("of the peak so far", PEAK_COLOUR, "solid", 4.5),
}


def draw_reductions(
    axes: Axes,
    scenario: Scenario,
    over: ReductionOverTime,
    look: Look,
    *,
    width_px: float,
    height_px: float,
    labels_px: float,
) -> None:
    """Draw the reductions in percent; `look` is that of the config whose cleanups are the ticks."""
    claims = peak_claims(scenario, over)
    axes.set_gid("reductions")
    axes.set_ylim(*_ends(over, claims))
    _draw_hours(axes, scenario)
    labels = [_draw_claim(axes, claim, labels_px) for claim in claims]
    if shown_cleanups(over, width_px):
        reach = 1.0 if over.cleanups.size <= LONG_LINES else 0.05
        ticks: dict[str, Any] = {"color": look.colour, "alpha": 0.45, "linewidth": 1.2, "zorder": 1, "gid": "cleanups"}
        axes.vlines(over.cleanups, 0, reach, transform=axes.get_xaxis_transform(), **ticks)
    for name in _LINES:
        label = _draw_course(axes, over, name, labels_px)
        labels += [label] if label else []
    place_labels(axes, labels, height_px)


def draw_cpu(
    axes: Axes,
    scenario: Scenario,
    drawn: Sequence[CpuOverTime],
    looks: Mapping[str, Look],
    *,
    height_px: float,
    labels_px: float,
) -> None:
    """Draw CPU per symbol and cycle of every config, ms; beside its name how much it grew, where there is room."""
    axes.set_gid("cpu")
    axes.set_ylim(0, _highest(drawn))
    _draw_hours(axes, scenario)
    letters = characters(labels_px, SMALL_PT, bold=True)
    names = {cost.config: wrapped(cost.config, letters, lines=2) for cost in drawn}
    room = line_px(SMALL_PT, sum(len(lines) + 1 for lines in names.values())) <= height_px
    if not room:
        names = {cost.config: [shortened(drawable(cost.config), letters)] for cost in drawn}
    labels = []
    for index, cost in enumerate(drawn):
        look, over = looks[cost.config], 2 + 0.1 * index
        known = np.isfinite(cost.ms.median)
        hours, median = cost.hours[known], cost.ms.median[known]
        axes.fill_between(
            hours, cost.ms.low[known], cost.ms.high[known], color=look.colour, alpha=0.18, linewidth=0, zorder=over
        )
        line = {**look.line, "linewidth": min(look.width, 2.6), "marker": look.marker, "markersize": 5}
        axes.plot(hours, median, **line, zorder=over + 0.01, gid=f"cpu {cost.config}")
        growth = [measured(cost.growth, "share", signed=True)] if room and cost.growth.estimate is not None else []
        lines = [*names[cost.config], *growth]
        labels.append(Label(lines, look.text, float(hours[-1]), float(median[-1]), SMALL_PT, "bold"))
    place_labels(axes, labels, height_px)


def peak_claims(scenario: Scenario, over: ReductionOverTime) -> list[Claim]:
    """Return what is claimed of the reduction of the peak of these two configs."""
    return [
        claim
        for claim in scenario.claims
        if claim.metric == PEAK and tuple(claim.configs) == (over.old, over.fixed) and not claim.not_testable
    ]


def shown_cleanups(over: ReductionOverTime, width_px: float) -> bool:
    """Return whether the cleanups are drawn: there are some, and few enough not to be a wall."""
    return 0 < over.cleanups.size * TICK_PX <= width_px


def key_handles(scenario: Scenario, over: ReductionOverTime | None, look: Look | None, width_px: float) -> list[Artist]:
    """Return a key to the signs that have no words beside them."""
    handles: list[Artist] = []
    if over is not None and len(over.seeds) > 1:
        words = f"{level(over.confidence)} interval over {len(over.seeds)} seeds"
        handles.append(Patch(facecolor=_LINES[PEAK].colour, alpha=0.2, linewidth=0, label=words))
    if over is not None and look is not None and shown_cleanups(over, width_px):
        handles.append(Line2D([], [], color=look.colour, alpha=0.6, linewidth=1.5, label=f"cleanup of {over.old}"))
    return [*handles, *warm_up_key(scenario)]


def _ends(over: ReductionOverTime, claims: Sequence[Claim]) -> tuple[float, float]:
    """Return the ends of the axis, percent: what is estimated and claimed has room, and most intervals have."""
    ends = [end for claim in claims for end in claim.band if end is not None]
    every = np.concatenate([*(course.estimate for course in over.courses.values()), ends, [0.0]])
    low, high = float(np.nanmin(every)), float(np.nanmax(every))
    lacking = max(FLATTEST - (high - low), 0.0)
    low, high = (low - lacking / 2, high + lacking / 2) if low < 0 else (low, high + lacking)
    air = INTERVALS * (high - low)
    lows, highs = (
        np.concatenate([getattr(course, end) for course in over.courses.values()]) for end in ("low", "high")
    )
    lowest, highest = float(np.nanmin(lows, initial=low)), float(np.nanmax(highs, initial=high))
    margin = 0.04 * (high - low)
    return 100 * (max(lowest, low - air) - margin), 100 * (min(highest, high + air) + margin)


def _highest(drawn: Sequence[CpuOverTime]) -> float:
    """Return the upper end of the axis of CPU: one seed that was disturbed does not flatten the medians."""
    median = max(float(np.nanmax(cost.ms.median)) for cost in drawn)
    seed = max(float(np.nanmax(cost.ms.high)) for cost in drawn)
    return 1.08 * min(seed, OUTLIER * median) or 1.0


def _draw_hours(axes: Axes, scenario: Scenario) -> None:
    hours = scenario.time.hours
    axes.set_xlim(0, hours)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=10, steps=[1, 2, 5, 10], integer=hours >= 4))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    draw_warm_up(axes, scenario)


def _draw_claim(axes: Axes, claim: Claim, labels_px: float) -> Label:
    low, high = (None if end is None else 100 * end for end in claim.band)
    line = _LINES[PEAK]
    draw_band(axes, low, high, fill=line.colour, edge=line.colour, alpha=0.1)
    # The band as it was claimed: what is drawn is widened by the tolerance.
    claimed = on_one_line(band_words(claim.expected, claim.tolerance, "share", between="-"))
    lines = wrapped(f"expected of the peak: {claimed}", characters(labels_px, SMALL_PT), lines=2)
    closed = [end for end in (low, high) if end is not None]
    return Label(lines, line.colour, None, sum(closed) / len(closed), SMALL_PT)


def _draw_course(axes: Axes, over: ReductionOverTime, name: str, labels_px: float) -> Label | None:
    line, above = _LINES[name], 2 + 0.1 * list(_LINES).index(name)
    course = over.courses[name]
    known = np.flatnonzero(np.isfinite(course.estimate))
    if not known.size:
        return None
    axes.fill_between(
        over.hours, 100 * course.low, 100 * course.high, color=line.colour, alpha=0.2, linewidth=0, zorder=above
    )
    style: dict[str, Any] = {"color": line.colour, "linestyle": line.dashes, "linewidth": line.width}
    edge = outline(line.width + 0.8)
    axes.plot(over.hours, 100 * course.estimate, **style, path_effects=edge, zorder=above + 0.01, gid=name)
    last = known[-1]
    size, weight = (TEXT_PT, "bold") if name == PEAK else (SMALL_PT, "normal")
    words = f"{on_one_line(percent(float(course.estimate[last])))} {line.words}"
    lines = wrapped(words, characters(labels_px, size, bold=name == PEAK), lines=3)
    return Label(lines, line.colour, float(over.hours[last]), 100 * float(course.estimate[last]), size, weight)
