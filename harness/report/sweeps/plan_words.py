"""The plan of a sweep in words: its worlds, configs and runs, and what they cost."""

from __future__ import annotations

from harness.forecasts.forecast import Forecast
from harness.report.words.durations import about
from harness.sweeps.planned import PlannedSweep
from harness.text import first_of, number

MOST_NAMED = 8


def plan_lines(planned: PlannedSweep, cost: Forecast | None) -> list[str]:
    """Return what runs, how much of it is recorded already, and what it costs, a sentence each."""
    rows, waiting = planned.rows, planned.waiting
    worlds = list(dict.fromkeys(row.world.folder.name for row in rows))
    configs = list(dict.fromkeys(row.job.config for row in rows))
    seeds = sorted({row.job.seed for row in rows})
    scales = sorted({row.job.memory_scale for row in rows})
    hours = sorted({row.world.scenario.time.hours for row in rows})
    part = "" if planned.shard is None else f", shard {planned.shard}"
    lines = [
        f"Sweep {planned.sweep} of {planned.scenario.name}{part}: {_count(len(rows), 'run')}: "
        f"{_count(len(worlds), 'world')} ({first_of(worlds, MOST_NAMED)}), "
        f"{_count(len(configs), 'config')} ({first_of(configs, MOST_NAMED)}), {_count(len(seeds), 'seed')}; "
        f"scale {', '.join(map(number, scales))}, {', '.join(map(number, hours))} virtual hours, "
        f"{min(planned.at_once, len(rows))} at once."
    ]
    if len(waiting) < len(rows):
        lines.append(f"{len(rows) - len(waiting)} of them are recorded and kept.")
    if cost is not None:
        lines.append(
            f"By {cost.source}: {about(cost.wall_s)}, {about(cost.cpu_s)} of one core, at most "
            f"{cost.memory_bytes / 1e9:.2f} GB of memory at the same time."
        )
    return lines


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
