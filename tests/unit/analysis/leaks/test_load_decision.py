from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.analysis.leaks.decision import Decision
from harness.analysis.leaks.floors import Floors, between_cleanups, of_blocks
from harness.analysis.leaks.load import LoadCourse, looked_at
from harness.analysis.leaks.load_decision import (
    TOGETHER,
    BesideLoad,
    Explained,
    LoadDecision,
    both_decide,
    decide_with_load,
    judge_beside_load,
    mean_load,
)
from harness.analysis.leaks.load_fit import Candidates, fit_load
from harness.calibration.curves.families import autoregressive

BUDGET = 0.0375
DAY_H = 24.0


def rising(hours: float, jitter: float = 0.03) -> LoadCourse:
    """The load from six in the morning on, of a day whose peak is twice its trough."""
    t_h = np.arange(0, hours + 1e-9, 1 / 720)
    noise = autoregressive(np.random.default_rng(3), t_h.shape, 0.98, jitter)
    rate = (1 - np.cos(2 * np.pi * (t_h + 2) / DAY_H) / 3) * np.exp(noise)
    return LoadCourse(t_h, np.cumsum(rate) / 720)


def soak(load: LoadCourse, gb_per_hour: float, seeds: int = 3, draw: int = 8) -> NDArray[np.float64]:
    """A gigabyte kept of the last ten minutes, on noise of 0.05 GB, and a leak: (seeds, samples)."""
    noise = autoregressive(np.random.default_rng(draw), (seeds, load.t_h.size), 0.98, 0.05)
    return load.recent(load.t_h, 1 / 6, "window") / load.per_hour + noise + gb_per_hour * load.t_h


def floors_of(load: LoadCourse, values: NDArray[np.float64]) -> Floors:
    judged = load.t_h >= 1 / 6
    return of_blocks(load.t_h[judged] * 3600, values[..., judged])


def judged(load: LoadCourse, values: NDArray[np.float64]) -> BesideLoad:
    """What becomes of runs (seeds, samples) that had the same load."""
    beside = judge_beside_load([floors_of(load, run) for run in values], [load] * len(values), BUDGET)
    assert beside is not None
    return beside


def outcome(beside: BesideLoad) -> str:
    leak, some, ok = beside.decision[:3]
    return "LEAK" if leak else "SOME" if some else "OK" if ok else "INCONCLUSIVE"


def explained(beside: BesideLoad) -> Explained:
    assert beside.explained is not None
    return beside.explained


@pytest.mark.parametrize("seeds", [1, 3])
def test_a_window_under_a_rising_load_is_no_leak(seeds: int) -> None:
    load = rising(12)
    beside = judged(load, soak(load, 0, seeds))
    assert outcome(beside) == "OK"
    found = explained(beside)
    assert found.low < 0 < found.high < BUDGET
    assert found.windows_h is not None
    assert found.windows_h[0] < 1 / 6 < found.windows_h[1]
    assert found.hours_needed is None


def test_the_share_of_the_growth_that_the_load_explains_is_told() -> None:
    load = rising(8)
    window, leak = (explained(judged(load, soak(load, size * BUDGET))) for size in (0, 10))
    assert window.share is not None
    assert leak.share is not None
    assert window.share > 0.8
    assert 0.1 < leak.share < 0.4


@pytest.mark.parametrize("seeds", [1, 3])
def test_a_leak_beside_it_is_one(seeds: int) -> None:
    load = rising(8)
    beside = judged(load, soak(load, 10 * BUDGET, seeds))
    assert outcome(beside) == "LEAK"
    assert beside.decision.leaking.all()
    found = explained(beside)
    assert found.low < 10 * BUDGET < found.high


def test_a_leak_per_event_is_one() -> None:
    load = rising(12)
    leaking = soak(load, 0) + 3 * BUDGET * load.delivered / load.per_hour
    assert judged(load, leaking).decision.leak


def test_one_of_two_that_leaks_is_some() -> None:
    load = rising(24)
    beside = judged(load, soak(load, 0, 2) + np.array([[10 * BUDGET], [0]]) * load.t_h)
    assert outcome(beside) == "SOME"
    assert beside.decision.leaking.tolist() == [True, False]


def test_what_cannot_be_parted_says_so_with_hours_that_mostly_part_it() -> None:
    # A load that only rose, without jitter, is the hardest: where a run may begin at any hour nine of ten are decided.
    parted = []
    for draw in range(6):
        load = rising(4, jitter=0.0)
        beside = judged(load, soak(load, 0, draw=draw))
        assert outcome(beside) == "INCONCLUSIVE"
        found = explained(beside)
        assert found.reason == TOGETHER
        assert found.hours_needed is not None
        assert 4 < found.hours_needed <= 40
        longer = rising(found.hours_needed, jitter=0.0)
        parted.append(outcome(judged(longer, soak(longer, 0, draw=draw))) == "OK")
    assert sum(parted) >= 4


def test_a_flat_load_is_not_asked() -> None:
    t_h = np.arange(0, 5 + 1e-9, 1 / 720)
    load = LoadCourse(t_h, 60 * t_h)
    assert judge_beside_load([floors_of(load, soak(load, 0)[0])], [load], BUDGET) is None


def test_with_seven_floors_under_a_season_nothing_is_decided() -> None:
    load = rising(5)
    edges = np.linspace(1, 5, 8) * 3600
    runs = [between_cleanups(load.t_h * 3600, run, edges) for run in soak(load, 10 * BUDGET)]
    beside = judge_beside_load(runs, [load] * 3, BUDGET)
    assert beside is not None
    assert beside.explained is None
    assert outcome(beside) == "INCONCLUSIVE"


def test_floors_between_cleanups_are_judged() -> None:
    load = rising(8)
    teeth = 2 * (load.t_h * 3600 % 500) / 500
    edges = np.arange(1000.0, 28001.0, 500.0)
    for size in (0, 10):
        runs = [between_cleanups(load.t_h * 3600, run + teeth, edges) for run in soak(load, size * BUDGET)]
        beside = judge_beside_load(runs, [load] * 3, BUDGET)
        assert beside is not None
        assert bool(beside.decision.leak) == (size == 10)


def test_seeds_with_other_floors_are_judged_at_those_of_the_scarcest() -> None:
    load = rising(8)
    runs = [
        between_cleanups(load.t_h * 3600, run, np.arange(1000.0, 28001.0, every))
        for run, every in zip(soak(load, 10 * BUDGET, 2), (500.0, 700.0), strict=True)
    ]
    beside = judge_beside_load(runs, [load] * 2, BUDGET)
    assert beside is not None
    assert beside.found.hours.size == runs[1].hours.size
    assert beside.decision.leak


def test_a_large_start_that_settles_is_no_store_that_follows_its_load() -> None:
    load = rising(8)
    settling = 2 * (1 - np.exp(-load.t_h)) + soak(load, 0)
    assert not judged(load, settling).decision.leak


def test_one_run_and_many_are_decided_alike() -> None:
    load = rising(8)
    curves = np.stack([soak(load, size * BUDGET).mean(axis=0) for size in (0, 3, 10)])
    floors = floors_of(load, curves)
    candidates = Candidates.of(load, looked_at(floors))
    together = decide_with_load(fit_load(floors.hours, floors.values, candidates), BUDGET)
    for place, values in enumerate(floors.values):
        alone = decide_with_load(fit_load(floors.hours, values, candidates), BUDGET)
        assert [bool(part) for part in alone] == [bool(part[place]) for part in together]


def test_both_rules_must_agree() -> None:
    yes, no = np.array(True), np.array(False)
    left = Decision(yes, no, no, yes, no, no, np.array([True, True]), np.array([False, False]))
    runs = LoadDecision(np.array([True, True]), np.array([False, False]), np.array([False, False]))
    assert both_decide(left, LoadDecision(yes, no, no), runs).leak
    assert not both_decide(left, LoadDecision(no, no, yes), runs).leak
    one = LoadDecision(np.array([True, False]), np.array([False, True]), np.array([False, False]))
    called = both_decide(left._replace(some=yes, leak=no, fine=np.array([False, True])), LoadDecision(no, no, no), one)
    assert called.some
    assert called.leaking.tolist() == [True, False]


def test_the_mean_load_ends_where_the_shortest_does() -> None:
    long, short = rising(8), rising(5)
    assert mean_load([long, short]).t_h[-1] == short.t_h[-1]
