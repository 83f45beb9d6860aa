"""What is worth a rerun."""

from __future__ import annotations

import pytest

from harness.analysis.explanation import explain
from harness.analysis.owners.suspects import rate_without_owner, suspects, worst
from tests.unit.anatomy_soak import CACHE, EVENTS, HISTORY, Leaks, anatomy_run


@pytest.fixture
def scenario(make_scenario):
    return make_scenario(hours=5)


def of(scenario, leaks: Leaks, **other):
    return explain(scenario, [anatomy_run("fixed", seed, leaks=leaks, **other) for seed in (1, 2, 3)])[0]


def test_the_config_that_leaks_most_whatever_its_peak(scenario) -> None:
    slow = [anatomy_run("old", seed, leaks=Leaks(lasting={EVENTS: 0.3})) for seed in (1, 2)]
    fast = [anatomy_run("fixed", seed, leaks=Leaks(lasting={EVENTS: 0.9}, until_cleanup={})) for seed in (1, 2)]
    assert worst(explain(scenario, [*slow, *fast])).config == "fixed"


def test_owners_that_grow_for_good_the_fastest_first(scenario) -> None:
    one = of(scenario, Leaks(lasting={HISTORY + ".x": 0.4, EVENTS: 1.3, "few[*]": 0.01}))
    paths, rate = suspects(one, 3)
    assert paths == [EVENTS, HISTORY + ".x"]
    assert rate == pytest.approx(1.3, rel=0.02)
    assert suspects(one, 1)[0] == [EVENTS]


def test_without_a_leak_what_cleanups_clear(scenario) -> None:
    paths, rate = suspects(of(scenario, Leaks(lasting={}, teeth_vary=0.05)), 3)
    assert paths == [CACHE]
    assert rate == pytest.approx(14.4, rel=0.1)


def test_what_has_no_owner_and_what_was_not_walked_has_no_suspects(scenario) -> None:
    lost = Leaks(lasting={"(unattributed)": 1.0}, until_cleanup={}, constant={HISTORY: 0.4})
    assert suspects(of(scenario, lost), 3) == ([], None)
    assert suspects(of(scenario, Leaks(), walked=False), 3) == ([], None)


def test_growth_without_an_owner_is_told_where_it_is_above_the_budget(scenario) -> None:
    lost = Leaks(lasting={"(unattributed)": 1.0}, until_cleanup={}, constant={HISTORY: 0.4})
    assert rate_without_owner(of(scenario, lost), 0.0375) == pytest.approx(1.0, rel=0.02)
    assert rate_without_owner(of(scenario, lost), 1.5) is None
    assert rate_without_owner(of(scenario, Leaks()), 0.0375) is None
    assert rate_without_owner(of(scenario, Leaks(), walked=False), 0.0375) is None


def test_of_few_walks_it_is_what_grew_by_the_hour(make_scenario) -> None:
    lost = Leaks(lasting={"(unattributed)": 1.0}, until_cleanup={}, constant={HISTORY: 0.4})
    runs = [anatomy_run("fixed", seed, leaks=lost, hours=0.5) for seed in (1, 2)]
    one = explain(make_scenario(hours=0.5), runs)[0]
    assert one.growth.live.rate.estimate is None
    assert rate_without_owner(one, 0.0375) == pytest.approx(1.0, rel=0.2)


@pytest.mark.parametrize(("real_mb", "told"), [(1.5, False), (3.0, True)])
def test_garbage_that_waits_for_the_collector_at_the_last_of_few_walks_is_no_growth(make_scenario, real_mb, told):
    """Both are above the budget: half an hour of 0.02 GB/h is 1 MB in a world of 0.1."""
    lost = Leaks(lasting={"(unattributed)": real_mb / 100 / 0.5}, until_cleanup={}, constant={HISTORY: 0.4})
    runs = [anatomy_run("fixed", seed, leaks=lost, hours=0.5) for seed in (1, 2)]
    one = explain(make_scenario(hours=0.5), runs)[0]
    assert (rate_without_owner(one, 0.02) is not None) == told
