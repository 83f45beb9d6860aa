"""Runs of a scenario in other worlds: what is run there, and that a second call goes on where the first ended."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.errors import SoakError
from harness.scenario import load
from harness.soaks import other_worlds, table
from harness.soaks.other_worlds import OtherWorld

WORLD = OtherWorld("fixed", 0.4, 2.0, (1, 2))


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

    monkeypatch.setattr(table, "supervise", supervise)
    return calls


def carry_out(root: Path) -> None:
    other_worlds.carry_out(load("50symbols"), [WORLD], root, at_once=1, observe=lambda _states: None)


def test_a_world_is_the_scenario_at_another_scale_with_nothing_claimed() -> None:
    scenario = load("50symbols").with_options(max_seeds=6)
    there = WORLD.of(scenario)
    assert (there.memory.scale, there.time.hours, there.seeds, list(there.configs)) == (0.4, 2.0, 2, ["fixed"])
    assert (there.claims, there.max_seeds) == ((), None)
    assert there.configs["fixed"] == scenario.configs["fixed"]
    jobs = [row.job for row in WORLD.rows(scenario, Path("results"))]
    assert [(job.seed, job.baseline_bytes) for job in jobs] == [
        (1, 2_000_000_000),
        (2, 2_000_000_000),
    ]


def test_what_completed_is_kept_and_the_rest_is_run_again(ran: list[list[str]], tmp_path: Path) -> None:
    carry_out(tmp_path)
    carry_out(tmp_path)
    carry_out(tmp_path)
    assert ran == [["fixed 0.4 1", "fixed 0.4 2"], ["fixed 0.4 2"], []]
    assert load(str(tmp_path / "fixed-0.4" / "scenario.toml"), import_target=False).memory.scale == 0.4
    assert (tmp_path / "fixed-0.4" / "manifest.json").exists()


def test_a_full_disk_is_one_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(table, "supervise", refuse)
    with pytest.raises(SoakError, match="No space left on device: what was recorded before is kept there"):
        carry_out(tmp_path)
