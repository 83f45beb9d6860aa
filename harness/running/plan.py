"""The runs of a scenario as jobs, and whether this machine can carry them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import psutil

from harness.errors import UsageError
from harness.running.job import Job
from harness.running.recorded import open_recording
from harness.scenario import Scenario, scale_down
from synthetic.symbols import instruments

RESERVE_BYTES = 500_000_000
"""Left to the rest of the machine, the supervisor and the drawing of the report."""


def plan_jobs(scenario: Scenario, *, real_time: bool = False, seeds: Iterable[int] | None = None) -> list[Job]:
    """One job per seed and config, the configs of a seed next to one another: they are compared with each other.

    Seeds are the scenario's first ones, or `seeds`. Raises UsageError where the target cannot live at the
    scenario's scale, or the scenario's recording is not what the scenario says.
    """
    world = scale_down(scenario)
    recording = open_recording(scenario)
    start_ms = round(world.market.start.timestamp() * 1000) if recording is None else recording.start_ms
    return [
        Job(
            config=config,
            seed=seed,
            real_time=real_time,
            factory=scenario.target.factory,
            params=params,
            env=scenario.env_of(config),
            instruments=instruments(world.market.symbols, seed) if recording is None else recording.instruments,
            depth=world.market.depth,
            books_per_second=world.market.books_per_second,
            candle_s=world.market.candle_s,
            start_ms=start_ms,
            horizon_s=scenario.time.hours * 3600,
            warmup_s=scenario.time.warmup_minutes * 60,
            run_on_s=scenario.time.run_on_s,
            settle_s=scenario.time.settle_minutes * 60,
            cycle_s=scenario.time.cycle_s,
            sample_every_s=scenario.time.sample_every_s,
            stall_s=scenario.stall_s,
            anatomy_every_s=scenario.time.anatomy_every_minutes * 60,
            starts=scenario.time.starts,
            memory_scale=scenario.memory.scale,
            baseline_bytes=round(world.memory.baseline_gb * 1e9),
            limit_bytes=round(world.memory.limit_gb * 1e9),
            season=world.market.season,
            faults=world.market.faults.faults() if world.market.faults is not None else None,
            recording=None if recording is None else os.path.abspath(recording.path),
        )
        for seed in (scenario.planned_seeds() if seeds is None else seeds)
        for config, params in world.configs.items()
    ]


def _cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def free_memory_bytes() -> int:
    """What this machine, or the control group of this process where that is tighter, can still give."""
    free = int(psutil.virtual_memory().available)
    for limit_file, usage_file in (
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ):
        try:
            limit, usage = Path(limit_file).read_text().strip(), Path(usage_file).read_text().strip()
        except OSError:
            continue
        if limit != "max":
            free = min(free, int(limit) - int(usage))
    return free


def choose_jobs_at_once(scenario: Scenario, jobs: Sequence[Job], asked: int | None, free_bytes: int) -> int:
    """How many runs to have at once: as asked, else one a core, as many as fit together.

    A run may take all of its memory limit before it is ended there. Raises UsageError where not even one run fits, or
    not as many as were asked for; it says which scale or how many jobs would do.
    """
    room = free_bytes - RESERVE_BYTES
    largest = max(job.limit_bytes for job in jobs)
    fitting = max(room // largest, 0)
    wanted = min(asked if asked is not None else _cores(), len(jobs))
    if fitting >= wanted:
        return wanted
    need = f"a run may grow to {largest / 1e9:.1f} GB (memory.limit_gb at scale {scenario.memory.scale:g})"
    have = f"this machine has {free_bytes / 1e9:.1f} GB free"
    if fitting and asked is not None:
        raise UsageError(f"--jobs {asked}: {need} and {have}: use --jobs {fitting}, or a smaller --scale")
    if fitting:
        return int(fitting)
    scale = scenario.memory.scale * max(room, 0) / largest
    rounded = int(scale * 1000) / 1000
    advice = f"use --scale {rounded:g}" if rounded else "free some memory first"
    raise UsageError(f"{scenario.name}: {need} but {have}: {advice}")
