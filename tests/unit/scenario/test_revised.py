"""A scenario of one program as one of several revisions of it."""

from __future__ import annotations

import pytest

from harness.errors import UsageError
from harness.scenario import Scenario, load
from harness.scenario.revised import with_revisions
from tests.unit.scenario.reading import WriteScenario


@pytest.fixture
def scenario(write_scenario: WriteScenario) -> Scenario:
    return load(str(write_scenario()), import_target=False)


def test_of_one_config_the_revisions_are_the_configs(scenario: Scenario) -> None:
    revised = with_revisions(scenario, ["v1.4", "main"], ["old"])
    assert {name: table["revision"] for name, table in revised.configs.items()} == {"v1_4": "v1.4", "main": "main"}
    assert revised.parameters()["main"] == scenario.parameters()["old"]
    assert {claim.name: claim.configs for claim in revised.claims} == {
        "old peak, v1.4": ("v1_4",),
        "old peak, main": ("main",),
    }


def test_of_several_every_one_is_in_each(scenario: Scenario) -> None:
    revised = with_revisions(scenario, ["v1.4", "main"])
    assert list(revised.configs) == ["old_v1_4", "fixed_v1_4", "old_main", "fixed_main"]
    assert revised.claims[0].configs == ("old_v1_4", "fixed_v1_4")
    assert len(revised.claims) == 2 * len(scenario.claims)


@pytest.mark.parametrize(
    ("revisions", "told"),
    [
        ([], "names no revision"),
        (["main", "Main"], "--revisions main,Main: two of them would be the config old_main"),
        (["-n"], r'--revisions -n: configs\.old_n\.revision = "-n": must be a commit, branch or tag'),
    ],
)
def test_what_makes_no_scenario_is_refused(scenario: Scenario, revisions: list[str], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        with_revisions(scenario, revisions)


def test_a_config_that_is_not_there_is_refused(scenario: Scenario) -> None:
    with pytest.raises(UsageError, match='--configs olt: no config "olt"; did you mean old'):
        with_revisions(scenario, ["main"], ["olt"])
