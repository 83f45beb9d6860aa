"""Whether floors rise by more than a budget beside what the recent load explains.

Growth that follows the load is no leak; growth per hour, or per event delivered since the feed began, is. With B the
budget, [low, high] the union of the intervals of all fits that the floors leave possible (harness.analysis.leaks.
load_fit), of the mean curve of the seeds and their mean load:

    LEAK  low > B and low > 0, and the slopes of the last half and quarter of what the load does not explain are > B
    OK    high <= B, and the slope of the last half of what the load does not explain is <= B

Where one fit alone would decide and all together do not, time and load cannot be parted in these hours: with a load
that only rose, a window and a leak look alike. Then the load of hours to come is drawn (the daily wave through the load
so far, and what strayed from it played again), and the fewest hours are named at which the same fits would decide.

A flat load explains nothing; there nothing of this is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.analysis.leaks.floors import Floors
from harness.analysis.leaks.load import Kept, LoadCourse, looked_at
from harness.analysis.leaks.load_fit import (
    ERROR,
    FEWEST_FLOORS,
    Candidates,
    LoadFit,
    Noise,
    fit_load,
    recent_at,
    trend_at,
)

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]

Outcome = Literal["LEAK", "OK", "INCONCLUSIVE"]

TOGETHER = "time and load cannot be parted in these hours"

TIMES_THE_HOURS = (1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
"""Longer runs that are tried, in lengths of this one."""

LOUDER = 2.0
"""Their noise is taken for so many times the variance of this one, so that most of them would decide, not half."""

DAY_H = 24.0
AHEAD_EVERY_H = 1 / 60
MOST_SWING = 0.5
"""Of a day's wave about its mean."""


class LoadDecision(NamedTuple):
    """What is decided with the load, each (...,). `together`: time and load cannot be parted."""

    leak: Bools
    ok: Bools
    together: Bools


@dataclass(frozen=True, eq=False)
class LoadVerdict:
    """What became of a quantity of one config, judged with its load. Slopes are in its unit per hour.

    `slope` is that beside the load, [`low`, `high`] its interval. `share` of the growth from the first floor to the
    last is explained by the load, None where nothing grew; what was delivered in the last `window_h` hours, or between
    the two of `windows_h`, None where no load explains anything. `kept` says how a store that fits best follows its
    load. `explained` (floors,) is what the load explains of each floor, less that of the first. `hours_needed` are the
    virtual hours of a run that would decide, None where it is decided or none would.
    """

    outcome: Outcome
    slope: float
    low: float
    high: float
    share: float | None
    window_h: float | None
    windows_h: tuple[float, float] | None
    kept: Kept | None
    explained: Array
    hours_needed: float | None
    reason: str


def decide_with_load(fit: LoadFit, budget: float) -> LoadDecision:
    """The rule of this module, for fits of one series or of many."""
    leak = (fit.low > max(budget, 0.0)) & (fit.late > budget) & (fit.last > budget)
    ok = (fit.high <= budget) & (fit.late <= budget)
    straddles = (fit.low <= budget) & (fit.high > budget)
    one_decides = (
        (fit.line_low > budget) | (fit.line_high <= budget) | (fit.own_low > budget) | (fit.own_high <= budget)
    )
    return LoadDecision(np.asarray(leak), np.asarray(ok), np.asarray(straddles & one_decides))


def judge_with_load(
    floors: Floors, load: LoadCourse, budget: float, *, error: float = ERROR, ahead: LoadCourse | None = None
) -> LoadVerdict | None:
    """The verdict on one config with its load, None where that is flat or there are fewer than eight floors.

    `floors` are those of the seeds at the instants that they have in common, values (seeds, floors) or (floors,) of one
    run; `load` (samples,) is the mean over the same seeds. `error` is that of one side of a fit's interval. `ahead` is
    the load of a longer run from the start of this one, where it is known.
    """
    if floors.hours.size < FEWEST_FLOORS:
        return None
    points = looked_at(floors)
    if load.is_flat(float(points[0, 0]), float(points[-1, -1])):
        return None
    values = floors.values if floors.values.ndim == 1 else floors.values.mean(axis=0)
    candidates = Candidates.of(load, points)
    fit = fit_load(floors.hours, values, candidates, error=error)
    decision = decide_with_load(fit, budget)
    outcome: Outcome = "LEAK" if decision.leak else "OK" if decision.ok else "INCONCLUSIVE"
    hours, reason = None, "decided beside the load"
    if outcome == "INCONCLUSIVE":
        if fit.low <= budget < fit.high:
            hours = hours_to_part(floors, fit, candidates, budget, ahead or to_come(load), error=error)
            reason = TOGETHER if decision.together else "the interval beside the load reaches across the budget"
        else:
            hours = float(2 * points[-1, -1] - points[0, 0])
            reason = "beside the load, the end of the run does not agree with the whole of it"
    explains = bool(fit.window_h > 0)
    return LoadVerdict(
        outcome=outcome,
        slope=float(fit.slope),
        low=float(fit.low),
        high=float(fit.high),
        share=float(fit.share) if np.isfinite(fit.share) else None,
        window_h=float(fit.window_h) if explains else None,
        windows_h=(float(fit.windows_h[0]), float(fit.windows_h[1])) if explains else None,
        kept=candidates.kept[int(fit.best)] if explains else None,
        explained=fit.explained,
        hours_needed=hours,
        reason=reason,
    )


def hours_to_part(
    floors: Floors, fit: LoadFit, candidates: Candidates, budget: float, ahead: LoadCourse, *, error: float = ERROR
) -> float | None:
    """The fewest hours of a run at which the slope of the best fit would be told from the budget, None where none are.

    Of a run that went on as the best fit says, under the load `ahead`; a slope below 0 is taken for 0. `fit` is that of
    one series. Blocks grow with the hours; floors between cleanups become more.
    """
    points = looked_at(floors)
    begin, end = float(points[0, 0]), float(points[-1, -1])
    best, slope = int(fit.best), max(float(fit.slope), 0.0)
    for hours in (begin + times * (end - begin) for times in TIMES_THE_HOURS):
        if hours > ahead.t_h[-1]:
            return None
        later_h = _until(floors, points, hours)
        course = ahead.until(hours)
        values = slope * trend_at(course, later_h, per_event=bool(candidates.per_event[best]))
        kept = candidates.kept[best]
        if kept is not None:
            values = values + fit.per_load * recent_at(course, later_h, float(candidates.window_h[best]), kept)
        noise = Noise(fit.noise.correlation, LOUDER * fit.noise.squares * len(later_h) / len(points))
        later = fit_load(later_h.mean(axis=-1), values, Candidates.of(course, later_h), error=error, noise=noise)
        if later.low > budget if slope > budget else later.high <= budget:
            return hours
    return None


def _until(floors: Floors, points: Array, hours: float) -> Array:
    """Where the floors of a run of so many hours would be looked for, (floors, points)."""
    begin, end = points[0, 0], points[-1, -1]
    if floors.between == "blocks":
        return np.asarray(begin + (points - begin) * (hours - begin) / (end - begin))
    count = max(round(len(points) * (hours - begin) / (end - begin)), len(points))
    return np.linspace(begin, hours, count)[:, None]


def to_come(load: LoadCourse) -> LoadCourse:
    """The load (samples,) with what may follow it: its daily wave goes on, what strayed from that is played again.

    The wave is the sine of a day that fits the load so far best, with a peak of at most three times the trough.
    """
    end = float(load.t_h[-1])
    so_far = np.arange(0.0, end, AHEAD_EVERY_H)
    steps = np.arange(0.0, TIMES_THE_HOURS[-1] * end + AHEAD_EVERY_H, AHEAD_EVERY_H)
    rate = load.at(so_far + AHEAD_EVERY_H) - load.at(so_far)
    phase, swing = (each.ravel() for each in np.meshgrid(np.arange(0, DAY_H, 0.5), np.linspace(0, MOST_SWING, 6)))
    wave = 1 + swing[:, None] * np.cos(2 * np.pi * (so_far - phase[:, None]) / DAY_H)
    level = wave @ rate / (wave**2).sum(axis=-1)
    best = int(((rate - level[:, None] * wave) ** 2).sum(axis=-1).argmin())
    strayed = rate / (level[best] * wave[best])
    later = level[best] * (1 + swing[best] * np.cos(2 * np.pi * (steps - phase[best]) / DAY_H))
    each = later * np.resize(strayed, steps.size)
    return LoadCourse(np.concatenate([[0.0], steps + AHEAD_EVERY_H]), np.concatenate([[0.0], np.cumsum(each)]))
