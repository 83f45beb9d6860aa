"""The table of runs: where rows are recorded, what is run of them, and what ends them all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.errors import SoakError, UsageError
from harness.scenario import Scenario, load
from harness.scenario.overrides import with_options
from harness.soaks import run_rows
from harness.soaks.run_rows import OtherWorld, Row, World
from harness.worker.job import Job

OTHER_WORLD = OtherWorld("fixed", 0.4, 2.0, (1, 2))


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return with_options(load("50symbols"), configs=["old", "fixed"], seeds=1)


class Supervised:
    """Stands in for the supervisor: every run ends with these facts, and is recorded so."""

    def __init__(self, **facts: Any) -> None:
        self.facts = {"status": "complete", **facts}
        self.ran: list[str] = []

    def __call__(self, jobs: Mapping[Path, Job], **_: Any) -> dict[Path, dict[str, Any]]:
        self.ran += [f"{job.config} {job.seed}" for job in jobs.values()]
        for folder in jobs:
            folder.mkdir(parents=True)
            (folder / "run.json").write_text(json.dumps(self.facts), encoding="utf-8")
        return dict.fromkeys(jobs, self.facts)


def supervised(monkeypatch: pytest.MonkeyPatch, **facts: Any) -> Supervised:
    stand_in = Supervised(**facts)
    monkeypatch.setattr(run_rows, "supervise", stand_in)
    return stand_in


def carry_out(*rows: Row) -> None:
    run_rows.carry_out(rows, at_once=2, observe=lambda _states: None)


def test_a_row_knows_where_it_is_recorded_and_how_it_ended(scenario: Scenario, tmp_path: Path) -> None:
    old, fixed = World(scenario, tmp_path).rows()
    assert [row.folder for row in (old, fixed)] == [tmp_path / "runs/old/seed-1", tmp_path / "runs/fixed/seed-1"]
    old.folder.mkdir(parents=True)
    fixed.folder.mkdir(parents=True)
    (old.folder / "run.json").write_text('{"status": "limit"}')
    assert (old.state, fixed.state) == ("limit", "waiting")
    for damaged in ("{", "[]", "{}", '{"status": 1}'):
        (fixed.folder / "run.json").write_text(damaged)
        assert fixed.state == "waiting"


def test_a_table_that_was_interrupted_is_resumed(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = supervised(monkeypatch, status="interrupted")
    carry_out(*World(scenario, tmp_path).rows())
    again = supervised(monkeypatch)
    rows = [*World(scenario, tmp_path).rows(), *World(scenario, tmp_path).rows([2])]
    carry_out(*rows)
    carry_out(*rows)
    assert first.ran == ["old 1", "fixed 1"]
    assert again.ran == ["old 1", "fixed 1", "old 2", "fixed 2"]
    assert {row.state for row in rows} == {"complete"}


def test_every_world_becomes_a_result_that_keeps_its_manifest(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervised(monkeypatch)
    worlds = [World(scenario, tmp_path / "a"), World(with_options(scenario, scale=0.5), tmp_path / "b", real_time=True)]
    carry_out(*(row for world in worlds for row in world.rows()))
    assert load(str(tmp_path / "b/scenario.toml"), import_target=False).memory.scale == 0.5
    began = (tmp_path / "b/manifest.json").read_text()
    assert json.loads(began)["clock"] == "real"
    (tmp_path / "b/manifest.json").write_text(began.replace("real", "kept"))
    worlds[1].begin()
    assert json.loads((tmp_path / "b/manifest.json").read_text())["clock"] == "kept"


def test_an_idle_process_above_the_baseline_says_which_scale_would_do(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervised(monkeypatch, status="refused", idle_rss_bytes=600_000_000)
    with pytest.raises(UsageError, match=r"scale = 0\.05: the idle process takes 600 MB.*: --scale 0\.126 would"):
        carry_out(*World(scenario, tmp_path).rows())


def test_a_full_disk_is_one_error(scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run_rows, "supervise", full)
    worlds = [World(scenario, tmp_path / "a"), World(scenario, tmp_path / "b")]
    with pytest.raises(SoakError, match=f"^{tmp_path}: No space left on device: nothing that was recorded is lost"):
        carry_out(*(row for world in worlds for row in world.rows()))


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The runs of every call of the supervisor, which completes the first of each call and no other."""
    calls: list[list[str]] = []

    def supervise(jobs, **_):
        calls.append([f"{job.config} {job.memory_scale:g} {job.seed}" for job in jobs.values()])
        ended = {folder: {"status": "died" if number else "complete"} for number, folder in enumerate(jobs)}
        for folder, facts in ended.items():
            folder.mkdir(parents=True)
            (folder / "run.json").write_text(json.dumps(facts))
        return ended

    monkeypatch.setattr(run_rows, "supervise", supervise)
    return calls


def test_another_world_is_the_scenario_at_another_scale_with_nothing_claimed() -> None:
    scenario = with_options(load("50symbols"), max_seeds=6)
    there = OTHER_WORLD.of(scenario)
    assert (there.memory.scale, there.time.hours, there.seeds, list(there.configs)) == (0.4, 2.0, 2, ["fixed"])
    assert (there.claims, there.max_seeds) == ((), None)
    assert there.configs["fixed"] == scenario.configs["fixed"]
    jobs = [row.job for row in OTHER_WORLD.rows(scenario, Path("results"))]
    assert [(job.seed, job.baseline_bytes) for job in jobs] == [(1, 2_000_000_000), (2, 2_000_000_000)]


def test_what_completed_is_kept_and_the_rest_is_run_again(ran: list[list[str]], tmp_path: Path) -> None:
    rows = OTHER_WORLD.rows(load("50symbols"), tmp_path)
    for _ in range(3):
        carry_out(*rows)
    assert ran == [["fixed 0.4 1", "fixed 0.4 2"], ["fixed 0.4 2"], []]
    assert load(str(tmp_path / "fixed-0.4" / "scenario.toml"), import_target=False).memory.scale == 0.4
    assert (tmp_path / "fixed-0.4" / "manifest.json").exists()
