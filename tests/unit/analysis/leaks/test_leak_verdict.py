"""The verdict beside the load: every run and their mean, where a feed wakes up and where it does not."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from harness.analysis.leaks.floors import Series
from harness.analysis.leaks.leak_verdict import LeakVerdict, judge_leak, with_load
from harness.analysis.leaks.load import LoadCourse, load_of
from harness.analysis.result import Result
from tests.unit.analysis.verdict.golden_recording import GOLDEN

BUDGET = 0.004
T_S = np.arange(0.0, 8 * 3600 + 1, 30.0)
HOURS = T_S / 3600
AWAKE = np.cumsum(1 - 0.5 * np.cos(2 * np.pi * HOURS / 16))
"""What was delivered, from the quietest hour to the busiest."""
FLAT = np.cumsum(np.ones_like(HOURS))


def judged(
    delivered: np.ndarray, *, kept_gb: float = 0.0, leaks: Mapping[int, float], without: tuple[int, ...] = ()
) -> LeakVerdict:
    """The verdict on runs that keep the last ten minutes and leak at a rate by seed."""
    rng = np.random.default_rng(9)
    recent = np.concatenate([np.zeros(20), delivered[20:] - delivered[:-20]]) / 20
    series = {
        seed: Series(T_S, 1 + kept_gb * recent + rate * HOURS + 0.0005 * rng.standard_normal(T_S.size), np.empty(0))
        for seed, rate in leaks.items()
    }
    alone = judge_leak(series, warmup_s=1200, budget=BUDGET)
    floors = {seed: one.judged_floors(1200) for seed, one in series.items()}
    loads = {seed: LoadCourse(HOURS, delivered) for seed in leaks if seed not in without}
    return with_load(alone, floors, loads, BUDGET)


def test_growth_of_a_window_is_a_leak_to_who_does_not_know_the_load_and_is_not_beside_it() -> None:
    assert judged(AWAKE, kept_gb=0.2, leaks={1: 0, 2: 0}, without=(1,)).outcome == "LEAK"
    beside = judged(AWAKE, kept_gb=0.2, leaks={1: 0, 2: 0})
    assert beside.outcome != "LEAK"
    assert beside.load is not None
    assert beside.load.share == pytest.approx(1.0, abs=0.1)
    assert beside.load.window_h == pytest.approx(1 / 6, rel=0.5)


def test_a_leak_beside_a_window_is_found_with_its_rate() -> None:
    verdict = judged(AWAKE, kept_gb=0.2, leaks={1: 0.1, 2: 0.11})
    assert (verdict.outcome, verdict.leaking) == ("LEAK", (1, 2))
    assert verdict.slope == pytest.approx(0.105, rel=0.1)


def test_one_run_that_leaks_beside_the_load_is_some() -> None:
    verdict = judged(AWAKE, kept_gb=0.02, leaks={1: 0.0, 2: 0.2})
    assert (verdict.outcome, verdict.leaking) == ("SOME", (2,))
    assert verdict.reason == "1 of 2 runs leaks beside the load"


def test_where_floors_lack_beside_the_load_more_seeds_do_not_help() -> None:
    rng = np.random.default_rng(9)
    cleanups = np.linspace(1200, T_S[-1], 8)
    series = {seed: Series(T_S, 1 + 0.01 * rng.standard_normal(T_S.size), cleanups) for seed in (1, 2)}
    alone = judge_leak(series, warmup_s=1200, budget=BUDGET)
    floors = {seed: one.judged_floors(1200) for seed, one in series.items()}
    verdict = with_load(alone, floors, {seed: LoadCourse(HOURS, AWAKE) for seed in series}, BUDGET)
    assert (verdict.outcome, verdict.floors) == ("INCONCLUSIVE", 7)
    assert verdict.reason.startswith("7 floors between cleanups, 8 are needed")
    assert not verdict.lacks_seeds


def test_a_flat_load_and_flat_floors_leave_the_verdict_as_it_was() -> None:
    flat = judged(FLAT, kept_gb=0.2, leaks={1: 0.1, 2: 0.1})
    assert (flat.outcome, flat.load) == ("LEAK", None)
    series = {seed: Series(T_S, np.full(T_S.size, 12.0), np.empty(0)) for seed in (1, 2)}
    alone = judge_leak(series, warmup_s=1200, budget=BUDGET)
    floors = {seed: one.judged_floors(1200) for seed, one in series.items()}
    assert with_load(alone, floors, {seed: LoadCourse(HOURS, AWAKE) for seed in series}, BUDGET) is alone


def test_a_recording_of_format_1_is_judged_without_a_load_and_says_so() -> None:
    result = Result.open(GOLDEN)
    assert all(load_of(run, by="bytes") is None for run in result.runs)
    assert not any(leak.verdict.load_recorded or leak.verdict.load for leak in result.verdict.leaks)
