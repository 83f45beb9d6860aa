"""Which runs this machine has memory for at the same time: admitted by what they need, guarded by what is left.

A run needs what runs of its config held before it, at any scale: peaks carry over (docs/reference/scales.md). Where
none has been seen yet it may take all of its limit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from harness.soaks.archive import PEAK_TREE
from harness.worker.job import Job

RESERVE_BYTES = 500_000_000
"""Left to the rest of the machine, the supervisor and the drawing of the report."""

MARGIN = 1.03
"""A run is admitted with the peak that is foretold times this."""


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


def room_bytes() -> int:
    """What runs may hold together: the memory that is free, less the reserve."""
    return max(free_memory_bytes() - RESERVE_BYTES, 0)


class Admission:
    """Admits runs one by one, and learns from those that completed what others of their config need.

    `room_bytes` is what all may hold together; `foretold` maps configs to the peak that is foretold of them, bytes at
    full scale.
    """

    def __init__(self, room_bytes: int, foretold: Mapping[str, float] | None = None) -> None:
        self.room_bytes = room_bytes
        self._peaks = dict(foretold or {})

    def need_bytes(self, job: Job) -> int:
        """What a run will take: the peak that is foretold with a margin, else its limit; at most all there is."""
        peak = self._peaks.get(job.config)
        need = job.limit_bytes if peak is None else max(round(peak * job.memory_scale * MARGIN), job.baseline_bytes)
        return min(need, job.limit_bytes, self.room_bytes)

    def admit(self, job: Job, beside: Sequence[Job]) -> Job | None:
        """The job as it may start beside those that run, its limit lowered to what is left to it; None: it must wait.

        One that needs more than there is runs alone, up to what there is.
        """
        left = self.room_bytes - sum(self.need_bytes(other) for other in beside)
        if self.need_bytes(job) > left:
            return None
        return replace(job, limit_bytes=min(job.limit_bytes, left))

    def learn(self, job: Job, facts: Mapping[str, Any]) -> None:
        """Take a completed run's peak, with that of what it started, for what the others of its config need."""
        if facts.get("status") == "complete":
            peak = facts.get(PEAK_TREE, facts["peak_rss_bytes"]) / job.memory_scale
            self._peaks[job.config] = max(peak, self._peaks.get(job.config, 0.0))
