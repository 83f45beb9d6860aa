"""A small calibration: what the published one promises, on fewer series, and that it is of the code that judges."""

from __future__ import annotations

import numpy as np
import pytest

from harness.analysis.leaks.decision import Series, judge_leak
from harness.calibration.curves import detection
from harness.calibration.curves.coverage import NOISES, coverage
from harness.calibration.curves.detection import BUDGET, measure, measure_sequential, rise_of, verdict_rates
from harness.calibration.curves.families import FAMILIES, HARDER, WARMUP_S, Family, Setting

SERIES = 30
ALLOWED = 1
"""Of 30 series: at a rate of 1 % two errors have a probability of 4 %, and the rates are far below it."""

ALL = {family.name: family for family in (*FAMILIES, *HARDER)}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_errors_are_rare_and_decisions_are_not(family: Family) -> None:
    curves = family.make(np.random.default_rng([11, FAMILIES.index(family)]), Setting(SERIES, 5, 5.0))
    none, three = (rise_of(curves, curves.leaking(size * BUDGET)) for size in (0, 3))
    for seeds in (3, 5):
        healthy, leaking = verdict_rates(none, seeds), verdict_rates(three, seeds)
        assert healthy.leak * SERIES <= ALLOWED
        assert leaking.ok * SERIES <= ALLOWED
    assert healthy.ok > 0.8
    assert leaking.leak > 0.8


@pytest.mark.parametrize("name", ["beat, sawtooth of 750 s", "beat, sawtooth of 2000 s"])
@pytest.mark.parametrize("seeds", [3, 10])
def test_what_goes_up_and_down_alike_in_all_seeds_is_no_leak(name: str, seeds: int) -> None:
    rates = measure(ALL[name], Setting(4 * SERIES, seeds, 5.0), [11, 56, seeds], sizes=(0, 3))
    assert rates.rates(0, seeds).leak * SERIES <= ALLOWED
    assert rates.rates(3, seeds).ok == 0
    assert min(rates.rates(0, seeds).ok, rates.rates(3, seeds).leak) > 0.5


def test_a_large_start_that_settles_is_a_leak_to_the_whole_run_alone() -> None:
    rates = measure(ALL["large plateau, 1-2 h"], Setting(SERIES, 5, 5.0), [11, 50], sizes=(0, 3))
    assert rates.plain[0, 5].leak > 0.5
    assert rates.rates(0, 5).leak * SERIES <= ALLOWED


def test_trend_tests_cry_wolf_on_a_start_that_settles() -> None:
    rates = measure(ALL["decaying plateau"], Setting(SERIES, 3, 5.0), [11, 51], sizes=(0, 3))
    assert rates.rivals["Mann-Kendall", False, 0].leak > 0.5
    assert rates.rates(0, 3).leak == 0


def test_seeds_are_added_until_it_is_decided() -> None:
    found = measure_sequential(ALL["wander"], Setting(SERIES, 6, 5.0), [11, 52], 3)
    assert found.rates[0].leak * SERIES <= ALLOWED
    assert found.rates[3].ok * SERIES <= ALLOWED
    assert found.rates[0].decided > 0.8
    assert 3 <= found.seeds_used[0] < found.seeds_used[1] <= 6


def test_too_few_floors_decide_nothing() -> None:
    rates = measure(ALL["sawtooth of 5000 s"], Setting(4, 3, 5.0), [11, 53], sizes=(0, 3))
    assert rates.rates(0, 3).decided == rates.rates(3, 3).decided == 0


@pytest.mark.parametrize("name", ["sawtooth", "sawtooth, not told", "random steps"])
@pytest.mark.parametrize("size", [0, 3])
def test_the_calibrated_rule_is_the_one_that_judges_runs(name: str, size: int) -> None:
    curves = ALL[name].make(np.random.default_rng([11, 54]), Setting(5, 3, 5.0))
    values = curves.leaking(size * BUDGET)
    decision = detection.decide(rise_of(curves, values), BUDGET)
    for number in range(5):
        series = {seed: Series(curves.t_s, values[number, seed], curves.cleanups_s) for seed in range(3)}
        verdict = judge_leak(series, warmup_s=WARMUP_S, budget=BUDGET)
        assert (verdict.outcome == "LEAK", verdict.outcome == "OK") == (decision.leak[number], decision.ok[number])


@pytest.mark.parametrize("noise", NOISES, ids=lambda noise: noise.name)
@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_the_interval_of_a_reduction_covers_the_truth(noise, seeds: int) -> None:
    assert coverage(noise, seeds, 1000, [11, 55, seeds]) >= 0.93
