"""How many hours would part time and load: a longer run is drawn from the fit of this one, under the load to come."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.analysis.leaks.floors import Floors
from harness.analysis.leaks.load import LoadCourse, looked_at
from harness.analysis.leaks.load_fit import ERROR, Candidates, LoadFit, Noise, fit_load, recent_at, trend_at

Array = NDArray[np.float64]

TIMES_THE_HOURS = (1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
"""Longer runs that are tried, in lengths of this one."""

LOUDER = 4.0
"""Their noise is taken for so many times the variance of this one, so that most of them would decide, not half."""

DAY_H = 24.0
MOST_SWING = 0.5
"""Of a day's wave about its mean."""

AHEAD_EVERY_H = 1 / 60


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
