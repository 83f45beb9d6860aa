"""One rerun with its allocations traced: a run as any other up to the end of its feed, but nobody judges it.

``python -m harness.deep.traced_run FOLDER TRACER [OWNER ...]`` reads ``job.json`` there, as the worker does. TRACER is
``tracemalloc``, ``memray`` or ``census``; what it finds is written into the folder (see :mod:`harness.deep.tracers` and
:mod:`harness.deep.type_census`). stop() is not called: the question is what was held before it.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path

from harness.deep.tracers import CENSUS, FlameTracer, OwnersTracer, Tracer
from harness.deep.type_census import CensusTracer
from harness.worker.failures import RunEnded
from harness.worker.job import Job
from harness.worker.judged_run import JudgedRun, leave, main


class TracedRun(JudgedRun):
    """A run whose feed is traced, and that ends with it."""

    def __init__(self, job: Job, folder: Path, tracer: Tracer) -> None:
        super().__init__(job, folder)
        self._tracer = tracer

    async def _live(self) -> None:
        feed = await self._begin()
        self._clock.call_first_at(self.job.horizon_s / 2, self._tracer.halfway)
        self._tracer.begin(self._roots())
        try:
            await self._feed(feed)
        except asyncio.CancelledError:
            if isinstance(self._failure, RunEnded):  # at the memory limit: what is held is told all the same
                self._tracer.end(self._roots())
            raise
        self._tracer.end(self._roots())

    def _lay_ballast(self) -> None:
        """What the target does may hang on its RSS; where a tracer leaves no room below the baseline, it must not."""
        with contextlib.suppress(RunEnded):
            super()._lay_ballast()


def traced_run(job: Job, folder: Path) -> TracedRun:
    """The rerun that the command line asks for."""
    if sys.argv[2] == "memray":
        return TracedRun(job, folder, FlameTracer(folder, job.factory))
    if sys.argv[2] == CENSUS:
        return TracedRun(job, folder, CensusTracer(folder))
    return TracedRun(job, folder, OwnersTracer(folder, job.factory, sys.argv[3:], seed=job.seed))


if __name__ == "__main__":
    leave(main(traced_run))
