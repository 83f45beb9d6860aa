"""The rule: whether floors of a config rise by more than a budget, over its runs: LEAK, SOME, OK, or none of them.

Two questions, two answers. *Does it leak* is asked of every run by its own floors (harness.analysis.leaks.one_run), and
then of the config by its runs. *How fast* has an interval over the seeds, which is wide where they leak at different
rates; it decides nothing about the first.

With two runs or more, B the budget and a the error allowed on one side of one part (1.25 % where one look is taken):

    LEAK    every run is LEAK by itself; or the seeds agree (harness.analysis.leaks.over_seeds: LEAK), the increments
            of their mean curve are above B in the same part, at a, and that curve is not settling; or the mean curve,
            judged as if it were one run, is LEAK, growth goes on over the seeds, and no run is OK by itself. What all
            runs share, a step or a wave, is in the mean curve.
    SOME    a run is LEAK by itself at a/K, K the number of runs, and another is OK by itself: some leak, some do not
    OK      every run is OK by itself, or over the seeds it is OK and the mean curve (by increments, or by its
            autoregressive line) is within B at 2.5 %; and no run is LEAK by itself

Below 14 floors increments are too few to see a leak of a few budgets in a sawtooth: there the slope beside the one step
that fits best stands in for them, in the whole run and its last half. One run alone has the verdict of one_run.

How often the rule errs, and where it does so more often than in one soak of a hundred, is in docs/METHOD.md.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from harness.analysis.leaks.floors import Floors, part_of, slopes
from harness.analysis.leaks.one_run import decide_run, part_increments, run_slopes
from harness.analysis.leaks.over_seeds import (
    DECIDING,
    Rise,
    SeedsDecision,
    across_seeds,
    decide_over_seeds,
    line,
)
from harness.analysis.leaks.slope_errors import Slope, beside_a_step

CONFIDENCE = 0.95
POWER = 0.9
"""A leak is detectable if this share of soaks like this one would call it LEAK."""

LATE_POWER = 0.95
"""And in as many the means of the last half and quarter are above the budget."""

FEW_FLOORS = 14
"""With fewer the slope beside a step stands in for increments."""


class Decision(NamedTuple):
    """Per judged set of seeds, each of shape (...,): what was decided, and which guards spoke.

    `leaking` and `fine` are of every run by itself, (..., seeds). `every` says that every run is LEAK by itself.
    """

    leak: NDArray[np.bool_]
    some: NDArray[np.bool_]
    ok: NDArray[np.bool_]
    every: NDArray[np.bool_]
    settling: NDArray[np.bool_]
    starting: NDArray[np.bool_]
    leaking: NDArray[np.bool_]
    fine: NDArray[np.bool_]


def decide(found: Rise, budget: float, confidence: float = CONFIDENCE) -> Decision:
    """The rule of this module, for the floors of one seed or more.

    `confidence` is that of one look: an error of 1 - `confidence` is parted between both sides and two parts of the
    run. Slopes that are NaN (a quarter with too few floors) leave their guard silent.
    """
    error = (1 - confidence) / 4
    seeds = found.values.shape[-2]
    run = decide_run(found.runs, found.slopes, budget, error)
    if seeds == 1:
        leak, ok, settles, starts = (np.asarray(part[..., 0]) for part in run)
        return Decision(leak, np.zeros_like(leak), ok & ~leak, leak, settles, starts, run.leak, run.ok)
    every = np.asarray(run.leak.all(axis=-1))
    strict = decide_run(found.runs, found.slopes, budget, error / seeds)
    some = strict.leak.any(axis=-1) & run.ok.any(axis=-1) & ~every
    over_seeds = decide_over_seeds(found, budget, confidence)
    mean_floors = Floors(found.hours, found.mean, "blocks", np.empty(0))
    mean_slopes = run_slopes(found.hours, found.mean)
    mean_curve = decide_run(mean_slopes, slopes(mean_floors), budget, error)
    agreed = _agreed(found, over_seeds, budget, error) & ~mean_curve.settling
    shared = mean_curve.leak & ~run.ok.any(axis=-1)
    leak = every | ((agreed | shared) & over_seeds.going_on & ~some)
    ok = over_seeds.ok & (mean_slopes.high((1 + confidence) / 2) <= budget)
    ok = (ok | run.ok.all(axis=-1)) & ~run.leak.any(axis=-1) & ~leak & ~some
    settling = over_seeds.settling | mean_curve.settling
    return Decision(leak, some, ok, every, settling, over_seeds.starting, run.leak, run.ok)


def _agreed(found: Rise, over_seeds: SeedsDecision, budget: float, error: float) -> NDArray[np.bool_]:
    """Whether the seeds' slopes are above the budget together, and their mean curve confirms it."""
    confirmed = []
    for part, above in zip(DECIDING, over_seeds.above, strict=True):
        low = part_increments(found.hours, found.mean, part).low(1 - error)
        confirmed.append(above & (low > budget))
    if found.hours.size < FEW_FLOORS:
        half = part_of("last_half", found.hours.size)
        steep = beside_a_step(found.hours, found.mean) > budget
        steep &= beside_a_step(found.hours[half], found.mean[..., half]) > budget
        confirmed.append(steep & np.logical_or.reduce(over_seeds.above))
    return np.asarray(np.logical_or.reduce(confirmed))


def minimum_detectable(found: Rise, budget: float, confidence: float = CONFIDENCE) -> NDArray[np.float64]:
    """The slope that about 90 % of soaks with these seeds and this spread would call LEAK, (...,).

    Above the budget by d times the error of the increments of the mean curve (or of the one run), where d is the
    noncentrality at which a t statistic of their freedom exceeds its bound with probability 0.9; below 14 floors by the
    error over the seeds, and of the line through their mean, in their place. And by enough for the means of the last
    half and the last quarter, which vary more, to be above the budget in 95 %. Infinite where nothing tells.
    """
    seeds, parts = found.values.shape[-2], found.slopes
    margin = _margin(part_increments(found.hours, found.mean, "whole"), 1 - (1 - confidence) / 4)
    if seeds == 1:
        return budget + margin
    if found.hours.size < FEW_FLOORS:
        two_sided = (1 + confidence) / 2
        over_seeds = _margin(across_seeds(parts.whole), two_sided)
        margin = np.fmin(margin, np.fmax(over_seeds, _margin(line(found, "whole"), two_sided)))
    late = [across_seeds(part).error for part in (parts.last_half, parts.last_quarter)]
    one_sided = float(stats.t.ppf(LATE_POWER, seeds - 1))
    return np.asarray(budget + np.fmax.reduce([margin, *(one_sided * error for error in late)]))


def _margin(slope: Slope, confidence: float) -> NDArray[np.float64]:
    """How far above a bound the truth must be for a one-sided test at `confidence` to find it in 90 %."""
    freedom = int(np.max(slope.freedom, initial=0))
    if freedom < 1:
        return np.full(slope.error.shape, np.inf)
    return np.asarray(_noncentrality(freedom, confidence) * slope.error)


@lru_cache(maxsize=256)
def _noncentrality(freedom: int, confidence: float) -> float:
    bound = float(stats.t.ppf(confidence, freedom))
    return float(optimize.brentq(lambda d: float(stats.nct.sf(bound, freedom, d)) - POWER, 0, 20 * bound))
