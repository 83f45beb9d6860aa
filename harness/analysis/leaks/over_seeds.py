"""Whether a config leaks by the slopes of its seeds on average: Student's t, and the line through their mean curve.

A leak is growth that is still going on. So the mean slope of the last half of the run has the say on which side of the
budget a config lies, and the t interval over the seeds must lie on that side as a whole, in the whole run, its last
three quarters or its last half: a start that settles, or a leak that begins late, hides the slope in one of them.

Seeds share a schedule, and what goes up and down alike in all of them (buffers that fill at another pace than cleanups
come) is in no spread of their slopes: with few floors it passes for a trend. So the interval is at least as wide as
that of a straight line through the mean of the seeds, and a part with fewer than six floors decides nothing.

With B the budget, [low, high] the interval of a part:

    LEAK      low > B and low > 0 in one of the three parts, the means of the last half and quarter > B, not settling
    OK        high <= B in one of the three parts, the mean of the last half <= B, not starting
    settling  the last quarter is slower than the third, at 95 % one-sided, and has less than 3/4 of its slope; or the
              last half is slower than the first, by its t interval, would be within B if it slowed on at that pace, and
              its quarters do not show that it slows less, at 95 % one-sided
    starting  the last quarter is faster than the third, at 95 % one-sided, which has less than 3/4 of its slope, and
              its mean is above B

By itself this rule takes a step that all seeds share for a leak too often, and overlooks leaks whose rates differ:
harness.analysis.leaks.decision says what it counts for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.analysis.leaks.floors import FEWEST_FLOORS, Floors, Slopes, at_hours, part_of, slopes
from harness.analysis.leaks.one_run import RunSlopes, run_slopes
from harness.analysis.leaks.slope_errors import Slope, least_squares

GUARD_CONFIDENCE = 0.9
"""Two-sided, so 95 % on the side that matters: whether growth slows down or has just begun."""

SLOWED_TO = 0.75
"""A quarter with this share of the slope of the other is no slower, however certain the difference."""

DECIDING = ("whole", "last_three_quarters", "last_half")


@dataclass(frozen=True, eq=False)
class Rise:
    """How the floors of several seeds rise, of one soak or of many alike.

    `slopes` and `runs` are those of every seed, each (..., seeds), from its own floors. `hours` (floors,) and `values`
    (..., seeds, floors) are the floors at instants that the seeds have in common.
    """

    slopes: Slopes
    runs: RunSlopes
    hours: NDArray[np.float64]
    values: NDArray[np.float64]

    @property
    def mean(self) -> NDArray[np.float64]:
        """The mean curve of the seeds, (..., floors)."""
        return np.asarray(self.values.mean(axis=-2))

    def first(self, seeds: int) -> Rise:
        """That of the first so many seeds."""
        some = Slopes(*(part[..., :seeds] for part in self.slopes))
        return Rise(some, self.runs.first(seeds), self.hours, self.values[..., :seeds, :])


class Interval(NamedTuple):
    """The mean over the seeds and its interval, each of shape (...,)."""

    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def rise(floors: Sequence[Floors]) -> Rise:
    """How the floors of several seeds rise, from those of every seed; at the instants of the seed with the fewest."""
    own = zip(*(slopes(seed) for seed in floors), strict=True)
    runs = zip(*(run_slopes(seed.hours, seed.values) for seed in floors), strict=True)
    hours = min(floors, key=lambda seed: seed.hours.size).hours
    return Rise(
        Slopes(*(np.stack(part, axis=-1) for part in own)),
        RunSlopes(*(Slope(*(np.stack(each, axis=-1) for each in zip(*kind, strict=True))) for kind in runs)),
        hours,
        np.stack([at_hours(hours, seed.hours, seed.values) for seed in floors], axis=-2),
    )


def line(found: Rise, part: str) -> Slope:
    """The straight line through a part of the mean of the seeds: what all seeds share is in its error."""
    inside = part_of(part, found.hours.size)
    return least_squares(found.hours[inside], found.mean[..., inside])


def t_interval(values: NDArray[np.float64], confidence: float) -> Interval:
    """Student's two-sided interval of the mean over the last axis, (..., seeds)."""
    return two_sided(across_seeds(values), confidence)


def across_seeds(values: NDArray[np.float64]) -> Slope:
    """The mean over the last axis, (..., seeds), with its standard error."""
    seeds = values.shape[-1]
    error = values.std(axis=-1, ddof=1) / seeds**0.5
    return Slope(values.mean(axis=-1), error, np.full(error.shape, seeds - 1.0))


def two_sided(slope: Slope, confidence: float) -> Interval:
    """The interval between the two bounds of a slope that hold with this confidence together."""
    return Interval(slope.value, slope.low((1 + confidence) / 2), slope.high((1 + confidence) / 2))


def part_interval(found: Rise, part: str, confidence: float) -> Interval:
    """The interval of a part's slope: over the seeds, or of the line through their mean, whichever is wider.

    Without end where the part has fewer than six floors.
    """
    over_seeds = t_interval(getattr(found.slopes, part), confidence)
    through_mean = line(found, part)
    wider = through_mean.high((1 + confidence) / 2) - through_mean.value
    enough = through_mean.freedom + 2 >= FEWEST_FLOORS
    half = np.where(enough, np.maximum(over_seeds.high - over_seeds.mean, wider), np.inf)
    return Interval(over_seeds.mean, over_seeds.mean - half, over_seeds.mean + half)


class SeedsDecision(NamedTuple):
    """What the slopes of the seeds say together, each of shape (...,).

    `above` and `within` are of every part of DECIDING: the interval lies above, or within, the budget. `going_on` says
    that the last half and quarter are above the budget on average, and growth is not settling.
    """

    above: tuple[NDArray[np.bool_], ...]
    within: tuple[NDArray[np.bool_], ...]
    going_on: NDArray[np.bool_]
    late_within: NDArray[np.bool_]
    settling: NDArray[np.bool_]
    starting: NDArray[np.bool_]

    @property
    def leak(self) -> NDArray[np.bool_]:
        return np.asarray(np.logical_or.reduce(self.above) & self.going_on)

    @property
    def ok(self) -> NDArray[np.bool_]:
        return np.asarray(np.logical_or.reduce(self.within) & self.late_within & ~self.starting)


def decide_over_seeds(found: Rise, budget: float, confidence: float) -> SeedsDecision:
    """The rule of this module, for two seeds or more. Slopes that are NaN leave their guard silent."""
    intervals = [part_interval(found, part, confidence) for part in DECIDING]
    late, last = found.slopes.last_half.mean(axis=-1), found.slopes.last_quarter.mean(axis=-1)
    settling, starting = _settling(found.slopes, budget, confidence), _starting(found.slopes, budget)
    return SeedsDecision(
        above=tuple(part.low > max(budget, 0.0) for part in intervals),
        within=tuple(part.high <= budget for part in intervals),
        going_on=np.asarray((late > budget) & ~(last <= budget) & ~settling),
        late_within=late <= budget,
        settling=settling,
        starting=starting,
    )


def _settling(found: Slopes, budget: float, confidence: float) -> NDArray[np.bool_]:
    third, last = found.third_quarter.mean(axis=-1), found.last_quarter.mean(axis=-1)
    slowing = t_interval(found.third_quarter - found.last_quarter, GUARD_CONFIDENCE)
    early, late = found.first_half.mean(axis=-1), found.last_half.mean(axis=-1)
    slowed = t_interval(found.first_half - found.last_half, confidence).low > 0
    pace = np.clip(np.divide(late, early, out=np.ones_like(late), where=early > 0), 0, 1)
    expected = 2 * late * (1 - np.sqrt(pace)) / (1 + np.sqrt(pace))
    if_it_went_on = slowed & (late * pace <= budget) & ~(slowing.high < expected)
    return np.asarray(((slowing.low > 0) & (last < SLOWED_TO * third)) | if_it_went_on)


def _starting(found: Slopes, budget: float) -> NDArray[np.bool_]:
    gains = t_interval(found.last_quarter - found.third_quarter, GUARD_CONFIDENCE).low > 0
    third, last = found.third_quarter.mean(axis=-1), found.last_quarter.mean(axis=-1)
    return np.asarray(gains & (third < SLOWED_TO * last) & (last > budget))
