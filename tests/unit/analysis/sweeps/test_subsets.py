"""What each switch brings, where the truth is known."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given, strategies

from harness.analysis.sweeps import subsets
from harness.analysis.sweeps.subsets import Subset, Values

ABC = ("a", "b", "c")


def values_of(value: Callable[[Subset], float]) -> Values:
    return {on: value(on) for on in subsets.subsets(ABC)}


ADDITIVE = values_of(lambda on: 25 - 3 * ("a" in on) - 5 * ("b" in on))
TOGETHER = values_of(lambda on: -12.0 * ({"a", "b"} <= on))


@given(strategies.lists(strategies.floats(-1e3, 1e3), min_size=8, max_size=8))
def test_shares_of_shapley_add_up_to_the_whole_change(numbers: list[float]) -> None:
    values = dict(zip(subsets.subsets(ABC), numbers, strict=True))
    whole = values[frozenset(ABC)] - values[frozenset()]
    assert sum(subsets.shapley(values, ABC, switch) for switch in ABC) == pytest.approx(whole, abs=1e-6)


@given(strategies.lists(strategies.floats(-1e3, 1e3), min_size=8, max_size=8))
def test_the_share_of_shapley_is_what_a_switch_adds_averaged_over_all_orders(numbers: list[float]) -> None:
    values = dict(zip(subsets.subsets(ABC), numbers, strict=True))
    added = []
    for order in itertools.permutations(ABC):
        before = frozenset(order[: order.index("b")])
        added.append(values[before | {"b"}] - values[before])
    assert subsets.shapley(values, ABC, "b") == pytest.approx(sum(added) / len(added), abs=1e-6)


def test_what_adds_up_has_the_same_effect_in_every_sense_and_no_interaction() -> None:
    for switch, effect in (("a", -3), ("b", -5), ("c", 0)):
        assert subsets.alone(ADDITIVE, switch) == effect
        assert subsets.last(ADDITIVE, ABC, switch) == effect
        assert subsets.shapley(ADDITIVE, ABC, switch) == pytest.approx(effect)
        assert subsets.main_effect(ADDITIVE, ABC, switch) == pytest.approx(effect)
    assert subsets.interaction(ADDITIVE, ABC, "a", "b") == 0
    assert subsets.steps(ADDITIVE, ABC) == [25, 22, 17, 17]


def test_two_that_work_only_together_share_what_they_bring_and_interact_by_all_of_it() -> None:
    assert [subsets.alone(TOGETHER, switch) for switch in ABC] == [0, 0, 0]
    assert [subsets.last(TOGETHER, ABC, switch) for switch in ABC] == [-12, -12, 0]
    assert [subsets.shapley(TOGETHER, ABC, switch) for switch in ABC] == pytest.approx([-6, -6, 0])
    assert subsets.main_effect(TOGETHER, ABC, "a") == -6
    assert subsets.interaction(TOGETHER, ABC, "a", "b") == -12
    assert subsets.interaction(TOGETHER, ABC, "a", "c") == 0
    assert subsets.given(TOGETHER, ABC, "a", "b", on=False) == 0
    assert subsets.given(TOGETHER, ABC, "a", "b", on=True) == -12
