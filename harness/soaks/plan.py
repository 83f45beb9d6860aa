"""The runs of a scenario as jobs, and whether this machine can carry them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from harness.errors import UsageError
from harness.scenario import Scenario, scale_down
from harness.soaks.feed_recipes import feed_recipes
from harness.worker.job import Job

ROOM_FOR_GROWTH = 1.1
"""A run that has no room to grow by a tenth of its baseline would show nothing but its limit."""

IDLE_MARGIN = 1.05
"""An idle process varies by a few per cent: the scale that is advised leaves room for that."""


def plan_jobs(scenario: Scenario, *, real_time: bool = False, seeds: Iterable[int] | None = None) -> list[Job]:
    """One job per seed and config, the configs of a seed next to one another: they are compared with each other.

    Seeds are the scenario's first ones, or `seeds`. Raises UsageError where the target cannot live at the
    scenario's scale, or the scenario's recording is not what the scenario says.
    """
    world = scale_down(scenario)
    recipe_of = feed_recipes(scenario, world.market)
    return [
        Job(
            **recipe,
            config=config,
            real_time=real_time,
            factory=scenario.target.factory,
            params=params,
            code=list(world.programs[config].code),
            interpreter=world.programs[config].own_interpreter,
            site=world.programs[config].site,
            not_from=world.programs[config].not_from,
            env=scenario.env_of(config),
            stand_ins=scenario.target.stand_ins,
            own_folder=scenario.target.own_folder,
            venue="" if scenario.exchange is None else scenario.exchange.venue,
            active_symbols=0 if scenario.exchange is None else scenario.exchange.active_symbols or 0,
            wire_faults=None if scenario.exchange is None else scenario.exchange.wire_faults(),
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
            baseline_bytes=round((world.memory.baseline_gb or 0) * 1e9),
            limit_bytes=round(world.memory.limit_gb * 1e9),
        )
        for recipe in (vars(recipe_of(seed)) for seed in (scenario.planned_seeds() if seeds is None else seeds))
        for config, params in world.configs.items()
    ]


def cores() -> int:
    """The cores that this process may use: as many runs go at once, unless the user says otherwise."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def refuse_too_large(scenario: Scenario, jobs: Sequence[Job], room_bytes: int) -> None:
    """Raise UsageError, with a scale that would do, where a run does not even have room for its baseline."""
    largest = max(job.baseline_bytes for job in jobs) * ROOM_FOR_GROWTH
    if largest <= room_bytes:
        return
    need = (
        f"a run starts at {largest / ROOM_FOR_GROWTH / 1e9:.1f} GB "
        f"(memory.baseline_gb at scale {scenario.memory.scale:g})"
    )
    rounded = int(scenario.memory.scale * room_bytes / largest * 1000) / 1000
    advice = f"use --scale {rounded:g}" if rounded else "free some memory first"
    raise UsageError(f"{scenario.name}: {need} but this machine has {room_bytes / 1e9:.1f} GB for runs: {advice}")
