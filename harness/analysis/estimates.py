"""One number per run, and one estimate with its interval over the seeds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

Bound = Literal["exact", "lower", "upper"]
"""What a value says of the quantity: its value, or that it is at least ("lower") or at most ("upper") this."""

Lack = Literal["not applicable", "not reached", "undecided"]
"""Why there is no value: the metric makes no sense here, the run ended before it, or the run is too short to tell."""

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Reading:
    """One metric of one run (or of a pair of runs with one seed): a finite value, or why there is none.

    `reason` says why there is none, or why the value is a bound.
    """

    value: float | None
    bound: Bound = "exact"
    lack: Lack | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if (self.value is None) == (self.lack is None):
            raise ValueError("a reading has either a value or a lack of it")
        if self.value is not None and not math.isfinite(self.value):
            raise ValueError(f"{self.value} is not a reading")


def absent(lack: Lack, reason: str) -> Reading:
    """A reading without a value."""
    return Reading(None, lack=lack, reason=reason)


@dataclass(frozen=True)
class Average:
    """How values of seeds are averaged: the mean of forward(value), brought back. Both are monotone."""

    forward: Callable[[float], float]
    back: Callable[[float], float]


ARITHMETIC = Average(float, float)
GEOMETRIC = Average(math.log, math.exp)
REDUCTION = Average(lambda share: math.log1p(-share), lambda logarithm: -math.expm1(logarithm))
"""Of reductions r = 1 - b/a: 1 - exp(mean(ln(b/a))), so that halving and doubling cancel."""


@dataclass(frozen=True)
class Estimate:
    """A metric over seeds: mean, interval (None where open or where one seed gives none), reading of every seed.

    Where `bound` is "lower" the quantity is at least what was measured and `high` is open; "upper" likewise; `reason`
    says why. Where `estimate` is None, `lack` and `reason` say why. What is `counted` is exact in every run: `low` and
    `high` are then the lowest and the highest of them, also of one.
    """

    estimate: float | None
    low: float | None
    high: float | None
    bound: Bound
    readings: Mapping[int, Reading]
    lack: Lack | None = None
    reason: str = ""
    counted: bool = False

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(self.readings)

    @property
    def values(self) -> dict[int, float | None]:
        """The value of every seed."""
        return {seed: reading.value for seed, reading in self.readings.items()}


def mean_or_zero(estimate: Estimate | None) -> float:
    """The mean over seeds, 0 where there is none."""
    return 0.0 if estimate is None or estimate.estimate is None else estimate.estimate


NO_ESTIMATE = Estimate(None, None, None, "exact", {})
"""Nothing was measured, and nothing is said of why."""


def t_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """The two-sided t interval of the mean of independent values, None for fewer than two.

    Student's interval: mean -+ t((1 + confidence) / 2, n - 1) s / sqrt(n). Values that agree exactly
    give a width of zero.
    """
    if len(values) < 2:
        return None
    mean = float(np.mean(values))
    if min(values) == max(values):
        return values[0], values[0]
    quantile = float(stats.t.ppf((1 + confidence) / 2, len(values) - 1))
    half = quantile * float(np.std(values, ddof=1)) / len(values) ** 0.5
    return mean - half, mean + half


def welch_interval(a: Sequence[float], b: Sequence[float]) -> tuple[float, float] | None:
    """The 95 % interval of mean(b) - mean(a) of independent groups, None where one has fewer than two values.

    Welch's interval with the Welch-Satterthwaite degrees of freedom.
    """
    if len(a) < 2 or len(b) < 2:
        return None
    difference = float(np.mean(b) - np.mean(a))
    parts = [float(np.var(values, ddof=1)) / len(values) for values in (a, b)]
    if sum(parts) == 0:
        return difference, difference
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / (len(a) - 1) + parts[1] ** 2 / (len(b) - 1))
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom)) * sum(parts) ** 0.5
    return difference - half, difference + half


def over_seeds(
    readings: Mapping[int, Reading],
    average: Average = ARITHMETIC,
    confidence: float = CONFIDENCE,
    *,
    counted: bool = False,
) -> Estimate:
    """The estimate of a metric from its readings by seed, with its interval at `confidence`.

    What is `counted` has no error: in place of the interval it has the lowest and the highest of its readings.

    A seed without a value leaves no estimate: an average over the seeds that happened to get there would flatter. Where
    some seeds are bounds, the estimate is one: its interval is open on that side and, with one seed, ends at the value.
    """
    readings = dict(sorted(readings.items()))
    if not readings:
        return Estimate(None, None, None, "exact", readings, "not reached", "there is no run", counted)
    for lack in ("not reached", "undecided", "not applicable"):
        for seed, reading in readings.items():
            if reading.lack == lack:
                reason = reading.reason if len(readings) == 1 else f"seed {seed}: {reading.reason}"
                return Estimate(None, None, None, "exact", readings, reading.lack, reason, counted)
    bounds = {reading.bound for reading in readings.values()} - {"exact"}
    if len(bounds) == 2:
        reason = "some seeds give a lower and some an upper bound"
        return Estimate(None, None, None, "exact", readings, "undecided", reason, counted)
    values = [reading.value for reading in readings.values() if reading.value is not None]
    forward = [average.forward(value) for value in values]
    estimate = values[0] if min(values) == max(values) else average.back(float(np.mean(forward)))
    interval = (min(forward), max(forward)) if counted else t_interval(forward, confidence)
    low: float | None = None
    high: float | None = None
    if interval is not None and interval[0] == interval[1]:
        low = high = estimate
    elif interval is not None:
        low, high = sorted(average.back(end) for end in interval)
    bound = bounds.pop() if bounds else "exact"
    if bound == "lower":
        low, high = (estimate if low is None else low), None
    elif bound == "upper":
        low, high = None, (estimate if high is None else high)
    reason = next((reading.reason for reading in readings.values() if reading.bound != "exact"), "")
    return Estimate(estimate, low, high, bound, readings, reason=reason, counted=counted)
