"""The effects of switches over seeds, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.sweeps import subsets
from harness.analysis.sweeps.subsets import Subset
from harness.analysis.sweeps.switches import Effects, effects
from harness.report.sweeps.sentences import only_with

FIXES = ("fix_1", "fix_2", "fix_3")


def of(value: Callable[[Subset, int], float], seeds: Sequence[int] = (1, 2)) -> Effects:
    by_seed = {seed: {on: value(on, seed) for on in subsets.subsets(FIXES)} for seed in seeds}
    return effects(METRICS["peak"], "old", FIXES, by_seed)


def note(on: Subset, seed: int) -> float:
    """25 GB; fix_2 saves 16, and 2 more with fix_3; fix_1 does nothing."""
    return 25 + 0.01 * seed - 16 * ("fix_2" in on) - 2 * ({"fix_2", "fix_3"} <= on)


def test_shares_add_up_to_all_and_name_what_works_only_with_another() -> None:
    found = of(note)
    shares = {switch.name: switch.share.estimate for switch in found.switches}
    assert shares == pytest.approx({"fix_1": 0, "fix_2": 17 / 18, "fix_3": 1 / 18})
    assert found.whole.estimate == pytest.approx(-18)
    assert [step.estimate for step in found.steps] == pytest.approx([25.015, 25.015, 9.015, 7.015])
    assert [(pair.first, pair.second) for pair in found.mattering] == [("fix_2", "fix_3")]
    partners = {switch.name: only_with(switch, found) for switch in found.switches}
    assert partners == {"fix_1": None, "fix_2": None, "fix_3": "fix_2"}


def test_one_seed_has_no_interval_and_two_have_one() -> None:
    alone = of(note, seeds=[1]).switches[1].shapley
    assert (alone.low, alone.high) == (None, None)
    noisy = of(lambda on, seed: note(on, seed) + 0.1 * seed * ("fix_2" in on)).switches[1].shapley
    assert noisy.estimate is not None
    assert noisy.low is not None
    assert noisy.low < noisy.estimate


def test_a_change_that_may_be_chance_has_no_interaction_that_matters() -> None:
    by_chance = of(lambda on, seed: 25 + (1 if seed == 1 else -1.1) * ({"fix_1", "fix_2"} <= on))
    assert not by_chance.changes
    assert by_chance.mattering == ()


def test_what_never_changes_has_no_shares() -> None:
    found = of(lambda _on, _seed: 7.0)
    assert [switch.share.estimate for switch in found.switches] == [None, None, None]
    assert not found.changes
