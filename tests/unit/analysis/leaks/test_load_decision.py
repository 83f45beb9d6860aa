from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.analysis.leaks.floors import Floors, between_cleanups, of_blocks
from harness.analysis.leaks.load import LoadCourse, looked_at
from harness.analysis.leaks.load_decision import TOGETHER, decide_with_load, judge_with_load, to_come
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


def soak(load: LoadCourse, gb_per_hour: float, seeds: int = 3, window_h: float = 1 / 6) -> NDArray[np.float64]:
    """A gigabyte kept of the last ten minutes, on noise of 0.05 GB, and a leak: (seeds, samples)."""
    noise = autoregressive(np.random.default_rng(8), (seeds, load.t_h.size), 0.98, 0.05)
    return load.recent(load.t_h, window_h, "window") / load.per_hour + noise + gb_per_hour * load.t_h


def floors_of(load: LoadCourse, values: NDArray[np.float64]) -> Floors:
    judged = load.t_h >= 1 / 6
    return of_blocks(load.t_h[judged] * 3600, values[..., judged])


def test_a_window_under_a_rising_load_is_no_leak() -> None:
    load = rising(12)
    verdict = judge_with_load(floors_of(load, soak(load, 0)), load, BUDGET)
    assert verdict is not None
    assert verdict.outcome == "OK"
    assert verdict.windows_h is not None
    assert verdict.windows_h[0] < 1 / 6 < verdict.windows_h[1]
    assert verdict.hours_needed is None


@pytest.mark.parametrize("seeds", [1, 3])
def test_a_leak_beside_it_is_one(seeds: int) -> None:
    load = rising(8)
    verdict = judge_with_load(floors_of(load, soak(load, 10 * BUDGET, seeds)), load, BUDGET)
    assert verdict is not None
    assert verdict.outcome == "LEAK"
    assert verdict.low < 10 * BUDGET < verdict.high
    assert verdict.share is not None
    assert 0 <= verdict.share < 0.5


def test_a_leak_per_event_is_never_ok() -> None:
    load = rising(12)
    leaking = soak(load, 0) + 3 * BUDGET * load.delivered / load.per_hour
    verdict = judge_with_load(floors_of(load, leaking), load, BUDGET)
    assert verdict is not None
    assert verdict.outcome == "LEAK"


def test_what_cannot_be_parted_says_so_with_hours_that_part_it() -> None:
    load = rising(4, jitter=0.0)
    verdict = judge_with_load(floors_of(load, soak(load, 0)), load, BUDGET)
    assert verdict is not None
    assert (verdict.outcome, verdict.reason) == ("INCONCLUSIVE", TOGETHER)
    assert verdict.hours_needed is not None
    assert 4 < verdict.hours_needed <= 24
    longer = rising(verdict.hours_needed, jitter=0.0)
    later = judge_with_load(floors_of(longer, soak(longer, 0)), longer, BUDGET)
    assert later is not None
    assert later.outcome == "OK"


def test_a_flat_load_is_not_asked() -> None:
    t_h = np.arange(0, 5 + 1e-9, 1 / 720)
    load = LoadCourse(t_h, 60 * t_h)
    assert judge_with_load(floors_of(load, soak(load, 10 * BUDGET)), load, BUDGET) is None


def test_too_few_floors_are_not_asked() -> None:
    load = rising(5)
    floors = between_cleanups(load.t_h * 3600, soak(load, 0), np.linspace(1, 5, 8) * 3600)
    assert judge_with_load(floors, load, BUDGET) is None


def test_floors_between_cleanups_are_judged_and_their_hours_told() -> None:
    load = rising(5)
    teeth = (load.t_h * 3600 % 500) / 500
    floors = between_cleanups(load.t_h * 3600, soak(load, 0) + 2 * teeth, np.arange(1000.0, 17501.0, 500.0))
    verdict = judge_with_load(floors, load, BUDGET)
    assert verdict is not None
    assert verdict.outcome in ("OK", "INCONCLUSIVE")
    leaking = between_cleanups(load.t_h * 3600, soak(load, 10 * BUDGET) + 2 * teeth, np.arange(1000.0, 17501.0, 500.0))
    found = judge_with_load(leaking, load, BUDGET)
    assert found is not None
    assert found.outcome == "LEAK"


def test_one_run_and_many_are_decided_alike() -> None:
    load = rising(8)
    curves = np.stack([soak(load, size * BUDGET).mean(axis=0) for size in (0, 3, 10)])
    floors = floors_of(load, curves)
    together = decide_with_load(fit_load(floors.hours, floors.values, Candidates.of(load, looked_at(floors))), BUDGET)
    for place, curve in enumerate(curves):
        verdict = judge_with_load(floors_of(load, curve), load, BUDGET)
        assert verdict is not None
        assert (verdict.outcome == "LEAK", verdict.outcome == "OK") == (together.leak[place], together.ok[place])


def test_the_load_to_come_goes_on_as_a_day_does() -> None:
    load = rising(8, jitter=0.0)
    ahead = to_come(load)
    day = rising(30, jitter=0.0)
    hours = np.arange(0.0, 30.0)
    np.testing.assert_allclose(ahead.at(hours + 1) - ahead.at(hours), day.at(hours + 1) - day.at(hours), rtol=0.15)
    assert math.isclose(float(ahead.at(np.array(8.0))), float(load.at(np.array(8.0))), rel_tol=0.01)
