"""Readings over seeds: intervals by hand, bounds that stay bounds, and nothing averaged over the survivors."""

from __future__ import annotations

import math

import numpy as np
import pytest

from harness.analysis.estimates import (
    ARITHMETIC,
    GEOMETRIC,
    REDUCTION,
    Average,
    Estimate,
    Reading,
    absent,
    over_seeds,
    t_interval,
    welch_interval,
)


def of(*values: float, average: Average = ARITHMETIC) -> Estimate:
    return over_seeds({seed: Reading(value) for seed, value in enumerate(values)}, average)


def test_the_interval_is_students() -> None:
    # mean 2, s = 1, n = 3, t(0.975, 2) = 4.302653: half width 4.302653 / sqrt(3) = 2.484138
    assert t_interval([1.0, 2.0, 3.0]) == pytest.approx((2 - 2.484138, 2 + 2.484138), abs=1e-6)


def test_one_seed_gives_an_estimate_and_no_interval() -> None:
    estimate = of(7.0)
    assert (estimate.estimate, estimate.low, estimate.high) == (7.0, None, None)
    assert t_interval([7.0]) is None


@pytest.mark.parametrize("average", [ARITHMETIC, GEOMETRIC, REDUCTION])
def test_seeds_that_agree_exactly_give_a_width_of_zero(average: Average) -> None:
    estimate = of(0.1, 0.1, 0.1, average=average)
    assert (estimate.estimate, estimate.low, estimate.high) == (0.1, 0.1, 0.1)


def test_reductions_are_averaged_as_ratios() -> None:
    # ratios 0.5 and 0.125: the geometric mean is 0.25; of ln they are -1.3863 -+ 12.7062 x 0.98026 / sqrt(2) = 8.80727
    estimate = of(0.5, 0.875, average=REDUCTION)
    assert estimate.estimate == pytest.approx(0.75)
    assert estimate.high == pytest.approx(1 - 0.25 * math.exp(-8.80727), abs=1e-6)
    assert estimate.low == pytest.approx(1 - 0.25 * math.exp(8.80727), rel=1e-5)


def test_a_seed_without_a_value_leaves_no_estimate() -> None:
    estimate = over_seeds(
        {1: Reading(5.0), 2: absent("not applicable", "too small"), 3: absent("not reached", "ended")}
    )
    assert (estimate.estimate, estimate.low, estimate.high) == (None, None, None)
    assert (estimate.lack, estimate.reason) == ("not reached", "seed 3: ended")
    assert estimate.values == {1: 5.0, 2: None, 3: None}


def test_no_run_is_not_reached() -> None:
    assert over_seeds({}).lack == "not reached"


def test_a_lower_bound_in_one_seed_opens_the_interval_above() -> None:
    estimate = over_seeds({1: Reading(31.0), 2: Reading(32.0, "lower"), 3: Reading(33.0)})
    assert (estimate.estimate, estimate.bound, estimate.high) == (32.0, "lower", None)
    assert estimate.low == pytest.approx(32 - 2.484138)


def test_an_upper_bound_of_one_seed_is_its_own_end() -> None:
    estimate = over_seeds({1: Reading(0.4, "upper")}, REDUCTION)
    assert (estimate.low, estimate.high, estimate.bound) == (None, pytest.approx(0.4), "upper")


def test_bounds_from_both_sides_say_nothing() -> None:
    estimate = over_seeds({1: Reading(1.0, "upper"), 2: Reading(2.0, "lower")})
    assert (estimate.estimate, estimate.lack) == (None, "undecided")


@pytest.mark.parametrize(
    "arguments", [{"value": None}, {"value": math.nan}, {"value": math.inf}, {"value": 1.0, "lack": "undecided"}]
)
def test_an_impossible_reading_cannot_be_made(arguments: dict) -> None:
    with pytest.raises(ValueError, match="reading"):
        Reading(**arguments)


def test_welch_by_hand() -> None:
    # groups 0, 2 and 10, 10, 13: means 1 and 11; s^2/n = 1 and 1; freedom 4 / (1/1 + 1/2) = 8/3; t(0.975, 8/3) = 3.4176
    low, high = welch_interval([0.0, 2.0], [10.0, 10.0, 13.0]) or (math.nan, math.nan)
    assert (low + high) / 2 == pytest.approx(10.0)
    assert (high - low) / 2 == pytest.approx(3.4176 * math.sqrt(2), rel=2e-3)
    assert welch_interval([1.0], [2.0, 3.0]) is None
    assert welch_interval([1.0, 1.0], [3.0, 3.0]) == (2.0, 2.0)


@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_the_interval_covers_a_reduction_as_often_as_it_says(seeds: int) -> None:
    """2000 soaks with a true reduction of 65 % under log-normal noise; 2 % are four standard errors of the share."""
    random = np.random.default_rng(20260101)
    ratios = 0.35 * np.exp(random.normal(0, 0.1, size=(2000, seeds)))
    covered = 0
    for soak in ratios:
        estimate = of(*(1 - soak), average=REDUCTION)
        assert estimate.low is not None
        assert estimate.high is not None
        covered += estimate.low <= 0.65 <= estimate.high
    assert covered / 2000 == pytest.approx(0.95, abs=0.02)


def test_what_is_counted_has_the_range_of_its_runs_in_place_of_an_interval() -> None:
    def counted(*readings: Reading) -> Estimate:
        return over_seeds(dict(enumerate(readings)), counted=True)

    three = counted(Reading(0.0), Reading(48.0), Reading(0.0))
    assert (three.estimate, three.low, three.high, three.bound) == (16, 0, 48, "exact")
    alone = counted(Reading(48.0))
    assert (alone.estimate, alone.low, alone.high, alone.counted) == (48, 48, 48, True)
    cut = counted(Reading(3.0), Reading(5.0, "lower", reason="old died"))
    assert (cut.estimate, cut.low, cut.high, cut.bound) == (4, 3, None, "lower")
    assert counted(absent("not applicable", "not counted")).counted
