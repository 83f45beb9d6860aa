"""A scenario in a smaller world: what is marked is scaled, and nothing else."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.scaling import scaled_value
from harness.scenario import load, scale_down
from harness.scenario.market_settings import FaultSettings
from harness.scenario.overrides import with_options
from synthetic.faults.kinds import Faults
from tests.unit.scenario.reading import WriteScenario, error_of


def test_what_is_marked_is_scaled_and_nothing_else(write_scenario: WriteScenario) -> None:
    scenario = load(str(write_scenario(("max_samples = 505", "max_samples = 505\ncache_limit = 44\nlegacy = false"))))
    world = scale_down(scenario)
    assert world.market == scenario.market.model_copy(update={"books_per_second": 0.5})
    assert (world.memory.scale, world.memory.baseline_gb, world.memory.limit_gb) == (0.1, 0.5, 3.2)
    assert world.memory.leak_budget_gb_per_hour == pytest.approx(0.00375)
    assert world.configs["old"] == scenario.configs["old"] | {"max_samples": 200, "threshold_mb": 800.0}
    assert world.configs["fixed"]["max_samples"] == 51
    assert world.configs["fixed"]["cache_limit"] == 4
    assert world.configs["fixed"]["cleanup_interval_cycles"] == 100
    assert world.configs["fixed"]["queue_limit"] is None
    changes = {change.key: change for change in world.changes}
    rounded = changes["configs.fixed.max_samples"]
    assert (rounded.full, rounded.scaled, rounded.exact, rounded.kind, rounded.rounded) == (
        505,
        51,
        50.5,
        "stock",
        True,
    )
    assert not changes["configs.old.max_samples"].rounded
    assert changes["market.books_per_second"].kind == "rate"
    assert "configs.old.cache_limit" not in changes  # off stays off
    unscaled = dict(world.unscaled)
    assert unscaled["market.symbols"] == 50
    assert unscaled["time.hours"] == 5.0
    assert unscaled["configs.fixed.cleanup_interval_cycles"] == 100
    assert "configs.old.legacy" not in unscaled  # no number
    assert not set(unscaled) & set(changes)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scale=st.floats(min_value=0.001, max_value=1.0), max_samples=st.integers(min_value=1, max_value=10_000_000))
def test_every_change_follows_the_one_rule(write_scenario: WriteScenario, scale: float, max_samples: int) -> None:
    path = write_scenario(("max_samples = 2000", f"max_samples = {max_samples}"))
    world = scale_down(with_options(load(str(path)), scale=scale))
    assert world.configs["old"]["max_samples"] == scaled_value(max_samples, scale) >= 1
    for change in world.changes:
        assert change.scaled == scaled_value(change.full, scale)
        assert change.exact == pytest.approx(change.full * scale)
        assert abs(change.scaled - change.exact) <= 0.5 or change.scaled == 1


def test_faults_of_the_feed_are_as_many_at_every_scale(write_scenario: WriteScenario) -> None:
    text = "season = true\n[market.faults]\nbursts_per_hour = 6\nburst_updates = 300\nhalts_per_hour = 2\n[time]"
    scenario = load(str(write_scenario(("[time]", text))))
    world = scale_down(scenario)
    assert world.market.season
    assert world.market.faults is not None
    assert world.market.faults.faults() == Faults(bursts_per_hour=6, burst_updates=30, halts_per_hour=2)
    assert {change.key for change in world.changes if "faults" in change.key} == {"market.faults.burst_updates"}
    assert ("market.faults.halts_per_hour", 2) in world.unscaled
    assert scale_down(load(str(write_scenario()))).market.faults is None


def test_at_full_scale_the_world_is_the_scenario(write_scenario: WriteScenario) -> None:
    scenario = with_options(load(str(write_scenario())), scale=1.0)
    world = scale_down(scenario)
    assert (world.market, world.memory, world.configs) == (scenario.market, scenario.memory, scenario.configs)
    assert not any(change.rounded for change in world.changes)


def test_parameters_that_do_not_go_together_when_scaled_are_refused(write_scenario: WriteScenario) -> None:
    scenario = load(str(write_scenario(("max_samples = 2000", "max_samples = 2000\ncache_limit = 5"))))
    with pytest.raises(UsageError, match=r"at scale 0\.1: configs\.old: cache_limit must be at least 2"):
        scale_down(scenario)


def test_a_free_table_is_passed_as_it_is(write_scenario: WriteScenario) -> None:
    path = write_scenario(
        ("dummy_target:build", "dummy_target:build_from_table"),
        ("max_samples = 2000", "whatever = [1, {deep = 2.5}]\nsince = 2025-01-01"),
    )
    scenario = load(str(path))
    assert scale_down(scenario).configs == scenario.configs
    assert scenario.configs["old"]["whatever"] == [1, {"deep": 2.5}]
    path = write_scenario(
        ("dummy_target:build", "dummy_target:build_from_table"), ("max_samples = 2000", "whatever = [1, {deep = nan}]")
    )
    assert "configs.old.whatever[2].deep = nan: must be a finite number" in error_of(str(path))


def test_a_target_that_cannot_be_scaled_runs_at_full_scale_only(write_scenario: WriteScenario) -> None:
    scenario = load(str(write_scenario(("dummy_target:build", "dummy_target:build_unscalable"))))
    with pytest.raises(UsageError, match=r"use --scale 1, and fewer symbols than market\.symbols = 50"):
        scale_down(scenario)
    assert scale_down(with_options(scenario, scale=1)).memory.baseline_gb == 5.0


def test_the_options_of_faults_are_those_of_the_market() -> None:
    assert list(FaultSettings.model_fields) == [field.name for field in fields(Faults)]
