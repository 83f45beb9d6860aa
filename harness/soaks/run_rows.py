"""The table of runs: each row is one run of one config in one world, with its seed, its environment and its state.

A soak, the seeds that are added to it, its anchor runs, its standing controls, a calibration over scales: each is such
a table. They differ in their axes and in who looks at the outcome. What is recorded is kept: to resume a table that was
interrupted, carry it out again.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError
from harness.files import in_one_piece
from harness.made_here import sign
from harness.on_disk.noting import note_rows_on_disk
from harness.scenario import Scenario, to_toml
from harness.scenario.overrides import with_options
from harness.soaks import result_folder
from harness.soaks.admission import Admission, room_bytes
from harness.soaks.living import locked
from harness.soaks.plan import IDLE_MARGIN, plan_jobs
from harness.soaks.supervisor import Observer, supervise
from harness.worker.job import JOB_FILE, Job
from harness.worker.recorder import RUN_FILE

WAITING = "waiting"

RECORDED = frozenset({"complete", "limit"})
"""States in which a run ended as runs do; what was interrupted or died is run again."""


@dataclass(frozen=True)
class World:
    """A scenario as it runs in one result folder: its market and configs at its scale, for its hours, by one clock."""

    scenario: Scenario
    folder: Path
    real_time: bool = False

    def rows(self, seeds: Iterable[int] | None = None) -> tuple[Row, ...]:
        """Every config with every seed of the scenario, or of `seeds`.

        Raises UsageError where the target cannot live at its scale, or its recording is not what it says.
        """
        jobs = plan_jobs(self.scenario, real_time=self.real_time, seeds=seeds)
        return tuple(Row(self, job) for job in jobs)

    def begin(self) -> None:
        """Make the folder a result: with its manifest and its scenario, unless it is one already.

        The scenario comes last, in one piece: a folder that has one can be read.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.folder / result_folder.MANIFEST_FILE).exists():
            result_folder.write_manifest(self.folder, scenario_name=self.scenario.name, real_time=self.real_time)
        with in_one_piece(self.folder / result_folder.SCENARIO_FILE) as partial:
            partial.write_text(to_toml(self.scenario), encoding="utf-8")
            sign(partial, becomes=self.folder / result_folder.SCENARIO_FILE)


@dataclass(frozen=True)
class Row:
    """One run: its world, and its job, which names the config, the seed and the environment."""

    world: World
    job: Job

    @property
    def folder(self) -> Path:
        """Where it is recorded."""
        return self.world.folder / "runs" / self.job.config / f"seed-{self.job.seed}"

    @property
    def state(self) -> str:
        """How the run ended, as it was recorded; WAITING where it has not, or cannot be read."""
        try:
            status = json.loads((self.folder / RUN_FILE).read_text(encoding="utf-8")).get("status")
        except (OSError, ValueError, AttributeError):
            return WAITING
        return status if isinstance(status, str) else WAITING

    def other_job(self, run: Path | None = None) -> str | None:
        """The first key by which the job of a recorded `run` is another than this row's; None: it is this.

        Where no run is given it is the one that is recorded here.
        """
        try:
            recorded = json.loads(((run or self.folder) / JOB_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return "what it holds"
        now = json.loads(self.job.text())
        if not isinstance(recorded, dict):
            return "what it holds"
        return next((key for key in sorted({*now, *recorded}) if now.get(key) != recorded.get(key)), None)


@dataclass(frozen=True)
class OtherWorld:
    """Runs of one config of a scenario at another scale, for so many hours, with these seeds, in this order."""

    config: str
    scale: float
    hours: float
    seeds: tuple[int, ...]

    @property
    def folder_name(self) -> str:
        """The name of its result folder."""
        return f"{self.config}-{self.scale:g}"

    def of(self, scenario: Scenario) -> Scenario:
        """The scenario that runs there: nothing is claimed of it, and no seed is added."""
        smaller = with_options(
            scenario,
            scale=self.scale,
            hours=self.hours,
            configs=[self.config],
            seeds=len(self.seeds),
            first_seed=self.seeds[0],
        )
        return smaller.model_copy(update={"claims": (), "max_seeds": None})

    def rows(self, scenario: Scenario, root: Path) -> tuple[Row, ...]:
        """Its runs, in a result folder of their own below `root`."""
        return World(self.of(scenario), root / self.folder_name).rows(self.seeds)


def carry_out(
    rows: Sequence[Row], *, at_once: int, observe: Observer, foretold: Mapping[str, float] | None = None
) -> None:
    """Begin the worlds of `rows` and run what is not recorded yet, `at_once` at a time, as far as memory allows.

    `foretold` are the peaks of configs, bytes at full scale, by which runs are admitted. Raises UsageError where an
    idle process is larger than its baseline or another process carries out runs there, SoakError where the disk is
    full, KeyboardInterrupt once every process is gone. Recordings are kept in every case. The rows that targets left
    on disk are counted at last.
    """
    waiting = {row.folder: row for row in rows if row.state not in RECORDED}
    with begun(rows):
        for folder in waiting:
            shutil.rmtree(folder, ignore_errors=True)
        ended = supervise(
            {folder: row.job for folder, row in waiting.items()},
            at_once=at_once,
            observe=observe,
            admission=Admission(room_bytes(), foretold),
        )
    for folder, facts in ended.items():
        if facts["status"] == "refused":
            raise too_small(waiting[folder], int(facts["idle_rss_bytes"]))


@contextlib.contextmanager
def begun(rows: Sequence[Row]) -> Iterator[None]:
    """Begin the worlds of `rows`, and hold them inside.

    Raises UsageError where another process carries out runs there, SoakError for an OSError inside: the disk is full.
    """
    worlds = {row.world.folder: row.world for row in rows}
    try:
        with contextlib.ExitStack() as locks:
            for world in worlds.values():
                world.folder.mkdir(parents=True, exist_ok=True)
                if not locks.enter_context(locked(world.folder)):
                    raise UsageError(f"{world.folder}: another process carries out runs there")
                world.begin()
            yield
            for world in worlds.values():
                folders = [row.folder for row in rows if row.world.folder == world.folder]
                note_rows_on_disk(folders, world.scenario.target.persisted)
    except BrokenPipeError:  # nobody reads any more what is told: no disk is full
        raise
    except OSError as error:
        raise result_folder.refuse_full_disk(error, Path(os.path.commonpath(worlds))) from error


def too_small(row: Row, idle_bytes: int) -> UsageError:
    """The error for a run that was refused: its idle process is larger than its baseline."""
    scenario = row.world.scenario
    baseline_gb = scenario.memory.baseline_gb
    assert baseline_gb is not None  # without one nothing is too small
    baseline = baseline_gb * 1e9
    enough = math.ceil(idle_bytes * IDLE_MARGIN / baseline * 1000) / 1000
    advice = f"--scale {enough:g} would do" if enough <= 1 else "raise memory.baseline_gb"
    return UsageError(
        f"{scenario.name}: memory.scale = {scenario.memory.scale:g}: the idle process takes {idle_bytes / 1e6:.0f} MB, "
        f"more than the baseline of {baseline_gb:g} GB at this scale "
        f"({baseline * scenario.memory.scale / 1e6:.0f} MB): {advice}"
    )
