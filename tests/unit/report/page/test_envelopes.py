"""Courses in fewer points: no peak and no trough is lost, and nothing changes where there are few."""

from __future__ import annotations

import numpy as np
import pytest

from harness.report.page.envelopes import envelope, on_one_axis


def test_the_peak_and_the_trough_of_a_long_course_stay() -> None:
    values = np.random.default_rng(1).normal(size=100_003)
    values[54_321], values[77_777] = 9.0, -9.0
    hours, (drawn,) = envelope(np.arange(values.size, dtype=float), [values], 1000)
    assert hours.size == drawn.size == 1000
    assert (drawn.max(), drawn.min()) == (9.0, -9.0)
    assert (np.diff(hours) >= 0).all()


def test_extremes_stand_in_the_order_in_which_they_came() -> None:
    _, (drawn,) = envelope(np.arange(8.0), [np.array([0, 5, 1, 2, 7, 3, -1, 4.0])], 4)
    assert drawn.tolist() == [0, 5, 7, -1]


def test_few_points_are_left_alone_and_what_has_no_value_has_none() -> None:
    row = np.array([1.0, np.nan, 3.0])
    hours, (same,) = envelope(np.arange(3.0), [row], 3)
    assert same is row
    assert hours.size == 3
    _, (empty,) = envelope(np.arange(100.0), [np.full(100, np.nan)], 10)
    assert np.isnan(empty).all()
    with pytest.raises(ValueError, match="at least 2 points"):
        envelope(np.arange(3.0), [row], 1)


def test_courses_of_other_instants_share_an_axis() -> None:
    hours, (first, second) = on_one_axis(
        [(np.array([0.0, 1]), np.array([5.0, 6])), (np.array([1.0, 2]), np.array([7.0, 8]))]
    )
    assert hours.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(first, [5, 6, np.nan])
    np.testing.assert_array_equal(second, [np.nan, 7, 8])
    assert on_one_axis([])[1] == []
