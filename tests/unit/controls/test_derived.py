"""The scenarios of the standing controls, and the target with a leak in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.clock import VirtualClock
from harness.controls import derived as controls
from harness.injected_leak import LEAKED, build
from harness.scenario import Scenario, load, to_toml
from harness.scenario.overrides import with_options
from harness.soaks.plan import plan_jobs
from harness.target import Environment


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load("50symbols")


def all_of(scenario: Scenario, short: bool) -> list[controls.ControlSoak]:
    return [
        controls.old_against_old(scenario),
        controls.clean(scenario),
        controls.leaking(scenario, 5000.0),
        controls.null(scenario),
        controls.probed(scenario),
        *controls.clocks(scenario, short=short),
    ]


@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("name", ["50symbols", "smoke", "smoke_long", "residual", "null", "reconnects", "restarts"])
def test_every_scenario_has_its_controls(name: str, short: bool, tmp_path: Path) -> None:
    scenario = load(name)
    for soak in all_of(controls.shortened(scenario) if short else scenario, short):
        jobs = plan_jobs(soak.scenario, real_time=soak.real_time)
        assert len({(job.config, job.seed) for job in jobs}) == len(jobs)
        file = tmp_path / f"{soak.name}.toml"
        file.write_text(to_toml(soak.scenario), encoding="utf-8")
        again = load(str(file))
        assert again.model_dump(exclude={"name", "path"}) == soak.scenario.model_dump(exclude={"name", "path"})


def test_the_roles_are_those_of_the_reduction(scenario: Scenario) -> None:
    assert controls.roles(scenario) == ("old", "fixed")
    assert controls.roles(load("null")) == ("null", "null")


def test_a_config_against_itself_with_the_claims_on_reductions(scenario: Scenario) -> None:
    same = controls.old_against_old(scenario).scenario
    a, b = same.configs.values()
    assert a == b == scenario.configs["old"]
    assert {claim.metric for claim in same.claims} >= {"reduction.peak", "reduction.peak_net", "reduction.mean"}
    assert {claim.configs for claim in same.claims} == {("old_a", "old_b")}
    jobs = plan_jobs(same)
    assert jobs[0].instruments == jobs[1].instruments
    assert jobs[0].params == jobs[1].params


def test_the_leak_wraps_the_target_of_the_scaled_world(scenario: Scenario) -> None:
    leaking = plan_jobs(controls.leaking(scenario, 5000.0).scenario)[0]
    clean = plan_jobs(controls.clean(scenario).scenario)[0]
    assert leaking.params["bytes_per_s"] == 5000.0
    assert leaking.params["params"] == {key: value for key, value in clean.params.items() if value is not None}
    assert leaking.params["factory"] == clean.factory == "harness.collector:build"
    assert (leaking.books_per_second, leaking.anatomy_every_s) == (clean.books_per_second, clean.anatomy_every_s)


def test_the_probe_samples_60_times_as_often_and_changes_nothing_else(scenario: Scenario) -> None:
    (probed,) = plan_jobs(controls.probed(scenario).scenario)
    clean = plan_jobs(controls.clean(scenario).scenario)[0]
    assert probed.sample_every_s * 60 == pytest.approx(clean.sample_every_s)
    assert (probed.seed, probed.params, probed.horizon_s) == (clean.seed, clean.params, clean.horizon_s)
    assert probed.anatomy_every_s == clean.anatomy_every_s


def test_the_controls_take_the_seeds_of_the_scenario(scenario: Scenario) -> None:
    for soak in all_of(controls.shortened(with_options(scenario, first_seed=1001)), True):
        seeds = [job.seed for job in plan_jobs(soak.scenario, real_time=soak.real_time)]
        assert set(seeds) == ({1001} if soak.name in ("probe", "virtual", "real") else {1001, 1002, 1003})


@pytest.mark.parametrize(("short", "seconds"), [(False, 600), (True, 12)])
def test_real_time_differs_from_virtual_time_in_the_clock_only(scenario: Scenario, short: bool, seconds: int) -> None:
    virtual, real = controls.clocks(scenario, short=short)
    (one,), (other,) = (plan_jobs(soak.scenario, real_time=soak.real_time) for soak in (virtual, real))
    assert (one.real_time, other.real_time) == (False, True)
    assert one.horizon_s == other.horizon_s == pytest.approx(seconds)
    assert (one.run_on_s, one.settle_s, one.warmup_s) == (0, 0, 0)
    assert one.params == other.params == plan_jobs(scenario)[0].params


class Fed:
    """A target that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def start(self) -> None:
        self.asked.append("start")

    async def stop(self) -> None:
        self.asked.append("stop")

    def on_book(self, book: Any) -> None:
        self.asked.append(book)

    def counters(self) -> dict[str, float]:
        return {"asked": len(self.asked)}


def build_fed(params: dict[str, Any], environment: Environment) -> Fed:
    assert params == {"size": 3}
    return Fed()


def test_the_leak_retains_what_it_was_told_and_leaves_the_rest_to_the_target(tmp_path: Path) -> None:
    clock = VirtualClock(start_ms=0)
    environment = Environment(
        clock, tmp_path, 0.1, lambda kind, **facts: None, ("A",), 5.0, 60, lambda symbol, count: None
    )
    params = {"factory": f"{__name__}:build_fed", "bytes_per_s": 1000.5, "params": {"size": 3}}
    target = build(params, environment)

    async def live() -> None:
        await target.start()
        target.on_book("a book")
        await clock.sleep_until(3601.0)
        await target.stop()
        await clock.sleep_until(7200.0)

    clock.run(live())
    assert target.target.asked == ["start", "a book", "stop"]
    assert target.counters() == {"asked": 3}
    assert not hasattr(target, "on_delta")
    assert not hasattr(target, "rehearse")
    assert sum(block.__sizeof__() for block in getattr(target, LEAKED)) == int(3600 * 1000.5)


def test_a_control_is_looked_at_once_however_many_seeds_the_soak_may_add() -> None:
    scenario = with_options(load("smoke"), seeds=1, max_seeds=2)
    for soak in all_of(scenario, short=True):
        assert soak.scenario.max_seeds is None


@pytest.mark.parametrize("name", ["50symbols", "smoke_long"])
def test_the_short_pair_has_more_seeds_in_fewer_hours_whatever_may_be_added(name: str) -> None:
    scenario = with_options(load(name), max_seeds=4)
    short, pair = controls.shortened(scenario), controls.old_against_old(controls.shortened_pair(scenario)).scenario
    assert (pair.seeds, pair.max_seeds) == (controls.SHORT_PAIR_SEEDS, None)
    assert pair.time.hours < short.time.hours
    assert pair.market == short.market


def test_a_claim_that_nothing_saved_would_meet_is_not_held_against_the_same_config(scenario: Scenario) -> None:
    claim = next(one for one in scenario.claims if one.metric == "reduction.peak")
    nothing = claim.model_copy(update={"name": "saves nothing", "expected": (0.0, 0.0), "tolerance": 0.02})
    both = scenario.model_copy(update={"claims": (claim, nothing)})
    assert [one.name for one in controls.old_against_old(both).scenario.claims] == [claim.name]
