"""Scenarios with a leak in them: what leaks, and that everything else stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.controls.leaking import with_leak
from harness.scenario import Scenario, load, to_toml
from harness.scenario.overrides import with_options
from harness.soaks.plan import plan_jobs


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return with_options(load("smoke"), first_seed=1001, max_seeds=6)


def test_only_the_configs_named_leak_and_all_are_wrapped(scenario: Scenario) -> None:
    leaking = with_leak(scenario, {"fixed": 0.1125})
    plain, wrapped = plan_jobs(scenario), plan_jobs(leaking)
    # 0.1125 GB an hour at full scale, in a world of 0.05
    rates = {job.config: job.params["bytes_per_s"] for job in wrapped}
    assert rates == {"old": 0.0, "fixed": pytest.approx(1562.5)}
    for job, other in zip(plain, wrapped, strict=True):
        assert other.factory == "harness.injected_leak:build"
        assert other.params["factory"] == job.factory == "harness.collector:build"
        assert other.params["params"] == {key: value for key, value in job.params.items() if value is not None}
        same = ("config", "seed", "instruments", "books_per_second", "baseline_bytes", "limit_bytes", "horizon_s")
        assert {name: getattr(other, name) for name in same} == {name: getattr(job, name) for name in same}


def test_claims_seeds_and_budget_stay(scenario: Scenario, tmp_path: Path) -> None:
    leaking = with_leak(scenario, {"old": 1.0, "fixed": 1.0})
    changed = {"configs", "target"}
    assert leaking.model_dump(exclude=changed) == scenario.model_dump(exclude=changed)
    assert list(leaking.configs) == list(scenario.configs)
    file = tmp_path / "leaking.toml"
    file.write_text(to_toml(leaking), encoding="utf-8")
    assert load(str(file)).model_dump(exclude={"name", "path"}) == leaking.model_dump(exclude={"name", "path"})


def test_the_environment_of_a_config_stays() -> None:
    allocators = load("allocators")
    leaking = with_leak(allocators, {})
    assert {config: leaking.env_of(config) for config in leaking.configs} == {
        config: allocators.env_of(config) for config in allocators.configs
    }
    assert any(leaking.env_of(config) for config in leaking.configs)
