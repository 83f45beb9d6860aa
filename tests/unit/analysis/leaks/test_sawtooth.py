"""Sudden falls of a curve, and what only looks like them."""

from __future__ import annotations

import numpy as np
import pytest

from harness.analysis.leaks.sawtooth import find_teeth

SAMPLES = 3000


def teeth(period: int, height: float, trend: float = 0.0) -> np.ndarray:
    at = np.arange(SAMPLES)
    return 7 + height * (at % period) / period + trend * at


@pytest.mark.parametrize("period", [8, 40, 333])
@pytest.mark.parametrize("trend", [0.0, 0.002, -0.0005])
def test_teeth_are_found_with_their_crests_and_troughs(period: int, trend: float) -> None:
    found = find_teeth(teeth(period, 2.0, trend))
    assert found is not None
    assert found.falls.tolist() == list(range(period, SAMPLES, period))
    assert found.crests - found.troughs == pytest.approx(np.full(found.falls.size, 2 * (1 - 1 / period)), abs=0.02)


def test_a_sample_in_the_middle_of_a_fall_does_not_make_two_teeth() -> None:
    values = teeth(100, 2.0)
    values[100::100] = 8.2
    found = find_teeth(values)
    assert found is not None
    assert found.falls.size == 29
    assert found.troughs == pytest.approx(np.full(29, 7.02))


def test_noise_on_teeth_is_no_tooth() -> None:
    values = teeth(100, 2.0) + 0.05 * np.random.default_rng(1).standard_normal(SAMPLES)
    found = find_teeth(values)
    assert found is not None
    assert found.falls.tolist() == list(range(100, SAMPLES, 100))


@pytest.mark.parametrize(
    "values",
    [
        np.full(SAMPLES, 7.0),
        np.linspace(7, 9, SAMPLES),
        np.random.default_rng(2).standard_normal(SAMPLES),
        np.repeat([7.0, 8.0, 7.1, 8.2, 7.0, 7.9], 500),
        np.repeat([9.0, 8.0, 7.0, 6.0, 5.0, 4.0], 500),
        teeth(1400, 2.0),
        np.array([1.0, 0.0, 1.0]),
    ],
    ids=["flat", "line", "noise", "steps up and down", "staircase", "two falls", "three samples"],
)
def test_other_curves_have_no_teeth(values: np.ndarray) -> None:
    assert find_teeth(values) is None
