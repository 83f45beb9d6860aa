"""LEAK, OK or INCONCLUSIVE: whether the floors of a quantity rise by more than a budget, judged over seeds.

A leak is growth that is still going on. So the mean slope of the last half of the run has the say on which side of the
budget a config lies, and the t interval over the seeds must lie on that side as a whole, in the whole run, its last
three quarters or its last half: a start that settles, or a leak that begins late, hides the slope in one of them.
Growth that is slowing down is no LEAK yet, and growth that has just begun is no OK; both are INCONCLUSIVE with the
hours that would tell.

Seeds share a schedule, and what goes up and down alike in all of them (buffers that fill at another pace than cleanups
come) is in no spread of their slopes: with few floors it passes for a trend. So the interval is at least as wide as
that of a straight line through the mean of the seeds, and a part with fewer than six floors decides nothing.

The rule, with B the budget, [low, high] the interval of a part:

    LEAK      low > B and low > 0 in one of the three parts, the means of the last half and quarter > B, not settling
    OK        high <= B in one of the three parts, the mean of the last half <= B, not starting
    settling  the last quarter is slower than the third, at 95 % one-sided, and has less than 3/4 of its slope; or the
              last half is slower than the first, by its t interval, would be within B if it slowed on at that pace, and
              its quarters do not show that it slows less, at 95 % one-sided
    starting  the last quarter is faster than the third, at 95 % one-sided, which has less than 3/4 of its slope, and
              its mean is above B

How often it errs is in docs/METHOD.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from harness.analysis.leaks.floors import Floors, Rise, Slopes, find_floors, line_error, rise

Outcome = Literal["LEAK", "OK", "INCONCLUSIVE"]

FEWEST_FLOORS = 6
CONFIDENCE = 0.95
POWER = 0.9
"""A leak is detectable if this share of soaks like this one would call it LEAK."""

LATE_POWER = 0.95
"""And in as many the means of the last half and quarter are above the budget."""

GUARD_CONFIDENCE = 0.9
"""Two-sided, so 95 % on the side that matters: whether growth slows down or has just begun."""

SLOWED_TO = 0.75
"""A quarter with this share of the slope of the other is no slower, however certain the difference."""

SPREAD_POWER = 1.5
"""The spread of a slope shrinks with this power of the hours, for noise whose correlation is short against the run."""

MOST_TIMES_THE_HOURS = 10.0
"""Beyond this many times the hours, hours are no advice."""

DECIDING = ("whole", "last_three_quarters", "last_half")
NAMES = {"whole": "the whole run", "last_three_quarters": "its last three quarters", "last_half": "its last half"}


@dataclass(frozen=True, eq=False)
class Series:
    """A quantity of one run at full scale: `t_s` and `values` of shape (samples,), NaN where it was not read.

    `cleanups_s` are the times of the cleanups that may have lowered it, shape (cleanups,); none for a quantity that no
    cleanup touches (tasks, threads, open files), or where the target does not tell.
    """

    t_s: NDArray[np.float64]
    values: NDArray[np.float64]
    cleanups_s: NDArray[np.float64]


@dataclass(frozen=True)
class LeakVerdict:
    """What became of a quantity. Slopes are in its unit per hour.

    `slope`, `low` and `high` belong to `part`, the part of the run that decided (the whole run where none did); None
    with fewer than two seeds or too few floors. `minimum_detectable` is the slope that 90 % of soaks like this would
    call LEAK; `hours_needed` the virtual hours of a run that would decide, None where it is decided or hours do not
    help. `floors` is the fewest of a seed; `seed_slopes` are those of `part`; `cut_short`: it is open since a run ended
    early.
    """

    outcome: Outcome
    slope: float | None
    low: float | None
    high: float | None
    part: str
    minimum_detectable: float | None
    hours_needed: float | None
    floors: int
    seed_slopes: Mapping[int, float]
    reason: str
    cut_short: bool = False

    @property
    def lacks_seeds(self) -> bool:
        """Whether it is open and one more seed may decide it: neither floors nor hours are lacking."""
        return self.outcome == "INCONCLUSIVE" and self.floors >= FEWEST_FLOORS and not self.cut_short


class Decision(NamedTuple):
    """Per judged set of seeds, each of shape (...,): what was decided and which guards spoke."""

    leak: NDArray[np.bool_]
    ok: NDArray[np.bool_]
    settling: NDArray[np.bool_]
    starting: NDArray[np.bool_]


class Interval(NamedTuple):
    """The mean over the seeds and its interval, each of shape (...,)."""

    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def t_interval(values: NDArray[np.float64], confidence: float) -> Interval:
    """Student's two-sided interval of the mean over the last axis, (..., seeds)."""
    seeds = values.shape[-1]
    mean = values.mean(axis=-1)
    half = float(stats.t.ppf((1 + confidence) / 2, seeds - 1)) * values.std(axis=-1, ddof=1) / seeds**0.5
    return Interval(mean, mean - half, mean + half)


def part_interval(found: Rise, part: str, confidence: float) -> Interval:
    """The interval of a part's slope: over the seeds, or of the line through their mean, whichever is wider.

    Without end where the part has fewer than six floors.
    """
    over_seeds = t_interval(getattr(found.slopes, part), confidence)
    error, freedom = line_error(found, part)
    line = stats.t.ppf((1 + confidence) / 2, freedom) * error
    half = np.where(freedom + 2 >= FEWEST_FLOORS, np.maximum(over_seeds.high - over_seeds.mean, line), np.inf)
    return Interval(over_seeds.mean, over_seeds.mean - half, over_seeds.mean + half)


def decide(found: Rise, budget: float, confidence: float = CONFIDENCE) -> Decision:
    """The rule of this module, for slopes of shape (..., seeds), two seeds or more.

    Slopes that are NaN (a quarter with too few floors) leave their guard silent.
    """
    intervals = [part_interval(found, part, confidence) for part in DECIDING]
    late = intervals[-1].mean
    above = np.logical_or.reduce([part.low > max(budget, 0.0) for part in intervals])
    within = np.logical_or.reduce([part.high <= budget for part in intervals])
    settling, starting = _settling(found.slopes, budget, confidence), _starting(found.slopes, budget)
    return Decision(
        leak=above & (late > budget) & ~(found.slopes.last_quarter.mean(axis=-1) <= budget) & ~settling,
        ok=within & (late <= budget) & ~starting,
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


def minimum_detectable(found: Rise, budget: float, confidence: float = CONFIDENCE) -> float:
    """The slope that about 90 % of soaks with this many seeds and this spread would call LEAK; slopes are (seeds,).

    Above the budget by d s / sqrt(K) in the whole run, where d is the noncentrality at which a t statistic with K - 1
    degrees of freedom exceeds its two-sided bound with probability 0.9, and likewise by the error of the line through
    the mean; and by enough for the means of the last half and the last quarter, which vary more, to be above the budget
    in 95 %.
    """
    seeds, slopes = found.slopes.whole.size, found.slopes
    margins = [_noncentrality(seeds - 1, confidence) * _error(slopes.whole)]
    error, freedom = line_error(found, "whole")
    if np.isfinite(error):
        margins.append(_noncentrality(int(freedom), confidence) * float(error))
    one_sided = float(stats.t.ppf(LATE_POWER, seeds - 1))
    margins += [one_sided * _error(part) for part in (slopes.last_half, slopes.last_quarter) if np.isfinite(part).all()]
    return budget + max(margins)


def _error(slopes: NDArray[np.float64]) -> float:
    """The standard error of the mean of the seeds."""
    return float(slopes.std(ddof=1)) / math.sqrt(slopes.size)


@lru_cache(maxsize=256)
def _noncentrality(freedom: int, confidence: float) -> float:
    bound = float(stats.t.ppf((1 + confidence) / 2, freedom))
    return float(optimize.brentq(lambda d: float(stats.nct.sf(bound, freedom, d)) - POWER, 0, 20 * bound))


def judge_leak(
    series: Mapping[int, Series], *, warmup_s: float, budget: float, confidence: float = CONFIDENCE
) -> LeakVerdict:
    """The verdict on one quantity of one config, from its series by seed.

    What was sampled before `warmup_s` is left out. `budget` is per hour, in the unit of the values; `confidence` is
    that of one look (see harness.analysis.leaks.sequential).
    """
    floors = {seed: judged_floors(one, warmup_s) for seed, one in sorted(series.items())}
    fewest = min((one.hours.size for one in floors.values()), default=0)

    def undecided(reason: str, hours: float | None = None) -> LeakVerdict:
        return LeakVerdict("INCONCLUSIVE", None, None, None, "whole", None, hours, fewest, {}, reason)

    if fewest < FEWEST_FLOORS:
        return undecided(*too_few(floors))
    if len(floors) < 2:
        return undecided("one seed gives no interval")
    found = rise(list(floors.values()))
    decision = decide(found, budget, confidence)
    outcome: Outcome = "LEAK" if decision.leak else "OK" if decision.ok else "INCONCLUSIVE"
    part = _deciding(found, outcome, budget, confidence)
    values = getattr(found.slopes, part)
    interval = part_interval(found, part, confidence)
    last_h = max(float(one.t_s[-1]) for one in series.values()) / 3600
    hours, reason = None, f"decided by {NAMES[part]}"
    if outcome == "INCONCLUSIVE":
        hours, reason = _open(decision, interval, budget, warmup_s / 3600, last_h)
    return LeakVerdict(
        outcome=outcome,
        slope=float(interval.mean),
        low=float(interval.low),
        high=float(interval.high),
        part=part,
        minimum_detectable=minimum_detectable(found, budget, confidence),
        hours_needed=hours,
        floors=fewest,
        seed_slopes=dict(zip(floors, values.tolist(), strict=True)),
        reason=reason,
    )


def judged_floors(one: Series, warmup_s: float) -> Floors:
    """The floors that a verdict looks at: of what was read from `warmup_s` on."""
    read = (one.t_s >= warmup_s) & np.isfinite(one.values)
    if not read.any():
        return Floors(np.empty(0), np.empty(0), "blocks", np.empty(0))
    return find_floors(one.t_s[read], one.values[read], one.cleanups_s[one.cleanups_s >= warmup_s])


def too_few(floors: Mapping[int, Floors]) -> tuple[str, float | None]:
    """Why there are too few floors by seed, and the hours that give enough at the pace of the slowest seed."""
    if not floors:
        return "there is no run", None
    scarce = min(floors.values(), key=lambda one: one.hours.size)
    count = "1 floor" if scarce.hours.size == 1 else f"{scarce.hours.size} floors"
    reason = f"{count} between {scarce.between}, {FEWEST_FLOORS} are needed"
    if scarce.between == "blocks":
        return f"{reason}: sample more often", None
    if scarce.edges_h.size < 2:
        return reason, float(scarce.edges_h[0]) * (FEWEST_FLOORS + 1) if scarce.edges_h.size else None
    pace = float(np.median(np.diff(scarce.edges_h)))
    return reason, float(scarce.edges_h[0]) + FEWEST_FLOORS * pace


def _deciding(found: Rise, outcome: Outcome, budget: float, confidence: float) -> str:
    for part in DECIDING:
        interval = part_interval(found, part, confidence)
        if (outcome == "LEAK" and interval.low > max(budget, 0.0)) or (outcome == "OK" and interval.high <= budget):
            return part
    return DECIDING[0]


def _open(
    decision: Decision, interval: Interval, budget: float, warmup_h: float, last_h: float
) -> tuple[float | None, str]:
    """The hours that would decide, and why it is open. `interval` is that of the whole run."""
    twice = warmup_h + 2 * (last_h - warmup_h)
    if decision.settling:
        return twice, "growth is slowing down: a start that settles looks like this, and so does a leak beside one"
    if decision.starting:
        return twice, "growth began late in the run"
    distance = abs(float(interval.mean) - budget)
    half = float(interval.high - interval.mean)
    if half <= distance:
        return twice, "the end of the run does not agree with the whole of it"
    times = (half / distance) ** (1 / SPREAD_POWER) if distance > 0 else np.inf
    if times > MOST_TIMES_THE_HOURS:
        return None, "the slope is too near the budget for more hours to tell"
    return warmup_h + times * (last_h - warmup_h), "the interval reaches across the budget"
