"""What a sweep costs: processor time and memory of its rows, from recordings on this machine or from a short probe.

A run takes START_S and, for each update of each symbol that it is fed, about as much of a core at any scale. At another
rate or cycle that is only roughly so: what is done once a second or a cycle counts as if it came with the feed.
"""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from harness.errors import SoakError
from harness.files import read_json
from harness.scenario.overrides import with_options
from harness.soaks.admission import MARGIN, room_bytes
from harness.soaks.anchor_plan import START_S
from harness.soaks.archive import PARQUET_FILE, PEAK_TREE
from harness.soaks.result_folder import MANIFEST_FILE, this_machine
from harness.soaks.run_rows import Row, World, carry_out
from harness.sweeps.planned import PlannedSweep
from harness.worker.job import JOB_FILE
from harness.worker.recorder import RUN_FILE

PROBE_HOURS: Final = 0.25
"""Virtual hours of a probe; less would be its start more than its feed."""

MOST_RECORDINGS: Final = 200
"""So many recordings are read at most, the newest first."""

_SAME_MACHINE: Final = ("system", "architecture", "libc", "cpus")


@dataclass(frozen=True)
class Cost:
    """What the rows take: real seconds of one core for each, in their order, then all together.

    `wall_s` is until all are done, `memory_bytes` what runs hold at the same time at most. `source` says in words where
    that is from.
    """

    row_s: tuple[float, ...]
    wall_s: float
    memory_bytes: float
    source: str

    @property
    def cpu_s(self) -> float:
        """Seconds of one core for all rows together."""
        return sum(self.row_s)


def cost_of(planned: PlannedSweep, root: Path) -> Cost | None:
    """The cost of the rows by what results in `root` recorded of this scenario on this machine; None: nothing was."""
    recordings = _recordings(planned, root)
    if not recordings:
        return None
    count = f"{len(recordings)} {'recording' if len(recordings) == 1 else 'recordings'} on this machine"
    return _cost(planned, recordings, count)


def probed_cost(planned: PlannedSweep) -> Cost:
    """The cost of the rows by a short run of a typical one, in a folder that is gone afterwards.

    Raises SoakError where that run does not end as runs do, KeyboardInterrupt once its process is gone.
    """
    first = sorted(planned.rows, key=updates)[len(planned.rows) // 2]
    hours = min(PROBE_HOURS, first.world.scenario.time.hours)
    short = with_options(first.world.scenario, hours=hours, configs=[first.job.config], seeds=1)
    with tempfile.TemporaryDirectory(prefix="soak-probe-") as folder:
        (row,) = World(short.model_copy(update={"claims": ()}), Path(folder) / "world").rows()
        carry_out([row], at_once=1, observe=lambda _states: None)
        recording = _recording(row.folder)
        if recording is None:
            raise SoakError(
                f"{first.job.config}: the probe of {hours:g} virtual hours ended as {row.state}: the cost is not known"
            )
    return _cost(planned, [recording], f"a probe of {hours * 60:g} virtual minutes")


@dataclass(frozen=True)
class _Recording:
    """What one run took: seconds of a core under its feed, for how many updates, and its peak at full scale."""

    cpu_s: float
    updates: float
    peak_bytes: float
    hours: float


def _recordings(planned: PlannedSweep, root: Path) -> list[_Recording]:
    machine = this_machine()
    found: list[_Recording] = []
    name = planned.scenario.name
    places = [*root.glob(f"{name}/*/{MANIFEST_FILE}"), *root.glob(f"sweeps/{name}-*/*/{MANIFEST_FILE}")]
    for manifest in sorted(places, key=lambda path: path.parent.name, reverse=True):
        if len(found) >= MOST_RECORDINGS:
            break
        try:
            there = read_json(manifest).get("machine")
        except (SoakError, AttributeError):
            continue
        if not isinstance(there, dict) or any(there.get(key) != machine.get(key) for key in _SAME_MACHINE):
            continue
        runs = sorted(
            {
                *manifest.parent.glob(f"runs/*/seed-*/{RUN_FILE}"),
                *manifest.parent.glob(f"worlds/*/runs/*/seed-*/{RUN_FILE}"),
            }
        )
        found += [recording for run in runs if (recording := _recording(run.parent)) is not None]
    return found[:MOST_RECORDINGS]


def _recording(run: Path) -> _Recording | None:
    """What a run took, None where it is not complete or cannot be read."""
    try:
        facts, job = read_json(run / RUN_FILE), read_json(run / JOB_FILE)
        if facts["status"] != "complete" or job["real_time"]:
            return None
        cpu_s = pd.read_parquet(run / PARQUET_FILE, columns=["cpu_s"])["cpu_s"].dropna()
        peak = facts.get(PEAK_TREE, facts["peak_rss_bytes"]) / facts["memory_scale"]
        return _Recording(float(cpu_s.iloc[-1] - cpu_s.iloc[0]), _fed(job), float(peak), job["horizon_s"] / 3600)
    except (SoakError, OSError, KeyError, IndexError, TypeError, ValueError, AttributeError):
        return None


def _cost(planned: PlannedSweep, recordings: Sequence[_Recording], source: str) -> Cost:
    total = sum(recording.updates for recording in recordings)
    update_s = sum(recording.cpu_s for recording in recordings) / total if total else 0.0
    row_s = tuple(START_S + update_s * updates(row) for row in planned.rows)
    memory = [_memory_bytes(row, recordings) for row in planned.rows]
    wall_s, most = _schedule(list(zip(row_s, memory, strict=True)), planned.at_once, float(room_bytes()))
    return Cost(row_s, wall_s, most, source)


def updates(row: Row) -> float:
    """How many updates of a book a run is fed, all symbols together: what its time goes with."""
    return _fed(vars(row.job))


def _fed(job: Mapping[str, Any]) -> float:
    """The same of the fields of a job, as it is planned or was written down."""
    updates: float = job["books_per_second"] * len(job["instruments"]) * (job["horizon_s"] + job["run_on_s"])
    return updates


def _memory_bytes(row: Row, recordings: Sequence[_Recording]) -> float:
    """What a run holds at its peak: that of recordings as long as it, in their worlds; else its limit."""
    peaks = [recording.peak_bytes for recording in recordings if recording.hours >= row.world.scenario.time.hours]
    return min(max(peaks) * row.job.memory_scale * MARGIN, row.job.limit_bytes) if peaks else row.job.limit_bytes


def _schedule(tasks: Sequence[tuple[float, float]], at_once: int, room: float) -> tuple[float, float]:
    """Seconds until all tasks, (seconds, bytes), are done in their order; the most bytes that they hold together."""
    running: list[tuple[float, float]] = []
    now_s = held = most = 0.0
    for seconds, wanted in tasks:
        need = min(wanted, room)
        while running and (len(running) >= at_once or held + need > room):
            now_s, freed = heapq.heappop(running)
            held -= freed
        heapq.heappush(running, (now_s + seconds, need))
        held += need
        most = max(most, held)
    return max((end_s for end_s, _ in running), default=0.0), most
