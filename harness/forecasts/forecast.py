"""What rows of runs take, in real seconds and bytes, from the costs of runs that were seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from harness.forecasts.run_cost import PAGES_S_PER_BYTE, STOP_S_PER_BYTE, RunCost, updates, walks
from harness.forecasts.schedule import schedule
from harness.soaks.admission import MARGIN
from harness.worker.job import Job
from harness.worker.recorder import SAMPLE

AROUND_S: Final = 1.5
"""Wall seconds of a run beside its CPU: its processes start and end, its recording is written as a table."""


@dataclass(frozen=True)
class Forecast:
    """What runs take: real seconds of one core for each, in their order, and seconds until all are done.

    `low_bytes` is what a run holds as it was last seen, `high_bytes` what it would hold at its end if it went on
    growing so, at most its limit: where as long a run was recorded both are its peak. `memory_bytes` is what runs hold
    together at most, `disk_bytes` what they write. `source` says in words where that is from. `wall_s` is on a machine
    where all takes `slowed` times as long, since it has other work; `idle_s` would be without.
    """

    run_s: tuple[float, ...]
    wall_s: float
    at_once: int
    low_bytes: float
    high_bytes: float
    memory_bytes: float
    disk_bytes: float
    source: str
    slowed: float = 1.0

    @property
    def idle_s(self) -> float:
        """Real seconds until all are done on a machine that does nothing else."""
        return self.wall_s / self.slowed

    @property
    def cpu_s(self) -> float:
        """Seconds of one core for all runs together."""
        return sum(self.run_s)


def forecast(
    jobs: Sequence[Job],
    costs: Sequence[tuple[str, RunCost]],
    *,
    at_once: int,
    room_bytes: float,
    source: str,
    slowed: float = 1.0,
) -> Forecast:
    """What `jobs` take, `at_once` at a time: each by the costs of its config, where there are any, else by all.

    All takes `slowed` times as long as on a machine that does nothing else.
    """
    run_s, wall_s, low, high, disk = [], [], [], [], 0.0
    for job in jobs:
        mine = [cost for config, cost in costs if config == job.config] or [cost for _, cost in costs]
        seconds = cpu_seconds(job, mine)
        run_s.append(seconds)
        wall_s.append(seconds + AROUND_S + float(np.mean([cost.waits_s for cost in mine])) * updates(job))
        least, most = _peak_bytes(job, mine)
        low.append(least)
        high.append(most)
        disk += float(np.mean([cost.written_bytes for cost in mine])) * updates(job) + _recording_bytes(job)
    done_s, memory = schedule(list(zip(wall_s, high, strict=True)), at_once, room_bytes)
    return Forecast(tuple(run_s), done_s * slowed, at_once, max(low), max(high), memory, disk, source, slowed)


def cpu_seconds(job: Job, costs: Sequence[RunCost]) -> float:
    """Seconds of a core that a run of `job` takes, by what others took."""
    fixed, per_update, walk = (
        float(np.mean([getattr(cost, name) for cost in costs]))
        for name in ("fixed_cpu_s", "update_cpu_s", "walk_cpu_s")
    )
    least, most = _peak_bytes(job, costs)
    more = most - least
    of_more = more * (STOP_S_PER_BYTE + PAGES_S_PER_BYTE * walks(job) / 2)
    return fixed + per_update * updates(job) + walk * walks(job) + of_more


def _peak_bytes(job: Job, costs: Sequence[RunCost]) -> tuple[float, float]:
    """What a run holds at least, and what it may come to hold."""
    hours = job.horizon_s / 3600
    whole = [cost.peak_bytes for cost in costs if cost.ended and cost.hours >= hours * 0.99]
    if whole:
        peak = min(max(whole) * job.memory_scale * MARGIN, job.limit_bytes)
        return peak, peak
    low = max(cost.peak_bytes for cost in costs) * job.memory_scale
    grown = max(cost.grown_bytes_per_hour * (hours - cost.hours) for cost in costs) * job.memory_scale
    return min(low, job.limit_bytes), min(low + max(grown, 0.0), job.limit_bytes)


def _recording_bytes(job: Job) -> float:
    """What its samples take before they are packed."""
    return (job.horizon_s + job.run_on_s + job.settle_s) / job.sample_every_s * SAMPLE.itemsize
