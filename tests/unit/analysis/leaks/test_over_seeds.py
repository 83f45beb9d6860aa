"""The slopes of several seeds together: at which instants they are compared, and the line through their mean."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from harness.analysis.leaks.floors import Floors
from harness.analysis.leaks.over_seeds import decide_over_seeds, line, rise

NONE = np.empty(0)
PARTS_OF_12 = {"whole": slice(0, 12), "last_three_quarters": slice(3, 12), "last_half": slice(6, 12)}


@pytest.mark.parametrize("part", PARTS_OF_12)
def test_the_error_of_the_line_through_the_mean_is_that_of_least_squares(part: str) -> None:
    rng = np.random.default_rng(4)
    hours = np.cumsum(rng.uniform(0.1, 0.5, 12))
    found = rise([Floors(hours, rng.normal(7, 0.1, 12), "cleanups", hours) for _ in range(3)])
    cut = PARTS_OF_12[part]
    fitted = stats.linregress(hours[cut], found.values.mean(axis=0)[cut])
    error = line(found, part)
    assert error.error == pytest.approx(fitted.stderr)
    assert error.freedom == hours[cut].size - 2


def test_seeds_are_compared_at_the_instants_of_the_one_with_the_fewest_floors() -> None:
    few, many = np.linspace(1, 4, 7), np.linspace(0.5, 4.5, 30)
    found = rise([Floors(many, 7 + 0.3 * many, "falls", NONE), Floors(few, 7 + 0.1 * few, "falls", NONE)])
    assert found.slopes.whole == pytest.approx([0.3, 0.1])
    assert found.hours == pytest.approx(few)
    assert found.values == pytest.approx(np.array([7 + 0.3 * few, 7 + 0.1 * few]))
    assert line(found, "whole").error == pytest.approx(0.0, abs=1e-9)


def test_a_part_of_two_floors_has_no_error() -> None:
    hours = np.arange(1.0, 9.0)
    found = rise([Floors(hours, hours, "cleanups", NONE)] * 2)
    assert np.isnan(line(found, "last_quarter").error)


def test_without_their_mean_curve_seeds_take_a_step_that_they_share_for_growth() -> None:
    rng = np.random.default_rng(6)
    hours = (np.arange(24) + 0.5) / 5
    called = 0
    for at in range(4, 20):
        curves = 0.3 * (np.arange(24) >= at) + 0.003 * rng.standard_normal((3, 24))
        called += bool(
            decide_over_seeds(rise([Floors(hours, one, "blocks", NONE) for one in curves]), 0.004, 0.95).leak
        )
    assert called > 0
