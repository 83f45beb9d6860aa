"""One soak: from a scenario to a result folder with every run recorded."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError
from harness.scenario import Scenario, to_toml
from harness.soaks import result_folder as results
from harness.soaks.admission import room_bytes
from harness.soaks.plan import cores, plan_jobs, refuse_too_large
from harness.soaks.supervisor import Observer, supervise
from harness.worker.job import Job

IDLE_MARGIN = 1.05
"""An idle process varies by a few per cent: the scale that is advised leaves room for that."""


@dataclass(frozen=True)
class Planned:
    """A soak that this machine can carry out: its first runs, and its folder, which is no result until they begin."""

    scenario: Scenario
    root: Path
    folder: Path
    real_time: bool
    jobs: Sequence[Job]
    at_once: int


@dataclass(frozen=True)
class Soak:
    """A soak that was carried out, or interrupted: its folder holds what was recorded."""

    folder: Path
    interrupted: bool


Undecided = Callable[[Path, int], bool]
"""Whether what a result folder holds, of so many seeds, leaves something open that one more seed may decide."""


def plan(scenario: Scenario, root: Path, *, real_time: bool, at_once: int | None) -> Planned:
    """Every config of `scenario` with every seed, and an empty folder for them under `root`.

    Raises UsageError where the machine has not enough memory or the folder cannot be made.
    """
    jobs = plan_jobs(scenario, real_time=real_time)
    refuse_too_large(scenario, jobs, room_bytes())
    folder = results.create_result(root, scenario.name)
    return Planned(scenario, root, folder, real_time, jobs, at_once or cores())


def carry_out(planned: Planned, *, observe: Observer, undecided: Undecided = lambda _folder, _seeds: False) -> Soak:
    """Run what was planned.

    Where the scenario has `max_seeds`, a seed is added while what is recorded is `undecided`: these are the looks of
    harness.analysis.leaks.sequential. Raises UsageError where the idle process is larger than the baseline, SoakError
    where the disk ran full. Recordings are kept in every case.
    """
    scenario, folder, real_time, at_once = planned.scenario, planned.folder, planned.real_time, planned.at_once
    try:
        (folder / results.SCENARIO_FILE).write_text(to_toml(scenario), encoding="utf-8")
        results.write_manifest(folder, scenario_name=scenario.name, real_time=real_time, command=results.command_line())
        results.point_latest(planned.root, folder)
        interrupted = False
        try:
            _run(scenario, folder, planned.jobs, at_once, observe)
            for seed in scenario.further_seeds():
                if not undecided(folder, seed - scenario.first_seed):
                    break
                _run(scenario, folder, plan_jobs(scenario, real_time=real_time, seeds=[seed]), at_once, observe)
        except KeyboardInterrupt:
            interrupted = True
    except OSError as error:
        raise results.refuse_full_disk(error, folder) from error
    return Soak(folder, interrupted)


def _run(scenario: Scenario, folder: Path, jobs: Sequence[Job], at_once: int, observe: Observer) -> None:
    folders = [results.run_folder(folder, job) for job in jobs]
    for one in supervise(jobs, folders, at_once=at_once, observe=observe):
        if one.get("status") == "refused":
            raise _too_small(scenario, int(one["idle_rss_bytes"]))


def _too_small(scenario: Scenario, idle_bytes: int) -> UsageError:
    baseline = scenario.memory.baseline_gb * 1e9
    enough = math.ceil(idle_bytes * IDLE_MARGIN / baseline * 1000) / 1000
    advice = f"--scale {enough:g} would do" if enough <= 1 else "raise memory.baseline_gb"
    return UsageError(
        f"{scenario.name}: memory.scale = {scenario.memory.scale:g}: the idle process takes {idle_bytes / 1e6:.0f} MB, "
        f"more than the baseline of {scenario.memory.baseline_gb:g} GB at this scale "
        f"({baseline * scenario.memory.scale / 1e6:.0f} MB): {advice}"
    )
