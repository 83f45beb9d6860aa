"""One soak: a table of every config with every seed, and of the seeds that are added while something is open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError
from harness.scenario import Scenario
from harness.soaks import interrupts, result_folder, run_rows
from harness.soaks.admission import room_bytes
from harness.soaks.plan import cores, plan_jobs, refuse_too_large
from harness.soaks.result_folder import seed_of
from harness.soaks.run_rows import Row, World
from harness.soaks.supervisor import Observer
from harness.worker.job import JOB_FILE


@dataclass(frozen=True)
class Planned:
    """A soak that this machine can carry out: its first rows, in a world whose folder is no result until they begin."""

    world: World
    root: Path | None  # whose `latest` is to point at it; None: it stays as it is
    rows: Sequence[Row]
    at_once: int

    @property
    def scenario(self) -> Scenario:
        """What is soaked."""
        return self.world.scenario

    @property
    def folder(self) -> Path:
        """Where its result will lie."""
        return self.world.folder


@dataclass(frozen=True)
class Soak:
    """A soak that was carried out, or interrupted: its folder holds what was recorded."""

    folder: Path
    interrupted: bool


Undecided = Callable[[int], bool]
"""Whether what was recorded, of so many seeds, leaves something open that one more seed may decide."""


def plan(scenario: Scenario, root: Path, *, real_time: bool, at_once: int | None) -> Planned:
    """Every config of `scenario` with every seed, and an empty folder for them under `root`.

    Raises UsageError where the machine has not enough memory or the folder cannot be made.
    """
    jobs = plan_jobs(scenario, real_time=real_time)
    refuse_too_large(scenario, jobs, room_bytes())
    world = World(scenario, result_folder.create_result(root, scenario.name), real_time)
    return Planned(world, root, [Row(world, job) for job in jobs], at_once or cores())


def plan_resumed(scenario: Scenario, folder: Path, *, real_time: bool, at_once: int | None) -> Planned:
    """The soak that `folder` is the result of, to be carried out again: what is recorded is kept.

    Seeds that were added belong to its first rows: something was open when they were. Raises UsageError where the
    machine has not enough memory, or where a run that is kept was another than the one that would be run now.
    """
    world = World(scenario, folder, real_time)
    added = {seed_of(run) for run in result_folder.run_folders(folder)} & {*scenario.further_seeds()}
    seeds = range(scenario.first_seed, max(added, default=scenario.planned_seeds()[-1]) + 1)
    rows = world.rows(seeds)
    refuse_too_large(scenario, [row.job for row in rows], room_bytes())
    for row in rows:
        if row.state in run_rows.RECORDED and (key := row.other_job()) is not None:
            raise UsageError(
                f"{row.folder / JOB_FILE}: {key} is not what would be run now: the target was changed, or a file"
            )
    return Planned(world, None, rows, at_once or cores())


def carry_out(planned: Planned, *, observe: Observer, undecided: Undecided = lambda _seeds: False) -> Soak:
    """Run what was planned.

    Where the scenario has `max_seeds`, a seed is added while what is recorded is `undecided`: these are the looks of
    harness.analysis.leaks.sequential. Raises UsageError where the idle process is larger than the baseline, SoakError
    where the disk ran full. Recordings are kept in every case.
    """
    world, scenario = planned.world, planned.scenario
    try:
        with interrupts.held():
            _begin(planned)
            run_rows.carry_out(planned.rows, at_once=planned.at_once, observe=observe)
            begun = {row.job.seed for row in planned.rows}
            for seed in (seed for seed in scenario.further_seeds() if seed not in begun):
                if not undecided(seed - scenario.first_seed):
                    break
                run_rows.carry_out(world.rows([seed]), at_once=planned.at_once, observe=observe)
    except KeyboardInterrupt:
        return Soak(world.folder, interrupted=True)
    return Soak(world.folder, interrupted=False)


def _begin(planned: Planned) -> None:
    try:
        planned.world.begin()
        if planned.root is not None:
            result_folder.point_latest(planned.root, planned.folder)
    except OSError as error:
        raise result_folder.refuse_full_disk(error, planned.folder) from error
