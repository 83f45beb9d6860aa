"""The long-run rate under a sawtooth that the readings alias with."""

from __future__ import annotations

import numpy as np
import pytest

from harness.analysis.leaks.floors import theil_sen
from harness.analysis.owners.rates import median_regression, rate

HOURS = np.arange(1, 11) / 2
AGES_H = (HOURS * 3600 % 500) / 3600


def test_without_cleanups_it_is_the_theil_sen_slope() -> None:
    found = rate(HOURS, None, 3 + 1.3 * HOURS)
    assert found is not None
    assert found.per_hour == pytest.approx(1.3)
    assert found.cleared_per_hour is None


def test_what_lasts_and_what_cleanups_give_back_are_told_apart() -> None:
    values = 0.4 + 1.3 * HOURS + 14.4 * AGES_H
    found = rate(HOURS, AGES_H, values)
    assert found is not None
    assert (found.per_hour, found.cleared_per_hour) == (pytest.approx(1.3), pytest.approx(14.4))
    assert abs(theil_sen(HOURS, values) - 1.3) > 0.05  # the slope through the readings is off


def test_teeth_of_uneven_height_hardly_move_the_long_run_rate() -> None:
    teeth = np.random.default_rng(1).uniform(0.9, 1.1, HOURS.size)
    found = rate(HOURS, AGES_H, 1.3 * HOURS + 14.4 * AGES_H * teeth)
    assert found is not None
    assert found.per_hour == pytest.approx(1.3, rel=0.05)


def test_one_wild_reading_changes_nothing() -> None:
    values = 1.3 * HOURS + 14.4 * AGES_H
    values[4] += 50
    found = rate(HOURS, AGES_H, values)
    assert found is not None
    assert found.per_hour == pytest.approx(1.3)


def test_a_cleanup_before_all_readings_tells_nothing_apart() -> None:
    found = rate(HOURS, HOURS - 0.25, 1.3 * HOURS)
    assert found is not None
    assert (found.per_hour, found.cleared_per_hour) == (pytest.approx(1.3), None)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_readings_have_no_rate(count: int) -> None:
    assert rate(HOURS[:count], None, HOURS[:count]) is None


def test_median_regression_is_exact_at_any_size() -> None:
    design = np.column_stack([np.ones(5), np.arange(5.0)])
    for size in (1e-9, 1.0, 1e9):
        values = size * np.array([0.0, 1, 2, 3, 40])
        assert median_regression(design, values, np.ones(5)) == pytest.approx((0, size), abs=1e-6 * size)
