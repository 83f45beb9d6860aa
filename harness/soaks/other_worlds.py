"""A scenario's configs in worlds of other sizes: the same market and configs, runs of them in folders of their own.

Each config at each scale is a result folder like any other, ``<config>-<scale>/``, with the scenario that ran there.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import SoakError
from harness.scenario import Scenario, to_toml
from harness.soaks import result_folder as results
from harness.soaks.admission import Admission, room_bytes
from harness.soaks.plan import cores, plan_jobs
from harness.soaks.supervisor import Observer, supervise
from harness.worker.job import Job
from harness.worker.recorder import RUN_FILE


@dataclass(frozen=True)
class Elsewhere:
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
        smaller = scenario.with_options(
            scale=self.scale,
            hours=self.hours,
            configs=[self.config],
            seeds=len(self.seeds),
            first_seed=self.seeds[0],
        )
        return smaller.model_copy(update={"claims": (), "max_seeds": None})

    def jobs(self, scenario: Scenario) -> list[Job]:
        """Its runs."""
        return plan_jobs(self.of(scenario), seeds=self.seeds)


def carry_out(
    scenario: Scenario,
    worlds: Sequence[Elsewhere],
    root: Path,
    *,
    at_once: int | None = None,
    foretold: Mapping[str, float] | None = None,
    observe: Observer,
) -> None:
    """Carry out the runs of `worlds`, each in its folder below `root`; what is recorded there already is kept.

    `foretold` are the peaks of configs, bytes at full scale, by which runs are admitted. Raises SoakError where the
    disk ran full, KeyboardInterrupt once every process is gone; what was recorded is kept in both cases.
    """
    jobs: list[Job] = []
    folders: list[Path] = []
    try:
        for world in worlds:
            folder = root / world.folder_name
            _begin(world.of(scenario), folder)
            for job in world.jobs(scenario):
                run = results.run_folder(folder, job)
                if not _is_recorded(run):
                    shutil.rmtree(run, ignore_errors=True)
                    jobs.append(job)
                    folders.append(run)
        supervise(
            jobs, folders, at_once=at_once or cores(), observe=observe, admission=Admission(room_bytes(), foretold)
        )
    except OSError as error:
        raise SoakError(f"{root}: {error.strerror}: what was recorded before is kept there") from error


def _begin(scenario: Scenario, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / results.SCENARIO_FILE).write_text(to_toml(scenario), encoding="utf-8")
    if not (folder / results.MANIFEST_FILE).exists():
        results.write_manifest(folder, scenario_name=scenario.name, real_time=False, command=results.command_line())


def _is_recorded(run: Path) -> bool:
    """Whether a run ended as runs do: what was interrupted or died is run again."""
    try:
        status = json.loads((run / RUN_FILE).read_text(encoding="utf-8")).get("status")
    except (OSError, ValueError):
        return False
    return status in ("complete", "limit")
