"""Whether one run leaks by its own floors, with nothing beside it.

With B the budget, and a the error that is allowed on one side of one part of the run (1.25 % where one look is taken):

    LEAK      the increments are above B in the whole run or its last half, at a, and above 0; the Theil-Sen slopes of
              the last half and quarter are above B; what the last half would become if growth slowed on at the pace of
              the two halves is above B; not settling
    OK        the increments (whole or last half) or the autoregressive line are within B, at a; the last half is within
              B; not starting
    settling  the increments fall from one to the next, at 95 % one-sided, and the slopes of the three thirds lead to at
              most B, or half the last of them (Aitken's limit)
    starting  the increments rise, at 95 % one-sided, and the last quarter is above B
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.analysis.leaks.floors import Slopes, part_of
from harness.analysis.leaks.slope_errors import Slope, autoregressive, by_increments, increments

STEPS = {"whole": 6, "last_three_quarters": 5, "last_half": 4}
"""Increments at most, by the part of a run."""

GUARD_CONFIDENCE = 0.95
"""One-sided: whether increments fall or rise from one to the next."""


class RunSlopes(NamedTuple):
    """The slopes of the floors of runs, by the ways of telling how certain they are; each of shape (...,).

    `bend` is how much the increments of the whole run grow from one to the next, with its error.
    """

    whole: Slope
    last_half: Slope
    line: Slope
    bend: Slope

    def high(self, confidence: float) -> NDArray[np.float64]:
        """The lowest of the bounds that the slope is below, each with this confidence."""
        return np.asarray(np.fmin.reduce([slope.high(confidence) for slope in (self.whole, self.last_half, self.line)]))

    def first(self, seeds: int) -> RunSlopes:
        """Those of the first so many seeds, where the last axis is that of the seeds."""
        return RunSlopes(*(slope.first(seeds) for slope in self))


class RunDecision(NamedTuple):
    """Per run, each of shape (...,): what its own floors say, and which guards spoke."""

    leak: NDArray[np.bool_]
    ok: NDArray[np.bool_]
    settling: NDArray[np.bool_]
    starting: NDArray[np.bool_]


def run_slopes(hours: NDArray[np.float64], values: NDArray[np.float64]) -> RunSlopes:
    """The slopes of `values` (..., floors) at `hours` (floors,)."""
    return RunSlopes(
        part_increments(hours, values, "whole"),
        part_increments(hours, values, "last_half"),
        autoregressive(hours, values),
        _bend(hours, values),
    )


def part_increments(hours: NDArray[np.float64], values: NDArray[np.float64], part: str) -> Slope:
    """The slope of a part of the run by the increments of its batches."""
    inside = part_of(part, hours.size)
    return by_increments(hours[inside], values[..., inside], STEPS[part])


def _bend(hours: NDArray[np.float64], values: NDArray[np.float64]) -> Slope:
    steps = min(STEPS["whole"], hours.size // 2 - 1)
    if steps < 4:
        nothing = np.zeros(values.shape[:-1])
        return Slope(nothing, nothing, nothing)
    each = increments(hours, values, steps)
    place = np.arange(steps) - (steps - 1) / 2
    spread = float(place @ place)
    value = each @ place / spread
    left = ((each - each.mean(axis=-1, keepdims=True) - value[..., None] * place) ** 2).sum(axis=-1)
    return Slope(value, np.sqrt(left / (steps - 2) / spread), np.full(value.shape, steps - 2.0))


def decide_run(found: RunSlopes, parts: Slopes, budget: float, error: float) -> RunDecision:
    """The rule of this module at `error` a side and part; `parts` are the Theil-Sen slopes of the same runs."""
    settling, starting = _settling(found, parts, budget), _starting(found, parts, budget)
    low = np.fmax(found.whole.low(1 - error), found.last_half.low(1 - error))
    early, late = parts.first_half, parts.last_half
    pace = np.clip(np.divide(late, early, out=np.ones_like(late), where=early > 0), 0, 1)
    lasting = (late > budget) & ~(parts.last_quarter <= budget) & (late * pace**2 > budget)
    return RunDecision(
        leak=(low > max(budget, 0.0)) & lasting & ~settling,
        ok=(found.high(1 - error) <= budget) & (late <= budget) & ~starting,
        settling=settling,
        starting=starting,
    )


def _settling(found: RunSlopes, parts: Slopes, budget: float) -> NDArray[np.bool_]:
    last = parts.last_third
    once, again = parts.middle_third - parts.first_third, last - parts.middle_third
    bent = again - once
    with np.errstate(invalid="ignore", divide="ignore"):
        limit = np.where(np.abs(bent) > 1e-12, last - again**2 / bent, last)
    return np.asarray((found.bend.high(GUARD_CONFIDENCE) < 0) & (limit <= np.maximum(budget, last / 2)))


def _starting(found: RunSlopes, parts: Slopes, budget: float) -> NDArray[np.bool_]:
    return np.asarray((found.bend.low(GUARD_CONFIDENCE) > 0) & (parts.last_quarter > budget))
