"""A target that is only named: the scenario that it runs in, and the same as a commented file."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.scenario import Scenario, load, scale_down, to_toml
from harness.scenario.overrides import with_options
from harness.scenario.target_names import names_a_target
from harness.scenario.without_file import HOURS, Wanted, parameter, text_of, without_file
from harness.soaks.plan import plan_jobs

FACTORY = "dummy_target:build"


def named(hours: float = HOURS) -> Scenario:
    """The scenario of the dummy target, with the one parameter that it insists on."""
    return without_file(Wanted(FACTORY, hours=hours, params={"max_samples": 9}))


@pytest.mark.parametrize("reference", ["mybot:build", "mybot.soaking:build", "_a.b1:C"])
def test_module_and_factory_name_a_target(reference: str) -> None:
    assert names_a_target(reference)


@pytest.mark.parametrize("reference", ["smoke", "a/b.toml", "scenarios/x:y.toml", "a:", ":b", "a:b:c", "a-b:c", "1a:b"])
def test_all_else_is_a_scenario_or_a_file(reference: str) -> None:
    assert not names_a_target(reference)


def test_it_runs_at_the_size_of_the_program_with_nothing_beside_it(here: Path) -> None:
    scenario = named()
    assert (scenario.memory.scale, scenario.memory.baseline_gb) == (1, None)
    assert {job.baseline_bytes for job in plan_jobs(scenario)} == {0}
    assert scale_down(scenario).memory.limit_gb == scenario.memory.limit_gb
    # from the start to the limit in 30 days
    growth_gb = scenario.memory.leak_budget_gb_per_hour * 24 * 30
    assert growth_gb == pytest.approx(scenario.memory.limit_gb - 0.1, rel=0.02)


@pytest.mark.parametrize("hours", [0.01, 0.1, 1.0, 5.0, 24.0, 8784.0])
def test_its_times_fit_any_hours(here: Path, hours: float) -> None:
    time = named(hours).time
    assert time.hours == hours
    assert time.warmup_minutes <= hours * 60 / 5 + 1e-3
    assert hours * 60 / time.anatomy_every_minutes >= 9 or hours > 1  # so many walks show what grows


@pytest.mark.parametrize("hours", [0.0, -1.0, float("nan"), 1e9])
def test_hours_that_are_none_are_refused(hours: float) -> None:
    with pytest.raises(UsageError, match=r"^--hours .*: must be above 0 and at most 8784$"):
        without_file(Wanted(FACTORY, hours=hours))


def test_what_is_claimed_is_that_nothing_grows_and_no_row_is_lost(here: Path) -> None:
    metrics = {claim.metric for claim in named().claims}
    counts = {"leak.tasks", "leak.threads", "leak.open_files", "leak.children"}
    assert metrics == {"leak.rss", "leak.live", "leak.mappings", "samples.lost", *counts}


def test_the_file_says_what_would_have_been_run_without_it(here: Path) -> None:
    wanted = Wanted(FACTORY, 2.0, 7, {"max_samples": 9}, seen=["It takes books."])
    Path("mine.toml").write_text(text_of(wanted), encoding="utf-8")
    assert "# It takes books.\n" in Path("mine.toml").read_text(encoding="utf-8")
    assert to_toml(load("mine.toml")) == to_toml(without_file(wanted))
    assert load("mine.toml").configs["target"]["max_samples"] == 9


def test_a_parameter_is_a_value_of_toml_or_else_text() -> None:
    assert parameter("depth=20") == ("depth", 20)
    assert parameter("on = true") == ("on", True)
    assert parameter("pair=BTC-USDT") == ("pair", "BTC-USDT")
    assert parameter("table={ a = [1] }") == ("table", {"a": [1]})
    with pytest.raises(UsageError, match=r"^--set depth: not of the form key=value$"):
        parameter("depth")


def test_a_parameter_that_the_target_refuses_is_said_by_the_name_of_the_target(here: Path) -> None:
    with pytest.raises(UsageError, match=r"^dummy_target:build: configs\.target\.max_sample"):
        without_file(Wanted(FACTORY, params={"max_sample": 9}))


def test_an_idle_process_does_not_shrink_with_the_world(here: Path) -> None:
    with pytest.raises(UsageError, match=r"^--scale 0\.1: must be 1 without memory\.baseline_gb"):
        with_options(named(), scale=0.1)
