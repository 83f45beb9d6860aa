"""Over virtual time: what the fix saves as if the runs had ended at each instant, and what a cycle costs in CPU."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.analysis.curves import Spread, spread
from harness.analysis.estimates import ARITHMETIC, REDUCTION, Estimate, Reading, absent, over_seeds
from harness.analysis.leaks.sequential import confidence_of
from harness.analysis.metrics import cpu, levels
from harness.analysis.metrics.pairing import paired, reduction
from harness.analysis.runs import EPSILON_S, Run, Runs, Terms
from harness.scenario import Scenario

INSTANTS = 300
"""So many instants at most: a curve of more is no sharper on paper."""

PEAK, PEAK_NET, MEAN = "reduction.peak", "reduction.peak_net", "reduction.mean"

SAME = 0.01
"""Shares that differ by less than this, the last digit that is told of them, say the same."""

_Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Course:
    """A reduction, a share of 1, at every instant with its interval over the seeds, each of shape (instants,).

    NaN where there is none: before the first sample under load, where nothing worth speaking of had grown, and, of the
    interval, with one seed.
    """

    estimate: _Values
    low: _Values
    high: _Values


@dataclass(frozen=True, eq=False)
class Finding:
    """What one finds who looks at one hour: the reduction of the peak up to it."""

    hour: float
    share: float


@dataclass(frozen=True, eq=False)
class ReductionOverTime:
    """What `fixed` saves of `old` as if all runs had ended at `hours`, shape (instants,), by metric.

    `seeds` are those that both configs ran; `cleanups` the hours of the cleanups of `old`, of all seeds, each once.
    `ended` says which run ended the curves before the horizon, and how; empty where none did.
    """

    old: str
    fixed: str
    seeds: tuple[int, ...]
    confidence: float
    hours: _Values
    courses: Mapping[str, Course]
    cleanups: _Values
    ended: str

    def findings(self, from_h: float) -> tuple[Finding, ...]:
        """The findings at `from_h` or later that tell how the reduction of the peak depends on the hour, in order.

        The last is the first from which on all say the SAME as the last of all, whose share it has; before it the first
        of all, the lowest and the highest, where they say something else than the last and than the one before.
        """
        peak = self.courses[PEAK].estimate
        places = np.flatnonzero(np.isfinite(peak) & (self.hours >= from_h))
        if not places.size:
            return ()
        hours, shares = self.hours[places], peak[places]
        different = np.flatnonzero(np.abs(shares - shares[-1]) >= SAME)
        settled = int(different[-1]) + 1 if different.size else 0
        told: list[int] = []
        for place in sorted({0, int(np.argmin(shares)), int(np.argmax(shares))}):
            if place in different and (not told or abs(shares[place] - shares[told[-1]]) >= SAME):
                told.append(place)
        found = [Finding(float(hours[place]), float(shares[place])) for place in told]
        return (*found, Finding(float(hours[settled]), float(shares[-1])))


@dataclass(frozen=True, eq=False)
class CpuOverTime:
    """CPU per cycle and symbol of one config in equal spans of the load, ms of the scaled world.

    `hours` are the middles of the spans, `ms` the spread over seeds, of the same shape; `growth` is over the whole
    load, as a share of the median.
    """

    config: str
    hours: _Values
    ms: Spread
    growth: Estimate

    @property
    def grows(self) -> bool:
        """Whether the growth stands out from the noise of the seeds."""
        return self.growth.low is not None and self.growth.low > 0


def reduction_over_time(scenario: Scenario, runs: Sequence[Run]) -> ReductionOverTime | None:
    """The reductions that the scenario's first claim on one is about, over time; None where there is none to draw.

    At the horizon they are the metrics of the same names. A curve ends where the first of the runs does: an average
    over the seeds that happened to get further would flatter.
    """
    pair = scenario.reduction_pair()
    if pair is None:
        return None
    judged = Runs.of(scenario, runs)
    sides = [{run.seed: run for run in judged.of_config(config)} for config in pair]
    seeds = tuple(sorted(sides[0].keys() & sides[1].keys()))
    compared = [side[seed] for side in sides for seed in seeds]
    if not compared or any(not run.until_horizon.any() for run in compared):
        return None
    first = min(compared, key=_end_s)
    end_s = _end_s(first)
    at_s = _instants_s(first.terms)
    at_s = at_s[at_s <= end_s + EPSILON_S]
    old, fixed = ({seed: _levels(side[seed], at_s) for seed in seeds} for side in sides)
    confidence = confidence_of(scenario)
    return ReductionOverTime(
        old=pair[0],
        fixed=pair[1],
        seeds=seeds,
        confidence=confidence,
        hours=at_s / 3600,
        courses={name: _course(old, fixed, name, confidence) for name in (PEAK, PEAK_NET, MEAN)},
        cleanups=_cleanups_h([sides[0][seed] for seed in seeds], end_s),
        ended="" if first.reached_horizon else f"{first.config} {first.ending}",
    )


def cpu_over_time(scenario: Scenario, runs: Sequence[Run]) -> list[CpuOverTime]:
    """The CPU of every config whose runs recorded it, in the order of the scenario."""
    costs = []
    for config, mine in Runs.of(scenario, runs).by_config().items():
        rows = np.array([cpu.per_symbol_cycle_ms(run) for run in mine])
        if not np.isfinite(rows).any():
            continue
        estimate = over_seeds({run.seed: cpu.growth(run) for run in mine}, ARITHMETIC, confidence_of(scenario))
        costs.append(CpuOverTime(config, cpu.spans_h(mine[0].terms), spread(rows), estimate))
    return costs


def _instants_s(terms: Terms) -> _Values:
    """Times of samples, evenly spaced, from the start on, and the horizon: INSTANTS at most."""
    horizon_s, every_s = terms.horizon_s, terms.sample_every_s
    step_s = every_s * math.ceil(horizon_s / every_s / (INSTANTS - 1))
    return np.append(np.arange(0.0, horizon_s - EPSILON_S, step_s), horizon_s)


def _end_s(run: Run) -> float:
    return run.horizon_s if run.reached_horizon else float(run.t_s[run.fed][-1])


def _levels(run: Run, at_s: _Values) -> dict[str, _Values]:
    """By reduction, what it compares, as if the run had ended at each instant, GB, NaN where there is none."""
    fed = run.until_horizon
    rss = run.rss_gb[fed]
    last = np.searchsorted(run.t_s[fed], at_s + EPSILON_S, side="right") - 1
    peak = np.where(last >= 0, np.maximum.accumulate(rss)[np.maximum(last, 0)], np.nan)
    grown = peak - rss[0]
    load = run.loaded & fed
    loaded = run.rss_gb[load]
    counts = np.searchsorted(run.t_s[load], at_s + EPSILON_S, side="right")
    return {
        PEAK: peak,
        PEAK_NET: np.where(grown < levels.GROWN_SHARE * rss[0], np.nan, grown),
        MEAN: np.array([loaded[:count].mean() if count else np.nan for count in counts]),
    }


def _course(
    old: Mapping[int, Mapping[str, _Values]], fixed: Mapping[int, Mapping[str, _Values]], name: str, confidence: float
) -> Course:
    """One reduction over time, as the metric of this name is computed."""
    instants = len(next(iter(old.values()))[name])
    rows = np.full((3, instants), np.nan)
    for instant in range(instants):
        a, b = ({seed: _reading(level[name][instant]) for seed, level in side.items()} for side in (old, fixed))
        found = over_seeds(paired(a, b, reduction), REDUCTION, confidence)
        values = (found.estimate, found.low, found.high)
        rows[:, instant] = [np.nan if value is None else value for value in values]
    return Course(*rows)


def _reading(value: float) -> Reading:
    return Reading(float(value)) if np.isfinite(value) else absent("not applicable", "nothing had grown yet")


def _cleanups_h(runs: Sequence[Run], end_s: float) -> _Values:
    """The hours of all cleanups up to the end of the curves, each once to the second."""
    seconds = np.unique(np.round(np.concatenate([run.event_times("cleanup") for run in runs])))
    return seconds[seconds <= end_s + EPSILON_S] / 3600
