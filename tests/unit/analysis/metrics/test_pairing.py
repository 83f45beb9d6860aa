"""Pairs of runs of one seed: what a bound on either side says of the pair."""

from __future__ import annotations

import pytest

from harness.analysis.estimates import Bound, Reading, absent
from harness.analysis.metrics.pairing import difference, paired, ratio, reduction, relative_difference


def test_a_pair_by_hand() -> None:
    a, b = Reading(25.0), Reading(10.0)
    assert reduction(a, b).value == 0.6
    assert relative_difference(a, b).value == -0.6
    assert ratio(a, b).value == 2.5
    assert difference(a, b).value == -15


@pytest.mark.parametrize(
    ("bound_a", "bound_b", "saved", "apart"),
    [
        ("exact", "exact", "exact", "exact"),
        ("lower", "exact", "lower", "upper"),  # old holds at least this: at least this is saved
        ("exact", "lower", "upper", "lower"),
        ("upper", "exact", "upper", "lower"),
        ("lower", "upper", "lower", "upper"),
        ("lower", "lower", None, None),
        ("upper", "upper", None, None),
    ],
)
def test_bounds_follow_the_sign(bound_a: Bound, bound_b: Bound, saved: Bound | None, apart: Bound | None) -> None:
    a, b = Reading(32.0, bound_a, reason="old ended"), Reading(8.0, bound_b, reason="fixed ended")
    for pair, expected in ((reduction, saved), (ratio, saved), (relative_difference, apart), (difference, apart)):
        reading = pair(a, b)
        assert (reading.bound if reading.value is not None else None) == expected
        assert bool(reading.reason) == (expected != "exact")


def test_what_a_side_lacks_the_pair_lacks() -> None:
    lacking = absent("not reached", "old ended")
    for pair in (reduction, ratio, relative_difference, difference):
        assert pair(lacking, Reading(1.0)) is lacking
        assert pair(Reading(1.0), lacking) is lacking


@pytest.mark.parametrize(("a", "b"), [(0.0, 1.0), (1.0, 0.0), (-1.0, 2.0)])
def test_there_is_no_ratio_without_two_positive_sides(a: float, b: float) -> None:
    assert reduction(Reading(a), Reading(b)).lack == "not applicable"
    assert difference(Reading(a), Reading(b)).value == b - a


def test_only_seeds_that_both_ran_are_paired() -> None:
    pairs = paired({1: Reading(4.0), 2: Reading(4.0)}, {2: Reading(1.0), 3: Reading(1.0)}, reduction)
    assert pairs == {2: Reading(0.75)}
