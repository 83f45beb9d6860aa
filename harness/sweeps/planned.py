"""A sweep that this machine can carry out: its rows, those of a shard, its result folder; carried out and resumed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.errors import UsageError
from harness.files import in_one_piece
from harness.made_here import sign
from harness.scenario import Scenario, to_toml
from harness.soaks import interrupts, result_folder, run_rows
from harness.soaks.admission import room_bytes
from harness.soaks.plan import cores, refuse_too_large
from harness.soaks.run_rows import RECORDED, Row, World
from harness.soaks.supervisor import Observer
from harness.sweeps.sweep_file import WORLDS_FOLDER, Shard, SweepFile, groups_of
from harness.sweeps.worlds import worlds_of
from harness.worker.job import JOB_FILE

ROOM: Final = "sweeps"
"""Where in the folder of results those of sweeps lie."""


@dataclass(frozen=True)
class PlannedSweep:
    """The rows of a sweep, or of one shard of it, in worlds below its folder.

    `scenario` declares the one sweep, with all that was asked for; its configs are as they were written.
    """

    scenario: Scenario
    sweep: str
    folder: Path
    rows: tuple[Row, ...]
    at_once: int
    shard: Shard | None = None

    @property
    def waiting(self) -> tuple[Row, ...]:
        """The rows that are not recorded yet, in their order."""
        return tuple(row for row in self.rows if row.state not in RECORDED)


def rows_of(worlds: dict[str, Scenario], folder: Path, shard: Shard | None = None) -> tuple[Row, ...]:
    """Every run of these worlds, by seed, then world; of a `shard` its part.

    What is compared with each other, the configs of one world with one seed, is never parted. Raises UsageError where
    there are fewer such groups than shards.
    """
    seeds = next(iter(worlds.values())).planned_seeds()
    there = {name: World(scenario, folder / WORLDS_FOLDER / name) for name, scenario in worlds.items()}
    groups = groups_of(there, seeds)
    if shard is not None:
        if shard.of > len(groups):
            apart = f"{len(groups)} {'part' if len(groups) == 1 else 'parts'}"
            compared = "the configs of a world with one seed are compared, and run on one machine"
            raise UsageError(f"--shard {shard}: the sweep comes apart into {apart} at most: {compared}")
        groups = shard.part_of(groups)
    return tuple(row for world, seed in groups for row in there[world].rows([seed]))


def plan(
    scenario: Scenario, sweep: str, folder: Path, *, shard: Shard | None, at_once: int | None, elsewhere: bool = False
) -> PlannedSweep:
    """The sweep as it would run in `folder`, on this machine or `elsewhere`.

    Raises UsageError where a value, the shard or the memory of this machine forbids it.
    """
    rows = rows_of(worlds_of(scenario, sweep), folder, shard)
    if elsewhere:
        return PlannedSweep(scenario, sweep, folder, rows, at_once or cores(), shard)
    for world in {row.world.folder: row.world for row in rows}.values():
        jobs = [row.job for row in rows if row.world is world]
        refuse_too_large(world.scenario, jobs, room_bytes())
    return PlannedSweep(scenario, sweep, folder, rows, at_once or cores(), shard)


def create(root: Path, scenario: Scenario, sweep: str) -> Path:
    """Make an empty folder for the result of a sweep. Raises UsageError where it cannot be made."""
    results = results_of(root, scenario, sweep)
    return result_folder.create_result(results.parent, results.name)


def results_of(root: Path, scenario: Scenario, sweep: str) -> Path:
    """Where in the folder of results those of one sweep lie."""
    return root / ROOM / f"{scenario.name}-{sweep}"


def begin(planned: PlannedSweep) -> None:
    """Make the folder the result of a sweep: manifest, sweep.json, and last its scenario, unless it is one already."""
    folder = planned.folder
    if not (folder / result_folder.MANIFEST_FILE).exists():
        result_folder.write_manifest(folder, scenario_name=planned.scenario.name, real_time=False)
        SweepFile(planned.sweep, planned.shard).write(folder)
    write_scenario(planned.scenario, folder)


def write_scenario(scenario: Scenario, folder: Path, *, signed: bool = True) -> None:
    """Write scenario.toml of a sweep, in one piece."""
    with in_one_piece(folder / result_folder.SCENARIO_FILE) as partial:
        partial.write_text(to_toml(scenario), encoding="utf-8")
        if signed:
            sign(partial, becomes=folder / result_folder.SCENARIO_FILE)


def refuse_other_jobs(rows: Sequence[Row]) -> None:
    """Raise UsageError where a run that is kept was another than the one that would be run now."""
    for row in rows:
        if row.state in RECORDED and (key := row.other_job()) is not None:
            raise UsageError(
                f"{row.folder / JOB_FILE}: {key} is not what would be run now: the target was changed, or a file"
            )


def carry_out(planned: PlannedSweep, *, observe: Observer, carry: Callable[..., None] = run_rows.carry_out) -> bool:
    """Run what is not recorded yet; return whether it was interrupted. Recordings are kept in every case.

    `carry` is what runs rows: here, or on the machines of a cluster.

    Raises UsageError where an idle process is larger than its baseline, SoakError where the disk is full.
    """
    try:
        with interrupts.held():
            try:
                begin(planned)
            except OSError as error:
                raise result_folder.refuse_full_disk(error, planned.folder) from error
            carry(planned.rows, at_once=planned.at_once, observe=observe)
    except KeyboardInterrupt:
        return True
    return False
