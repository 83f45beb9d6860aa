"""Floors between cleanups, between falls and of blocks, and their slopes."""

from __future__ import annotations

import numpy as np
import pytest

from harness.analysis.leaks.floors import (
    BLOCKS,
    Floors,
    between_cleanups,
    find_floors,
    of_blocks,
    slopes,
    theil_sen,
)

T_S = np.arange(600.0, 18001.0, 5.0)
HOURS = T_S / 3600
NONE = np.empty(0)


def sawtooth(period_s: float, leak: float, height: float = 2.0) -> np.ndarray:
    return 7 + leak * HOURS + height * (T_S % period_s) / period_s


def test_floors_lie_between_told_cleanups() -> None:
    cleanups = np.arange(1000.0, 18001.0, 500.0)
    floors = find_floors(T_S, sawtooth(500, 0.0), cleanups)
    assert floors.between == "cleanups"
    assert floors.values == pytest.approx(np.full(34, 7.0))
    assert floors.hours[0] == pytest.approx((1000 + 1495) / 7200)


@pytest.mark.parametrize("period_s", [300.0, 700.0, 1900.0])
def test_a_sawtooth_that_tells_of_no_cleanup_is_cut_at_its_falls(period_s: float) -> None:
    floors = find_floors(T_S, sawtooth(period_s, 0.3), NONE)
    assert floors.between == "falls"
    assert slopes(floors).whole == pytest.approx(0.3, abs=1e-3)


@pytest.mark.parametrize(("least_fall", "between"), [(1.9, "falls"), (2.1, "blocks")])
def test_falls_that_are_too_small_part_nothing(least_fall: float, between: str) -> None:
    floors = find_floors(T_S, sawtooth(700, 0.3), NONE, least_fall=least_fall)
    assert floors.between == between


def test_a_curve_without_teeth_has_blocks_with_their_tenth_percentile() -> None:
    waves = 7 + 0.1 * np.sin(T_S / 40)
    floors = find_floors(T_S, waves, NONE)
    assert (floors.between, floors.hours.size) == ("blocks", BLOCKS)
    assert floors.values == pytest.approx(np.full(BLOCKS, np.percentile(waves, 10)), abs=0.01)


def test_a_coarse_recording_has_fewer_blocks() -> None:
    assert of_blocks(T_S[:40], np.zeros(40)).hours.size == 8


def test_cleanups_without_a_whole_tooth_leave_no_floor() -> None:
    assert find_floors(T_S, sawtooth(500, 0.0), np.array([9000.0])).hours.size == 0


def test_many_curves_at_once_have_the_floors_that_each_has_alone() -> None:
    cleanups = np.arange(1000.0, 18001.0, 500.0)
    both = np.stack([sawtooth(500, 0.1), sawtooth(500, 0.5)])
    together = slopes(between_cleanups(T_S, both, cleanups))
    alone = [slopes(find_floors(T_S, one, cleanups)) for one in both]
    for part, of_each in zip(together, zip(*alone, strict=True), strict=True):
        assert part.tolist() == list(of_each)


def test_the_slope_of_theil_and_sen_ignores_odd_floors() -> None:
    hours = np.arange(10.0)
    values = 2 * hours
    values[[0, 9]] = 100, -50
    assert theil_sen(hours, values) == pytest.approx(2.0)


def test_parts_of_a_run_have_their_own_slopes() -> None:
    hours = np.arange(16.0)
    found = slopes(Floors(hours, np.maximum(hours - 8, 0), "blocks", NONE))
    assert (found.first_half, found.last_half, found.last_quarter) == (0.0, 1.0, 1.0)
    assert 0 < found.whole < found.last_three_quarters < 1


def test_a_part_with_two_floors_has_no_slope() -> None:
    found = slopes(Floors(np.arange(8.0), np.arange(8.0), "blocks", NONE))
    assert np.isnan(found.last_quarter)
    assert found.last_half == 1.0


def test_a_sample_at_the_instant_of_a_cleanup_belongs_to_the_tooth_that_begins() -> None:
    times, cuts = np.array([0.0, 1, 2, 3, 4]), np.array([0.0, 2, 4])
    for at_the_cut in (9.0, 1.0):  # read before, read after the cleanup at 2
        found = find_floors(times, np.array([2.0, 5, at_the_cut, 3, 1]), cuts)
        assert found.values.tolist() == [2, min(at_the_cut, 3)]
