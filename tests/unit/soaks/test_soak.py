"""Which runs a soak consists of: those of its seeds, and those that are added while something is open."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.scenario import Scenario, load
from harness.scenario.overrides import with_options
from harness.soaks import run_rows, soak


@pytest.fixture
def carried_out(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The seeds of every call of the supervisor, which carries out nothing here."""
    calls: list[list[int]] = []

    def supervise(jobs, **_):
        calls.append([job.seed for job in jobs.values()])
        return {folder: {"status": "complete"} for folder in jobs}

    monkeypatch.setattr(run_rows, "supervise", supervise)
    monkeypatch.setattr(soak, "room_bytes", lambda: 10**12)
    return calls


def scenario(**options: int) -> Scenario:
    return with_options(load("smoke"), configs=["fixed"], **options)


def carry_out(wanted: Scenario, tmp_path: Path, undecided) -> soak.Soak:
    planned = soak.plan(wanted, tmp_path, real_time=False, at_once=1)
    return soak.carry_out(planned, observe=lambda _states: None, undecided=undecided)


def test_seeds_are_added_one_by_one_while_something_is_open(carried_out, tmp_path: Path) -> None:
    looks: list[int] = []

    def until_five(seeds: int) -> bool:
        looks.append(seeds)
        return seeds < 5

    carry_out(scenario(seeds=3, max_seeds=8), tmp_path, until_five)
    assert carried_out == [[1, 2, 3], [4], [5]]
    assert looks == [3, 4, 5]


def test_no_more_seeds_than_were_allowed(carried_out, tmp_path: Path) -> None:
    carry_out(scenario(seeds=2, max_seeds=4), tmp_path, lambda *_: True)
    assert carried_out == [[1, 2], [3], [4]]


def test_seeds_that_are_added_follow_the_first_one(carried_out, tmp_path: Path) -> None:
    looks: list[int] = []

    def until_four(seeds: int) -> bool:
        looks.append(seeds)
        return seeds < 4

    carry_out(scenario(first_seed=1001, seeds=3, max_seeds=6), tmp_path, until_four)
    assert carried_out == [[1001, 1002, 1003], [1004]]
    assert looks == [3, 4]


def test_a_scenario_without_max_seeds_is_never_asked(carried_out, tmp_path: Path) -> None:
    def asked(*_: object) -> bool:
        raise AssertionError("asked")

    carry_out(scenario(seeds=2), tmp_path, asked)
    carry_out(scenario(seeds=2, max_seeds=2), tmp_path, asked)
    assert carried_out == [[1, 2], [1, 2]]


def test_what_was_allowed_is_kept_in_the_result(carried_out, tmp_path: Path) -> None:
    done = carry_out(scenario(seeds=2, max_seeds=4), tmp_path, lambda *_: False)
    kept = load(str(done.folder / "scenario.toml"), import_target=False)
    assert (kept.seeds, kept.max_seeds) == (2, 4)


def test_an_interruption_while_seeds_are_added_ends_the_soak(carried_out, tmp_path: Path) -> None:
    def interrupt(*_: object) -> bool:
        raise KeyboardInterrupt

    assert carry_out(scenario(seeds=2, max_seeds=4), tmp_path, interrupt).interrupted


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"seeds": 3, "max_seeds": 2}, "--max-seeds 2: must be at least seeds, which is 3"),
        ({"max_seeds": 0}, "--max-seeds 0: "),
        ({"max_seeds": 31}, "--max-seeds 31: "),
    ],
)
def test_numbers_of_seeds_that_make_no_sense_are_refused(options: dict[str, int], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        scenario(**options)


def test_a_resumed_soak_keeps_the_seeds_that_were_added_and_looks_after_them(carried_out, tmp_path: Path) -> None:
    wanted, folder = scenario(seeds=2, max_seeds=5), tmp_path / "smoke" / "killed"
    for row in run_rows.World(wanted, folder).rows([1, 2, 3]):
        row.folder.mkdir(parents=True)
        row.job.write(row.folder)
        if row.job.seed != 3:
            (row.folder / "run.json").write_text('{"status": "complete"}')
    looks: list[int] = []

    def until_four(seeds: int) -> bool:
        looks.append(seeds)
        return seeds < 4

    planned = soak.plan_resumed(wanted, folder, real_time=False, at_once=1)
    assert soak.carry_out(planned, observe=lambda _states: None, undecided=until_four).folder == folder
    assert carried_out == [[3], [4]]
    assert looks == [3, 4]
    assert not (tmp_path / "latest").is_symlink()
