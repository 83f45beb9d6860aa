"""The level of each look: against the t statistics themselves, and against what one look would be."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from harness.analysis.leaks.sequential import CONFIDENCE, confidence_of, look_confidence, looks


def test_a_verdict_is_taken_after_the_first_seeds_and_after_every_added_one() -> None:
    assert looks(3, 6) == (3, 4, 5, 6)


@pytest.mark.parametrize(("seeds", "most"), [(1, 3), (4, 3)])
def test_looks_need_two_seeds_and_no_fewer_at_most(seeds: int, most: int) -> None:
    with pytest.raises(ValueError, match="2 <= seeds <= max_seeds"):
        looks(seeds, most)


def test_one_look_is_an_ordinary_interval() -> None:
    assert look_confidence(5, 5) == 0.95


def test_more_looks_are_each_stricter() -> None:
    levels = [look_confidence(3, most) for most in (3, 4, 6)]
    assert levels == sorted(levels)
    assert levels[0] < levels[-1] < 1


@pytest.mark.parametrize(("seeds", "most"), [(3, 6), (5, 8)])
def test_all_looks_together_err_as_seldom_as_one(seeds: int, most: int) -> None:
    level = look_confidence(seeds, most)
    values = np.random.default_rng(7).standard_normal((100_000, most))
    erred = np.zeros(len(values), dtype=bool)
    for k in looks(seeds, most):
        some = values[:, :k]
        t = np.abs(some.mean(axis=1)) * k**0.5 / some.std(axis=1, ddof=1)
        erred |= t > stats.t.ppf((1 + level) / 2, k - 1)
    assert erred.mean() == pytest.approx(0.05, abs=0.003)


def test_the_confidence_of_a_scenario_is_that_of_its_looks() -> None:
    def of(seeds: int, max_seeds: int | None) -> float:
        return confidence_of(SimpleNamespace(seeds=seeds, max_seeds=max_seeds))

    assert of(3, None) == of(3, 3) == CONFIDENCE
    assert of(3, 6) == look_confidence(3, 6)
    assert of(1, 6) == look_confidence(2, 6)
    assert of(1, 1) == CONFIDENCE
