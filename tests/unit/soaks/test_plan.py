"""Jobs at the scale of their world, and whether the machine can carry them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.scenario import Scenario, load
from harness.scenario.overrides import with_options
from harness.soaks.plan import plan_jobs, refuse_too_large
from harness.soaks.result_folder import create_result, find_result, point_latest, run_folders
from harness.soaks.run_rows import Row, World
from harness.worker.isolation import PINNED, judged_environment
from synthetic.faults.kinds import Faults
from tests.unit.worker.test_recorder import job


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load("50symbols")


def test_a_job_is_at_the_scale_of_its_world(scenario: Scenario) -> None:
    jobs = plan_jobs(scenario)
    old = next(one for one in jobs if one.config == "old" and one.seed == 1)
    assert old.baseline_bytes == 250_000_000
    assert old.limit_bytes == 1_600_000_000
    assert old.books_per_second == pytest.approx(scenario.market.books_per_second * 0.05)
    assert old.params["cleanup_threshold_mb"] == pytest.approx(400)
    assert old.params["cleanup_interval_cycles"] == 1000
    assert len(old.instruments) == 50
    assert (old.horizon_s, old.warmup_s, old.run_on_s) == (18_000, 600, 250)


def test_configs_of_a_seed_see_one_market_and_lie_next_to_one_another(scenario: Scenario) -> None:
    jobs = plan_jobs(scenario)
    assert [(one.seed, one.config) for one in jobs[:4]] == [(1, "old"), (1, "fixed"), (1, "old_stop"), (2, "old")]
    assert jobs[0].instruments == jobs[1].instruments
    assert jobs[0].start_ms == 1_736_121_600_000


def test_fresh_seeds_are_fresh_markets(scenario: Scenario) -> None:
    fresh = with_options(scenario, first_seed=1001, seeds=2, configs=["old", "fixed"])
    jobs = plan_jobs(fresh)
    assert [(one.seed, one.config) for one in jobs] == [
        (1001, "old"),
        (1001, "fixed"),
        (1002, "old"),
        (1002, "fixed"),
    ]
    assert jobs[0].instruments != plan_jobs(scenario)[0].instruments
    assert plan_jobs(with_options(scenario, first_seed=1_000_000_000, seeds=2))[-1].seed == 1_000_000_001


def test_a_market_gets_its_season_and_its_faults(scenario: Scenario) -> None:
    plain = plan_jobs(scenario)[0]
    assert (plain.season, plain.faults) == (False, None)
    faulty = plan_jobs(load("reconnects"))[0].faults
    assert faulty == Faults(reconnects_per_hour=12, reconnect_s=10, burst_updates=200)


def test_a_run_without_room_to_grow_is_refused_with_a_scale_that_has(scenario: Scenario) -> None:
    large = replace(job(), baseline_bytes=5_000_000_000, limit_bytes=32_000_000_000)
    refuse_too_large(scenario, [large], 5_500_000_000)
    with pytest.raises(UsageError, match=r"starts at 5\.0 GB .*scale 0\.05.* 2\.2 GB for runs: use --scale 0\.02"):
        refuse_too_large(scenario, [large], 2_200_000_000)
    with pytest.raises(UsageError, match="free some memory first"):
        refuse_too_large(scenario, [large], 0)


def test_the_environment_is_pinned_and_cleared() -> None:
    inherited = {
        "PATH": "/bin",
        "MALLOC_ARENA_MAX": "1",
        "PYTHONMALLOC": "malloc",
        "LD_PRELOAD": "x",
        "PYTHONPATH": "p",
    }
    pinned = judged_environment(inherited, {})
    assert pinned == {"PATH": "/bin", "PYTHONPATH": "p", **PINNED}
    assert judged_environment(inherited, {"PYTHONMALLOC": "malloc"}) == {**pinned, "PYTHONMALLOC": "malloc"}


def test_results_are_found_by_path_by_name_and_as_the_latest(tmp_path: Path) -> None:
    first = create_result(tmp_path, "demo")
    (first / "scenario.toml").touch()
    point_latest(tmp_path, first)
    assert (
        find_result("latest", tmp_path) == find_result("demo", tmp_path) == find_result(str(first), tmp_path) == first
    )
    with pytest.raises(UsageError, match='no result "other"'):
        find_result("other", tmp_path)


def test_a_result_folder_that_cannot_be_made_is_the_users_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="no result can be written there"):
        create_result(tmp_path / "file", "demo")


def test_runs_are_listed_by_config_and_seed(scenario: Scenario, tmp_path: Path) -> None:
    for seed in (10, 2, 1):
        Row(World(scenario, tmp_path), job(seed=seed)).folder.mkdir(parents=True)
    assert [folder.name for folder in run_folders(tmp_path)] == ["seed-1", "seed-2", "seed-10"]
