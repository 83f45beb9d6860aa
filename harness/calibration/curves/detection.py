"""How often the leak verdict and its rivals are wrong, and how often they decide, on families of synthetic curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.analysis.leaks.decision import (
    CONFIDENCE,
    FEWEST_FLOORS,
    Decision,
    decide,
    minimum_detectable,
    t_interval,
)
from harness.analysis.leaks.floors import Floors, Rise, Slopes, between_cleanups, find_floors, of_blocks, rise, slopes
from harness.analysis.leaks.sawtooth import find_teeth
from harness.analysis.leaks.sequential import look_confidence, looks
from harness.calibration.curves.families import Curves, Family, Setting
from harness.calibration.curves.rivals import RIVALS

BUDGET = 0.0375
"""GB per hour, of 50symbols: from 5 to 32 GB in 30 days."""

SIZES = (0, 1, 3, 6)
"""Leaks, in budgets."""

SEEDS = (3, 5, 10)
HOURS = 5.0
MORE_HOURS = (6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0)
DECIDED = 0.9
RIVAL_EVERY = 12
"""The rivals see every twelfth sample, one a minute: their cost grows with the square of it."""


@dataclass(frozen=True)
class Rates:
    """Shares of the series that were called LEAK and OK; the rest is undecided."""

    leak: float
    ok: float

    @property
    def decided(self) -> float:
        return self.leak + self.ok


@dataclass(frozen=True)
class Cell:
    """One family, one leak (in budgets), one number of seeds."""

    family: str
    size: float
    seeds: int
    rates: Rates


@dataclass(frozen=True)
class FamilyRates:
    """What was measured of one family: the verdict's cells, and each rival's on one run."""

    cells: tuple[Cell, ...]
    rivals: dict[tuple[str, bool, int], Rates]
    """By rival, whether it was tested against the budget (else against nothing), and the leak in budgets."""

    plain: dict[tuple[float, int], Rates]
    """The slope of the whole run alone, with its t interval over the seeds, by leak and seeds."""

    def rates(self, size: float, seeds: int) -> Rates:
        return next(cell.rates for cell in self.cells if (cell.size, cell.seeds) == (size, seeds))


def rise_of(curves: Curves, values: NDArray[np.float64]) -> Rise | None:
    """How the floors of curves (series, seeds, samples) rise, None where there are too few of them.

    The same code as for a recorded run; curves that are cut alike go through it together. Runs with falls of their own
    are compared at the instants of the one with the fewest floors of all seeds, also where fewer seeds are then judged.
    """
    if curves.cleanups_s.size:
        floors = between_cleanups(curves.t_s, values, curves.cleanups_s)
        return _alike(floors) if floors.hours.size >= FEWEST_FLOORS else None
    rises = _alike(of_blocks(curves.t_s, values))
    toothed = [series for series, runs in enumerate(values) if any(find_teeth(run) is not None for run in runs)]
    return _replaced(rises, {series: _uneven(curves, values[series]) for series in toothed}) if toothed else rises


def _alike(floors: Floors) -> Rise:
    hours = np.broadcast_to(floors.hours, (len(floors.values), floors.hours.size))
    return Rise(slopes(floors), hours, floors.values)


def _uneven(curves: Curves, runs: NDArray[np.float64]) -> Rise | None:
    """The rise of one series (seeds, samples) whose runs have falls of their own, None with too few floors."""
    floors = [find_floors(curves.t_s, run, curves.cleanups_s) for run in runs]
    return rise(floors) if min(each.hours.size for each in floors) >= FEWEST_FLOORS else None


def _replaced(rises: Rise, others: Mapping[int, Rise | None]) -> Rise:
    """Replace some of the series; one that is None becomes NaN throughout."""
    most = max(rises.hours.shape[-1], *(0 if other is None else other.hours.size for other in others.values()))
    wider = ((0, 0), (0, most - rises.hours.shape[-1]))
    hours = np.pad(rises.hours, wider, constant_values=np.nan)
    values = np.pad(rises.values, ((0, 0), *wider), constant_values=np.nan)
    parts = np.array(rises.slopes)
    for series, other in others.items():
        hours[series], values[series], parts[:, series] = np.nan, np.nan, np.nan
        if other is not None:
            hours[series, : other.hours.size], values[series, :, : other.hours.size] = other.hours, other.values
            parts[:, series] = other.slopes
    return Rise(Slopes(*parts), hours, values)


def measure(family: Family, setting: Setting, seed: Sequence[int], sizes: Sequence[float] = SIZES) -> FamilyRates:
    """The verdict's rates at all SEEDS that the setting has, and the rivals' on the first run of each series."""
    curves = family.make(np.random.default_rng(seed), setting)
    cells = []
    rivals: dict[tuple[str, bool, int], Rates] = {}
    plain = {}
    for size in sizes:
        values = curves.leaking(size * BUDGET)
        rises = rise_of(curves, values)
        for seeds in (seeds for seeds in SEEDS if seeds <= setting.seeds):
            cells.append(Cell(family.name, size, seeds, verdict_rates(rises, seeds)))
            plain[size, seeds] = _plain_rates(rises, seeds)
        if size in (0, 3):
            hours, run = curves.t_s[::RIVAL_EVERY] / 3600, values[:, 0, ::RIVAL_EVERY]
            for name, call in RIVALS.items():
                for budgeted in (False, True):
                    leak, ok = call(hours, run, BUDGET if budgeted else 0.0)
                    rivals[name, budgeted, int(size)] = Rates(float(leak.mean()), float(ok.mean()))
    return FamilyRates(tuple(cells), rivals, plain)


def verdict_rates(rises: Rise | None, seeds: int, confidence: float = CONFIDENCE) -> Rates:
    """The rates of the leak verdict with the first `seeds` seeds."""
    if rises is None:
        return Rates(0.0, 0.0)
    decision = decide(rises.first(seeds), BUDGET, confidence)
    return Rates(float(decision.leak.mean()), float(decision.ok.mean()))


def _plain_rates(rises: Rise | None, seeds: int) -> Rates:
    if rises is None:
        return Rates(0.0, 0.0)
    interval = t_interval(rises.slopes.whole[:, :seeds], CONFIDENCE)
    return Rates(float((interval.low > BUDGET).mean()), float((interval.high <= BUDGET).mean()))


def hours_to_decide(family: Family, series: int, seed: Sequence[int], seeds: int = SEEDS[0]) -> float | None:
    """The fewest of MORE_HOURS at which 90 % are OK without a leak and LEAK with three budgets; None beyond."""
    for hours in MORE_HOURS:
        curves = family.make(np.random.default_rng([*seed, round(hours * 10)]), Setting(series, seeds, hours))
        rates = [verdict_rates(rise_of(curves, curves.leaking(size * BUDGET)), seeds) for size in (0, 3)]
        if min(rates[0].ok, rates[1].leak) >= DECIDED:
            return hours
    return None


@dataclass(frozen=True)
class Sequential:
    """Adding seeds while undecided: rates after the last look, and the seeds that it took on average, by leak."""

    family: str
    seeds: int
    max_seeds: int
    rates: dict[int, Rates]
    seeds_used: dict[int, float]


def measure_sequential(
    family: Family, setting: Setting, seed: Sequence[int], seeds: int, sizes: Sequence[int] = (0, 1, 3)
) -> Sequential:
    """The rates of the rule of harness.analysis.leaks.sequential, from `seeds` to all seeds that the setting has."""
    max_seeds = setting.seeds
    curves = family.make(np.random.default_rng(seed), setting)
    confidence = look_confidence(seeds, max_seeds)
    rates, used = {}, {}
    for size in sizes:
        rises = rise_of(curves, curves.leaking(size * BUDGET))
        leak, ok = (np.zeros(setting.series, dtype=np.bool_) for _ in range(2))
        spent = np.full(setting.series, float(max_seeds))
        for look in looks(seeds, max_seeds):
            if rises is None:
                break
            decision: Decision = decide(rises.first(look), BUDGET, confidence)
            undecided = ~leak & ~ok
            leak |= undecided & decision.leak
            ok |= undecided & decision.ok
            spent[undecided & (leak | ok)] = look
        rates[size] = Rates(float(leak.mean()), float(ok.mean()))
        used[size] = float(spent.mean())
    return Sequential(family.name, seeds, max_seeds, rates, used)


def detected_at_minimum(family: Family, setting: Setting, seed: Sequence[int]) -> tuple[float, float]:
    """The median of the minimum detectable leaks that healthy series state, GB/h, and the share that calls it LEAK."""
    curves = family.make(np.random.default_rng(seed), setting)
    healthy = rise_of(curves, curves.healthy_gb)
    if healthy is None:
        return float("nan"), float("nan")
    stated = [minimum_detectable(healthy.one(series), BUDGET) for series in range(setting.series)]
    median = float(np.nanmedian(stated))
    return median, verdict_rates(rise_of(curves, curves.leaking(median)), setting.seeds).leak
