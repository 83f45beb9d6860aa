"""Errors of slopes: against what is known of a random walk, a line with independent errors and one with a step."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal, stats

from harness.analysis.leaks.slope_errors import autoregressive, beside_a_step, by_increments, increments, least_squares

HOURS = (np.arange(24) + 0.5) / 5


def above(low: np.ndarray, truth: float = 0.0) -> float:
    return float((low > truth).mean())


def test_increments_are_slopes_between_means_of_batches() -> None:
    values = np.array([0.0, 2.0, 1.0, 3.0, 5.0, 7.0])
    assert increments(np.arange(6.0), values, 2) == pytest.approx([0.5, 2.0])


def test_more_steps_than_floors_are_an_error() -> None:
    with pytest.raises(ValueError, match="3 floors have no 4 increments"):
        increments(np.arange(3.0), np.zeros(3), 4)


def test_increments_of_a_random_walk_err_nearly_as_often_as_they_say_and_of_noise_less() -> None:
    rng = np.random.default_rng(1)
    shocks = rng.standard_normal((4000, 24))
    assert above(by_increments(HOURS, np.cumsum(shocks, axis=-1), 6).low(0.95)) == pytest.approx(0.08, abs=0.02)
    assert above(by_increments(HOURS, shocks, 6).low(0.95)) < 0.01


def test_one_step_is_no_slope_by_increments_and_is_one_by_least_squares() -> None:
    step = 0.3 * (np.arange(24) >= 11.0)
    assert by_increments(HOURS, step, 6).low(0.95) < 0 < least_squares(HOURS, step).low(0.95)


@pytest.mark.parametrize("floors", [2, 3, 5])
def test_too_few_floors_have_no_bounds_by_increments(floors: int) -> None:
    slope = by_increments(HOURS[:floors], HOURS[:floors], 6)
    assert not slope.low(0.95) > -np.inf
    assert not slope.high(0.95) < np.inf


def test_a_straight_line_is_known_exactly_by_all() -> None:
    for slope in (
        by_increments(HOURS, 0.3 * HOURS, 6),
        autoregressive(HOURS, 0.3 * HOURS),
        least_squares(HOURS, 0.3 * HOURS),
    ):
        assert (slope.value, slope.low(0.99), slope.high(0.99)) == pytest.approx((0.3, 0.3, 0.3))


def test_the_autoregressive_line_allows_for_correlation_and_least_squares_do_not() -> None:
    rng = np.random.default_rng(2)
    noise = signal.lfilter([1.0], [1.0, -0.7], rng.standard_normal((3000, 124)), axis=-1)[:, 100:]
    assert above(autoregressive(HOURS, noise).low(0.975)) < 0.06
    assert above(least_squares(HOURS, noise).low(0.975)) > 0.15


def test_least_squares_are_those_of_the_textbook() -> None:
    values = np.random.default_rng(3).standard_normal(24)
    fitted = stats.linregress(HOURS, values)
    slope = least_squares(HOURS, values)
    assert (slope.value, slope.error, slope.freedom) == pytest.approx((fitted.slope, fitted.stderr, 22))


def test_a_slope_beside_a_step_is_that_of_the_rest() -> None:
    values = 0.1 * HOURS + 2.0 * (np.arange(24) >= 9)
    assert beside_a_step(HOURS, values) == pytest.approx(0.1)
    assert np.isnan(beside_a_step(HOURS[:3], values[:3]))


def test_many_curves_are_estimated_as_each_alone() -> None:
    curves = np.random.default_rng(4).standard_normal((7, 2, 24))
    for estimate in (lambda y: by_increments(HOURS, y, 5), lambda y: autoregressive(HOURS, y)):
        together, alone = estimate(curves), estimate(curves[3, 1])
        assert [part[3, 1] for part in together] == pytest.approx([float(part) for part in alone])
