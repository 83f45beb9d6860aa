"""How often the leak verdict and its rivals are wrong, and how often they decide, on families of synthetic curves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.analysis.leaks.decision import CONFIDENCE, decide, minimum_detectable
from harness.analysis.leaks.floors import FEWEST_FLOORS, Floors, between_cleanups, find_floors, of_blocks
from harness.analysis.leaks.over_seeds import Rise, decide_over_seeds, rise
from harness.analysis.leaks.sawtooth import find_teeth
from harness.analysis.leaks.sequential import leak_confidence, looks
from harness.calibration.curves.families import Curves, Family, Setting
from harness.calibration.curves.rivals import RIVALS

BUDGET = 0.0375
"""GB per hour, of 50symbols: from 5 to 32 GB in 30 days. As large as the noise's slopes."""

SMALL_BUDGET = 0.004
"""A tenth of the noise's slopes: what a test's size is shows here."""

BUDGETS = (BUDGET, SMALL_BUDGET)

SIZES = (0, 1, 3, 10)
"""Leaks, in budgets."""

SEEDS = (1, 2, 3, 5, 10)
HOURS = 5.0
MORE_HOURS = (6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0)
DECIDED = 0.9
RIVAL_EVERY = 12
"""The rivals see every twelfth sample, one a minute: their cost grows with the square of it."""

Bools = NDArray[np.bool_]


class Calls(NamedTuple):
    """What was called of every series, each of shape (series,): in every run a leak, in some, in none."""

    leak: Bools
    some: Bools
    ok: Bools


@dataclass(frozen=True)
class Rates:
    """Shares of the series that were called LEAK, SOME and OK; the rest is undecided."""

    leak: float
    some: float
    ok: float

    @classmethod
    def of(cls, calls: Calls) -> Rates:
        return cls(*(float(part.mean()) for part in calls))

    @property
    def found(self) -> float:
        """Called LEAK or SOME."""
        return self.leak + self.some

    @property
    def decided(self) -> float:
        return self.found + self.ok


Key = tuple[float, float, int]
"""The budget in GB per hour, the leak in budgets, the number of seeds."""


@dataclass(frozen=True)
class FamilyRates:
    """What was measured of one family: the verdict's rates, those over the seeds alone, and each rival's on one run."""

    by_case: Mapping[Key, Rates]
    over_seeds: Mapping[Key, Rates]
    rivals: Mapping[tuple[str, bool, int], Rates]
    """By rival, whether it was tested against the budget (else against nothing), and the leak in budgets."""

    def rates(self, size: float, seeds: int, budget: float = BUDGET) -> Rates:
        return self.by_case[budget, size, seeds]

    def false_ok(self, seeds: int, budget: float = BUDGET) -> float:
        """The share called OK with a leak of three or ten budgets, whichever is worse."""
        return max(self.rates(size, seeds, budget).ok for size in (3, 10))


@dataclass(frozen=True, eq=False)
class Rises:
    """How the floors of many series rise: of those that are cut alike together, of every other by itself.

    `groups` are the indices of some series, and their rise; what is in none has too few floors.
    """

    series: int
    groups: tuple[tuple[NDArray[np.intp], Rise], ...]

    def calls(self, judge: Callable[[Rise], tuple[Bools, Bools, Bools]]) -> Calls:
        """What `judge` calls each of them, by leak, some and ok."""
        every = Calls(*(np.zeros(self.series, dtype=np.bool_) for _ in Calls._fields))
        for index, group in self.groups:
            for called, part in zip(every, judge(group), strict=True):
                called[index] = part
        return every


def rises_of(curves: Curves, values: NDArray[np.float64]) -> Rises:
    """How the floors of curves (series, seeds, samples) rise, by the same code as for a recorded run.

    Runs with falls of their own are compared at the instants of the one with the fewest floors of all seeds, also where
    fewer seeds are then judged.
    """
    toothed: list[int] = []
    if curves.cleanups_s.size:
        floors = between_cleanups(curves.t_s, values, curves.cleanups_s)
    else:
        floors = of_blocks(curves.t_s, values)
        toothed = [series for series, runs in enumerate(values) if any(find_teeth(run) is not None for run in runs)]
    alike = np.setdiff1d(np.arange(len(values)), toothed)
    cut = [(alike, [replace(floors, values=floors.values[alike, seed]) for seed in range(values.shape[1])])]
    for series in toothed:
        own = [find_floors(curves.t_s, run, curves.cleanups_s) for run in values[series]]
        cut.append((np.array([series]), [replace(each, values=each.values[None]) for each in own]))
    return Rises(len(values), tuple((index, rise(each)) for index, each in cut if index.size and _enough(each)))


def _enough(floors: Sequence[Floors]) -> bool:
    return min(each.hours.size for each in floors) >= FEWEST_FLOORS


def verdicts(rises: Rises, seeds: int, budget: float = BUDGET, confidence: float = CONFIDENCE) -> Calls:
    """What the verdict calls every series by its first `seeds` seeds."""

    def judge(found: Rise) -> tuple[Bools, Bools, Bools]:
        decision = decide(found.first(seeds), budget, confidence)
        return decision.leak, decision.some, decision.ok

    return rises.calls(judge)


def over_seeds(rises: Rises, seeds: int, budget: float = BUDGET) -> Calls:
    """What the slopes of the seeds alone call every series (harness.analysis.leaks.over_seeds)."""

    def judge(found: Rise) -> tuple[Bools, Bools, Bools]:
        decision = decide_over_seeds(found.first(seeds), budget, CONFIDENCE)
        return decision.leak, np.zeros_like(decision.leak), decision.ok

    return rises.calls(judge)


def measure(family: Family, setting: Setting, seed: Sequence[int], sizes: Sequence[float] = SIZES) -> FamilyRates:
    """The verdict's rates at all SEEDS that the setting has, and the rivals' on the first run of each series."""
    curves = family.make(np.random.default_rng(seed), setting)
    by_case: dict[Key, Rates] = {}
    alone: dict[Key, Rates] = {}
    rivals: dict[tuple[str, bool, int], Rates] = {}
    healthy = rises_of(curves, curves.healthy_gb)
    for budget in BUDGETS:
        for size in sizes:
            rises = rises_of(curves, curves.leaking(size * budget)) if size else healthy
            for seeds in (seeds for seeds in SEEDS if seeds <= setting.seeds):
                by_case[budget, size, seeds] = Rates.of(verdicts(rises, seeds, budget))
                if seeds > 1:
                    alone[budget, size, seeds] = Rates.of(over_seeds(rises, seeds, budget))
    hours = curves.t_s[::RIVAL_EVERY] / 3600
    for size in (0, 3):
        run = curves.leaking(size * BUDGET)[:, 0, ::RIVAL_EVERY]
        for name, call in RIVALS.items():
            for budgeted in (False, True):
                leak, ok = call(hours, run, BUDGET if budgeted else 0.0)
                rivals[name, budgeted, size] = Rates.of(Calls(leak, np.zeros_like(leak), ok))
    return FamilyRates(by_case, alone, rivals)


def hours_to_decide(family: Family, series: int, seed: Sequence[int], seeds: int) -> float | None:
    """The fewest of HOURS and more at which 90 % are OK without a leak and LEAK with three budgets; None beyond."""
    for hours in (HOURS, *MORE_HOURS):
        curves = family.make(np.random.default_rng([*seed, round(hours * 10)]), Setting(series, seeds, hours))
        none, three = (Rates.of(verdicts(rises_of(curves, curves.leaking(size * BUDGET)), seeds)) for size in (0, 3))
        if min(none.ok, three.leak) >= DECIDED:
            return hours
    return None


@dataclass(frozen=True)
class Sequential:
    """Adding seeds while undecided: rates after the last look, and the seeds that it took on average, by leak."""

    seeds: int
    max_seeds: int
    rates: Mapping[tuple[float, int], Rates]
    """By the budget in GB per hour and the leak in budgets."""

    seeds_used: Mapping[int, float]


def measure_sequential(
    family: Family, setting: Setting, seed: Sequence[int], seeds: int, sizes: Sequence[int] = (0, 1, 3)
) -> Sequential:
    """The rates of the rule of harness.analysis.leaks.sequential, from `seeds` to all seeds that the setting has."""
    max_seeds = setting.seeds
    curves = family.make(np.random.default_rng(seed), setting)
    confidence = leak_confidence(seeds, max_seeds)
    rates: dict[tuple[float, int], Rates] = {}
    used: dict[int, float] = {}
    for budget in BUDGETS:
        for size in sizes:
            rises = rises_of(curves, curves.leaking(size * budget))
            called = Calls(*(np.zeros(setting.series, dtype=np.bool_) for _ in Calls._fields))
            spent = np.full(setting.series, float(max_seeds))
            for look in looks(seeds, max_seeds):
                undecided = ~np.logical_or.reduce(called)
                for every, part in zip(called, verdicts(rises, look, budget, confidence), strict=True):
                    every[undecided] |= part[undecided]
                spent[undecided & np.logical_or.reduce(called)] = look
            rates[budget, size] = Rates.of(called)
            if budget == BUDGET:
                used[size] = float(spent.mean())
    return Sequential(seeds, max_seeds, rates, used)


def detected_at_minimum(family: Family, setting: Setting, seed: Sequence[int]) -> tuple[float, float]:
    """The median of the minimum detectable leaks that healthy series state, GB/h, and the share that calls it LEAK."""
    curves = family.make(np.random.default_rng(seed), setting)
    healthy = rises_of(curves, curves.healthy_gb)
    if not healthy.groups:
        return float("nan"), float("nan")
    stated = np.concatenate([minimum_detectable(group, BUDGET) for _, group in healthy.groups])
    median = float(np.nanmedian(stated))
    return median, Rates.of(verdicts(rises_of(curves, curves.leaking(median)), setting.seeds)).leak
