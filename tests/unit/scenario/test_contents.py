"""A scenario is changed by options, knows its seeds and its pair, and its configs carry environments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.errors import UsageError
from harness.scenario import load, scale_down, to_toml
from harness.scenario.overrides import with_options
from tests.unit.scenario.reading import WriteScenario, contents


def test_the_pair_is_that_of_the_first_claim_on_a_reduction() -> None:
    assert load("50symbols").reduction_pair() == ("old", "fixed")
    assert load("null").reduction_pair() is None


def test_options_change_the_scenario(write_scenario: WriteScenario) -> None:
    scenario = load(str(write_scenario()))
    changed = with_options(scenario, hours=2, scale=0.5, seeds=1)
    assert (changed.time.hours, changed.memory.scale, changed.seeds) == (2.0, 0.5, 1)
    assert changed.time.warmup_minutes == 10
    assert with_options(scenario) is scenario


def test_seeds_follow_the_first_one_and_those_that_are_added_go_on_from_there(write_scenario: WriteScenario) -> None:
    scenario = load(str(write_scenario()))
    assert (list(scenario.planned_seeds()), list(scenario.further_seeds())) == ([1, 2], [])
    fresh = with_options(scenario, first_seed=1001, max_seeds=4)
    assert (list(fresh.planned_seeds()), list(fresh.further_seeds())) == ([1001, 1002], [1003, 1004])
    assert with_options(fresh, max_seeds=2).further_seeds() == range(1003, 1003)
    written = load(str(write_scenario(("seeds = 2", "seeds = 2\nfirst_seed = 7"))))
    assert list(written.planned_seeds()) == [7, 8]


def test_a_shortened_run_warms_up_for_a_fifth_of_it(write_scenario: WriteScenario) -> None:
    scenario = load(str(write_scenario()))
    assert with_options(scenario, hours=0.5).time.warmup_minutes == 6
    assert with_options(scenario, hours=10).time.warmup_minutes == 10


def test_claims_about_configs_that_are_not_selected_are_dropped(write_scenario: WriteScenario) -> None:
    scenario = load(str(write_scenario()))
    selected = with_options(scenario, configs=["old"])
    assert list(selected.configs) == ["old"]
    assert [claim.name for claim in selected.claims] == ["old peak"]
    assert list(with_options(scenario, configs=["fixed", "old"]).configs) == ["old", "fixed"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seeds": 0}, "--seeds 0: must be at least 1"),
        ({"first_seed": 0}, "--first-seed 0: must be at least 1"),
        ({"first_seed": 1_000_000_001}, "--first-seed 1000000001: must be at most 1000000000"),
        ({"scale": 2.0}, "--scale 2.0: must be at most 1"),
        ({"scale": float("nan")}, "--scale nan: must be a finite number"),
        ({"hours": -1.0}, "--hours -1.0: must be more than 0"),
        ({"hours": float("inf")}, "--hours inf: must be a finite number"),
        ({"configs": ["old", "fixt"]}, '--configs old,fixt: no config "fixt"; did you mean fixed?'),
        ({"configs": []}, "--configs: names no config; the configs of example are: fixed, old"),
        (
            {"hours": 0.01},
            "scenarios/example.toml with --hours 0.01: time.sample_every_s = 5.0: must be at most 2.88: "
            "the time after the warm-up needs at least 10 samples",
        ),
    ],
)
def test_a_wrong_option_is_named(write_scenario: WriteScenario, options: dict[str, Any], message: str) -> None:
    scenario = load(str(write_scenario()))
    with pytest.raises(UsageError) as caught:
        with_options(scenario, **options)
    assert str(caught.value) == message


def test_a_config_carries_an_environment_that_is_no_parameter(write_scenario: WriteScenario) -> None:
    env = 'cleanup_interval_cycles = 100\nenv = { PYTHONMALLOC = "malloc", LD_PRELOAD = "" }'
    scenario = load(str(write_scenario(("cleanup_interval_cycles = 100", env))))
    assert scenario.env_of("old") == {}
    assert scenario.env_of("fixed") == {"PYTHONMALLOC": "malloc", "LD_PRELOAD": ""}
    assert "env" not in scale_down(scenario).configs["fixed"]
    Path("scenario.toml").write_text(to_toml(scenario), encoding="utf-8")
    assert contents(load("scenario.toml")) == contents(scenario)
