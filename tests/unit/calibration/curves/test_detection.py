"""A small calibration: what the published one promises, on fewer series, and that it is of the code that judges."""

from __future__ import annotations

import numpy as np
import pytest

from harness.analysis.leaks.floors import Series
from harness.analysis.leaks.leak_verdict import judge_leak
from harness.calibration.curves.coverage import NOISES, coverage
from harness.calibration.curves.detection import (
    BUDGET,
    SMALL_BUDGET,
    Rates,
    measure,
    measure_sequential,
    over_seeds,
    rises_of,
    verdicts,
)
from harness.calibration.curves.families import FAMILIES, FOREIGN, HARDER, ONE_LEAKING, WARMUP_S, Family, Setting

SERIES = 30
ALLOWED = 1
"""Of 30 series: at a rate of 1 % two errors have a probability of 4 %, and the rates are far below it."""

ALL = {family.name: family for family in (*FAMILIES, *FOREIGN, *HARDER)}


@pytest.mark.parametrize("family", [*FAMILIES, *FOREIGN], ids=lambda family: family.name)
def test_errors_are_rare(family: Family) -> None:
    curves = family.make(np.random.default_rng([11, [*FAMILIES, *FOREIGN].index(family)]), Setting(SERIES, 5, 5.0))
    for budget in (BUDGET, SMALL_BUDGET):
        none, three = (rises_of(curves, curves.leaking(size * budget)) for size in (0, 3))
        for seeds in (1, 2, 3, 5):
            healthy, leaking = (Rates.of(verdicts(rises, seeds, budget)) for rises in (none, three))
            unbounded = 2 if family.name == "unbounded walk" and budget == SMALL_BUDGET else 0
            assert healthy.found * SERIES <= ALLOWED + unbounded
            assert leaking.ok * SERIES <= ALLOWED + unbounded


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_decisions_are_not_rare(family: Family) -> None:
    curves = family.make(np.random.default_rng([11, FAMILIES.index(family)]), Setting(SERIES, 10, 5.0))
    none, three, ten = (rises_of(curves, curves.leaking(size * BUDGET)) for size in (0, 3, 10))
    assert Rates.of(verdicts(ten, 2)).leak > 0.94
    assert Rates.of(verdicts(three, 5)).leak > 0.75
    assert Rates.of(verdicts(none, 10)).ok > 0.8


def test_runs_that_leak_at_different_rates_are_leaks_to_this_verdict_and_not_over_the_seeds_alone() -> None:
    family = ALL["rates that differ"]
    curves = family.make(np.random.default_rng([11, 57]), Setting(SERIES, 2, 5.0))
    rises = rises_of(curves, curves.leaking(30 * SMALL_BUDGET))
    assert Rates.of(verdicts(rises, 2, SMALL_BUDGET)).leak > 0.94
    assert Rates.of(over_seeds(rises, 2, SMALL_BUDGET)).leak < 0.5


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_one_run_that_leaks_among_others_that_do_not_is_some(seeds: int) -> None:
    curves = ONE_LEAKING.make(np.random.default_rng([11, 58]), Setting(SERIES, seeds, 5.0))
    rates = Rates.of(verdicts(rises_of(curves, curves.leaking(10 * BUDGET)), seeds))
    assert rates.some > 0.94
    assert rates.ok == 0


@pytest.mark.parametrize("name", ["beat, sawtooth of 750 s", "beat, sawtooth of 2000 s"])
@pytest.mark.parametrize("seeds", [3, 10])
def test_what_goes_up_and_down_alike_in_all_seeds_is_no_leak(name: str, seeds: int) -> None:
    rates = measure(ALL[name], Setting(4 * SERIES, seeds, 5.0), [11, 56, seeds], sizes=(0, 3))
    assert rates.rates(0, seeds).leak * SERIES <= ALLOWED
    assert rates.rates(3, seeds).ok == 0
    assert rates.rates(0, seeds).ok > 0.3  # eight floors that beat alike are mostly left open
    assert rates.rates(3, seeds).leak > 0.5


def test_a_large_start_that_settles_is_a_leak_to_the_seeds_alone() -> None:
    rates = measure(ALL["large plateau, 1-2 h"], Setting(SERIES, 5, 5.0), [11, 50], sizes=(0, 3))
    assert rates.over_seeds[SMALL_BUDGET, 0, 2].leak > 0.05
    assert rates.rates(0, 5).leak * SERIES <= ALLOWED


def test_trend_tests_cry_wolf_on_a_start_that_settles() -> None:
    rates = measure(ALL["decaying plateau"], Setting(SERIES, 3, 5.0), [11, 51], sizes=(0, 3))
    assert rates.rivals["Mann-Kendall", False, 0].leak > 0.5
    assert rates.rates(0, 3).leak == 0


def test_seeds_are_added_until_it_is_decided() -> None:
    found = measure_sequential(ALL["wander"], Setting(SERIES, 6, 5.0), [11, 52], 3)
    for budget in (BUDGET, SMALL_BUDGET):
        assert found.rates[budget, 0].found * SERIES <= ALLOWED
        assert found.rates[budget, 3].ok * SERIES <= ALLOWED
    assert found.rates[BUDGET, 3].decided > 0.8
    assert 3 <= found.seeds_used[0] < found.seeds_used[1] <= 6


def test_too_few_floors_decide_nothing() -> None:
    rates = measure(ALL["sawtooth of 5000 s"], Setting(4, 3, 5.0), [11, 53], sizes=(0, 3))
    assert rates.rates(0, 3).decided == rates.rates(3, 3).decided == 0


@pytest.mark.parametrize("name", ["sawtooth", "sawtooth, not told", "random steps", "rates that differ"])
@pytest.mark.parametrize("size", [0, 3])
def test_the_calibrated_rule_is_the_one_that_judges_runs(name: str, size: int) -> None:
    curves = ALL[name].make(np.random.default_rng([11, 54]), Setting(5, 3, 5.0))
    values = curves.leaking(size * BUDGET)
    called = verdicts(rises_of(curves, values), 3)
    for number in range(5):
        series = {seed: Series(curves.t_s, values[number, seed], curves.cleanups_s) for seed in range(3)}
        verdict = judge_leak(series, warmup_s=WARMUP_S, budget=BUDGET)
        outcomes = (verdict.outcome == "LEAK", verdict.outcome == "SOME", verdict.outcome == "OK")
        assert outcomes == (called.leak[number], called.some[number], called.ok[number])


@pytest.mark.parametrize("noise", NOISES, ids=lambda noise: noise.name)
@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_the_interval_of_a_reduction_covers_the_truth(noise, seeds: int) -> None:
    assert coverage(noise, seeds, 1000, [11, 55, seeds]) >= 0.93
