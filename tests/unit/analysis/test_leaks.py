"""Slopes of floors: a leak under a sawtooth, a leak without one, and runs too short to tell."""

from __future__ import annotations

import numpy as np
import pytest

from harness.analysis import leaks


def sawtooth(leak_gb_per_hour: float, teeth: int, *, height: float = 3.0) -> list[float]:
    """Teeth of 30 minutes sampled every 10: 5 GB plus the leak, a third of the height up at each sample."""
    return [5 + leak_gb_per_hour * k / 6 + height * (k % 3) / 3 for k in range(3 * teeth + 1)]


def cleanups(teeth: int) -> list[dict]:
    return [{"t_s": 1800.0 * k, "kind": "cleanup"} for k in range(1, teeth + 1)]


@pytest.mark.parametrize("leak", [0.0, 1.3, -0.5])
def test_the_leak_under_a_sawtooth_is_found(make_run, make_scenario, leak: float) -> None:
    run = make_run(sawtooth(leak, 8), live_gb=sawtooth(leak / 2, 8), events=cleanups(8))
    scenario = make_scenario(hours=4)
    assert leaks.floor_slope(run, scenario).value == pytest.approx(leak, abs=1e-9)
    assert leaks.live_slope(run, scenario).value == pytest.approx(leak / 2, abs=1e-9)


def test_one_odd_floor_does_not_make_a_leak(make_run, make_scenario) -> None:
    gb = sawtooth(0, 10)
    gb[-4] += 2  # the floor of the last tooth
    assert leaks.floor_slope(make_run(gb, events=cleanups(10)), make_scenario(hours=5)).value == pytest.approx(0)


def test_without_cleanups_blocks_have_floors(make_run, make_scenario) -> None:
    gb = [
        5 + 0.5 * k / 60 + (k % 5) for k in range(301)
    ]  # every minute for five hours, 0.5 GB/h under five-minute waves
    run = make_run(gb, every_s=60, warmup_s=600)
    assert leaks.floor_slope(run, make_scenario(hours=5)).value == pytest.approx(0.5, abs=0.02)


def test_too_few_floors_say_which_hours_would_do(make_run, make_scenario) -> None:
    reading = leaks.floor_slope(make_run(sawtooth(1, 6), events=cleanups(6)), make_scenario(hours=3))
    assert reading.lack == "undecided"
    assert "old has 5 floors of RSS; 6 need 3.5 hours" in reading.reason
    enough = leaks.floor_slope(make_run(sawtooth(1, 7), events=cleanups(7)), make_scenario(hours=3.5))
    assert enough.value == pytest.approx(1)


def test_the_warmup_is_discarded(make_run, make_scenario) -> None:
    gb = [level - (3 if k < 6 else 0) for k, level in enumerate(sawtooth(0, 12))]  # caches fill in the first hour
    scenario = make_scenario(hours=6)
    scenario.time.warmup_minutes = 60
    run = make_run(gb, warmup_s=3600, events=cleanups(12))
    assert leaks.floor_slope(run, scenario).value == pytest.approx(0)


def test_what_was_not_read_or_reached_is_not_judged(make_run, make_scenario) -> None:
    run = make_run(sawtooth(1, 8), events=cleanups(8))
    assert leaks.live_slope(run, make_scenario(hours=4)).lack == "not applicable"
    ended = make_run(sawtooth(1, 8), events=cleanups(8), status="limit")
    assert leaks.floor_slope(ended, make_scenario(hours=5)).lack == "not reached"


def test_a_sample_at_the_instant_of_a_cleanup_belongs_to_the_tooth_that_begins() -> None:
    times, cuts = np.array([0.0, 1, 2, 3, 4]), np.array([0.0, 2, 4])
    for at_the_cut in (9.0, 1.0):  # read before, read after the cleanup at 2
        moments, floors = leaks.between_cleanups(times, np.array([2.0, 5, at_the_cut, 3, 1]), cuts)
        assert floors.tolist() == [2, min(at_the_cut, 3)]
        assert moments.tolist() == [0, 2 if at_the_cut == 1 else 3]


def test_theil_sen_is_the_median_of_pairwise_slopes() -> None:
    # slopes of (0,0) (1,1) (2,5): 1, 4, 2.5
    assert leaks.theil_sen(np.array([0.0, 1, 2]), np.array([0.0, 1, 5])) == 2.5
