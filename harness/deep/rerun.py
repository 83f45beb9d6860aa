"""A rerun of one config with its allocations traced: which job, in which processes, and what they found."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.deep.findings import ByCensus, ByMemray, ByTracemalloc, by_census, by_memray, by_tracemalloc
from harness.deep.tracers import CAPTURE_FILE, FOUND_FILE
from harness.errors import SoakError, UsageError
from harness.files import write_json
from harness.made_here import refuse_foreign
from harness.soaks.admission import RESERVE_BYTES, free_memory_bytes
from harness.soaks.result_folder import run_folders, seed_of
from harness.soaks.supervisor import Observer, supervise
from harness.worker.job import JOB_FILE, Job

FOLDER = "deep"
FLAME_FILE = "flamegraph.html"
ALLOCATIONS_FILE = "allocations.json"

LONGEST_H = 0.25
SHORTEST_H = 0.05
"""Virtual hours of a rerun, at most and at least: a slow leak may need candles or cycles to show."""

MEASURABLE_BYTES = 20e6
"""Real bytes that the owner in question is to grow by in a rerun."""

SLOWDOWN = 20
"""So many times slower a traced run may be before it counts as stalled."""


@dataclass(frozen=True, kw_only=True)
class Allocations(ByTracemalloc, ByMemray, ByCensus):
    """What reruns of one config found. Bytes are real ones, of `hours` virtual hours.

    `limited`: one of them ended before that, for want of memory. `flame` is the flame graph, None without memray.
    """

    hours: float
    limited: bool
    flame: Path | None


def _recorded_run(result: Path, config: str, seed: int | None) -> Path:
    """The folder of the run to carry out again: of `seed`, else of the first. Raises UsageError where there is none."""
    seeds = {seed_of(run): run for run in run_folders(result) if run.parent.name == config}
    if not seeds:
        recorded = ", ".join(dict.fromkeys(run.parent.name for run in run_folders(result)))
        raise UsageError(f"--config {config}: not in {result}; its configs: {recorded or 'none'}")
    chosen = min(seeds) if seed is None else seed
    if chosen not in seeds:
        raise UsageError(f"--seed {chosen}: {config} was recorded with {', '.join(map(str, seeds))}")
    return seeds[chosen]


def plan_rerun(
    result: Path,
    config: str,
    seed: int | None,
    hours: float | None,
    bytes_per_hour: float | None,
    *,
    trusted: bool = False,
) -> Job:
    """The recorded job of a config, made shorter: `hours`, else until what grows by `bytes_per_hour` has grown.

    Raises UsageError where the config, the seed or its job was not recorded, the job was not made here and is not
    `trusted`, the hours are more than were, or the machine has too little memory.
    """
    run = _recorded_run(result, config, seed)
    try:
        job = Job.read(run)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{run}: its job.json cannot be read: {error}") from error
    if not trusted:
        refuse_foreign(run / JOB_FILE, f"{run}: its job", job.factory, [*job.env.items(), *_own_code(job)])
    recorded_h = job.horizon_s / 3600
    if hours is not None and not 0 < hours <= recorded_h:
        raise UsageError(f"--hours {hours:g}: above 0 and at most the {recorded_h:g} that were recorded")
    wanted_s = 3600 * (min(hours_for(bytes_per_hour), recorded_h) if hours is None else hours)
    horizon_s = job.sample_every_s * max(round(wanted_s / job.sample_every_s), 1)
    return replace(
        job,
        horizon_s=horizon_s,
        warmup_s=min(job.warmup_s, horizon_s / 5),
        run_on_s=0.0,
        settle_s=0.0,
        starts=1,
        stall_s=job.stall_s * SLOWDOWN,
        anatomy_every_s=max(horizon_s, job.sample_every_s),
        limit_bytes=_room_for(job),
    )


def _own_code(job: Job) -> list[tuple[str, str]]:
    """What a job runs that is not importable here."""
    python = [("python", job.interpreter)] if job.interpreter else []
    return [*python, *(("path", folder) for folder in job.code)]


def _room_for(job: Job) -> int:
    """Bytes at which a rerun ends: half of what is free, for a tracer takes as much again when it looks at the end.

    The limit of the recording says nothing here: a tracer takes several times what the target does.
    """
    room = (free_memory_bytes() - RESERVE_BYTES) // 2
    if room <= job.baseline_bytes:
        need = (2 * job.baseline_bytes + RESERVE_BYTES) / 1e9
        raise UsageError(f"a rerun of {job.config} needs more than {need:.1f} GB of free memory")
    return room


def hours_for(bytes_per_hour: float | None) -> float:
    """Virtual hours until an owner has grown by MEASURABLE_BYTES, within bounds."""
    if bytes_per_hour is None or bytes_per_hour <= 0:
        return LONGEST_H
    return min(max(MEASURABLE_BYTES / bytes_per_hour, SHORTEST_H), LONGEST_H)


def has_memray() -> bool:
    """Whether the extra that draws flame graphs is installed."""
    return importlib.util.find_spec("memray") is not None


def trace(result: Path, job: Job, owners: Sequence[str], observe: dict[str, Observer]) -> Allocations:
    """Carry out `job` once under each tracer in `observe`, which sees how far it is; what stays lies in the result.

    Raises SoakError where a rerun failed or the disk is full; KeyboardInterrupt once its process is gone.
    """
    folder = result / FOLDER / job.config
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        found: dict[str, Any] = {"hours": job.horizon_s / 3600, "limited": False}
        found |= ByMemray().to_json() | ByCensus().to_json()
        for tracer, watch in observe.items():
            scratch = folder / tracer
            program = ("harness.deep.traced_run", tracer, *owners)
            facts = supervise({scratch: job}, at_once=1, observe=watch, program=program)[scratch]
            if facts["status"] != "complete" and not (facts["status"] == "limit" and (scratch / FOUND_FILE).exists()):
                raise SoakError(f"the rerun under {tracer} {facts['status']}: {' '.join(str(facts['reason']).split())}")
            if facts["status"] == "limit":
                found.update(limited=True, hours=min(found["hours"], facts["t_s"] / 3600))
            found.update(json.loads((scratch / FOUND_FILE).read_text(encoding="utf-8")))
            if tracer == "memray":
                _draw(scratch / CAPTURE_FILE, folder / FLAME_FILE)
            shutil.rmtree(scratch)
        write_json(found, folder / ALLOCATIONS_FILE)
    except OSError as error:
        raise SoakError(f"{folder}: {error.strerror}") from error
    finally:
        if not (folder / ALLOCATIONS_FILE).exists():
            shutil.rmtree(folder, ignore_errors=True)
            with contextlib.suppress(OSError):
                folder.parent.rmdir()  # unless another config's are there
    return Allocations(
        **vars(by_tracemalloc(found)),
        **vars(by_memray(found)),
        **vars(by_census(found)),
        hours=found["hours"],
        limited=found["limited"],
        flame=folder / FLAME_FILE if "memray" in observe else None,
    )


def _draw(capture: Path, picture: Path) -> None:
    """Have memray draw what was still held; raises SoakError with its last words where it cannot."""
    drawn = subprocess.run(
        [sys.executable, "-P", "-m", "memray", "flamegraph", "--leaks", "--no-web", "--output", picture, capture],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    capture.unlink(missing_ok=True)
    if drawn.returncode:
        words = (drawn.stderr or drawn.stdout).strip().splitlines() or ["no word"]
        raise SoakError(f"memray drew no flame graph: {words[-1]}")
