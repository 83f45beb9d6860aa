"""The process of a trial: a judged run with watches on, which no judged run could afford.

``python -m harness.trials.watched_run FOLDER`` leaves what a run leaves, and in run.json what was watched (``trial``).
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, Final

from harness.probes import process
from harness.trials.reaching_out import ReachedOut
from harness.trials.real_time import RealTime
from harness.worker.failures import RunEnded
from harness.worker.handlers import HANDLERS
from harness.worker.job import DATA_FOLDER, Job
from harness.worker.judged_run import JudgedRun, leave, main
from synthetic.feed import Feed

LONGEST_S: Final = 40.0
"""Real seconds that the feed of a trial may take: it is there to be quick."""

LOOK_AT: Final = 0.9
"""When tasks, threads and files are looked at, as a share of the trial."""

MOST_FILES: Final = 1000


class WatchedRun(JudgedRun):
    """One trial of one job."""

    def __init__(self, job: Job, folder: Path) -> None:
        super().__init__(job, folder)
        self._real_time = RealTime()
        self._reached = ReachedOut(folder)
        self._fed_at_s = 0.0
        self._real_time.watch()
        self._reached.listen()

    async def _begin(self) -> Feed:
        standing = {"threads": process.thread_names(), "open_files": process.open_file_names()}
        self._recorder.note("trial", "before", **standing)
        feed = await super()._begin()
        self._recorder.note(
            "trial",
            takes=[HANDLERS[kind] for kind in self._handlers],
            offers=[name for name in ("counters", "roots", "rehearse") if hasattr(self._target, name)],
        )
        self._clock.call_first_at(self.job.horizon_s * LOOK_AT, self._look)
        self._fed_at_s = time.monotonic() if self.job.real_time else time.perf_counter()
        self._hurry()
        return feed

    def _look(self) -> None:
        """Note what stands while it is fed."""
        self._recorder.note(
            "trial",
            "standing",
            tasks=process.task_names(),
            timers=process.timer_names(),
            threads=process.thread_names(),
            open_files=process.open_file_names(),
        )

    def _hurry(self) -> None:
        """End a trial that takes too long, and look again in a while."""
        if time.perf_counter() - self._fed_at_s > LONGEST_S and not self._measurements.over:
            t_s = self._clock.now_s()
            self._fail(RunEnded("failed", f"{LONGEST_S:.0f} real seconds were over after {t_s:.0f} virtual ones"))
        elif not self._measurements.over and self.measured_phase != "settle":
            self._clock.call_first_at(self._clock.now_s() + self.job.horizon_s / 60, self._hurry)

    @property
    def measured_phase(self) -> str:
        """The phase that the run is in."""
        return self._measurements.phase

    def finish(self) -> None:
        """Write down what was watched, and all else."""
        self._reached.over()
        self._recorder.note("trial", reached=self._reached.counts, real_time=self._real_time.facts())
        self._recorder.note("trial", wrote=_files_in(self.folder / DATA_FOLDER))
        super().finish()


def _files_in(folder: Path) -> dict[str, Any]:
    """How many files there are, their bytes, and the first few by name."""
    names: list[str] = []
    count = size = 0
    for where, _, files in os.walk(folder):
        for name in files:
            path = os.path.join(where, name)
            count += 1
            size += os.path.getsize(path) if os.path.exists(path) else 0
            if len(names) < MOST_FILES:
                names.append(os.path.relpath(path, folder))
    return {"files": count, "bytes": size, "names": sorted(names)[:5]}


if __name__ == "__main__":
    leave(main(WatchedRun))
