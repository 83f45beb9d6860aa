"""When a judged process is measured, and what is written down then: samples, walks of the owners, steps of the stop."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Generator
from functools import partial
from typing import Any

from harness.clock import Clock
from harness.clock.stall_watch import stalled
from harness.probes import process
from harness.probes.owners import Owner, walk_in_slices
from harness.probes.sampler import Sampler
from harness.worker.failures import RunEnded
from harness.worker.handlers import PATIENCE_S
from harness.worker.job import Job
from harness.worker.recorder import PHASES, Recorder

SLICE_S = 0.02
"""CPU seconds that a walk of the owners takes at a stretch in real time; virtual time does not notice a pause."""

PAUSE_S = 0.05
"""Seconds between two slices of a walk in real time."""


class Measurements:
    """Takes the samples of a run at their instants, and keeps nothing of them but the peak.

    `roots` gives what the owners are looked for in, an empty mapping where the target is gone; `fail` ends the run;
    `before_sample` is called before each that is due.
    """

    def __init__(
        self,
        job: Job,
        clock: Clock,
        recorder: Recorder,
        roots: Callable[[], dict[str, Any]],
        fail: Callable[[BaseException], None],
        *,
        before_sample: Callable[[], None] = lambda: None,
    ) -> None:
        self.peak_bytes = 0
        self.over = False
        self.sampler = Sampler(recorder.row, clock.now_s)
        self._job = job
        self._clock = clock
        self._recorder = recorder
        self._roots = roots
        self._fail = fail
        self._before_sample = before_sample
        self._phase = PHASES.index("start")
        self._symbols = frozenset(instrument.name for instrument in job.instruments)
        self._walking: Generator[None, None, list[Owner]] | None = None

    @property
    def phase(self) -> str:
        """The phase that samples are now taken in."""
        return PHASES[self._phase]

    def enter(self, phase: str) -> None:
        """Samples belong to `phase` from here on."""
        self._phase = PHASES.index(phase)
        self.tell(phase)

    def tell(self, phase: str) -> None:
        """Note that `phase` begins, for whoever reads the processes of the target from outside."""
        self._recorder.tell_phase(phase, self._clock.now_s())

    def rehearse(self, target: Any) -> None:
        """Take every reading once, of `target`, for what it allocates on first use; nothing is written down."""
        self.sampler.read(0, everything=True)
        for _ in walk_in_slices({"": target}, seed=self._job.seed, symbols=self._symbols, slice_s=SLICE_S):
            pass

    def begin(self) -> None:
        """Take the first sample, just before the feed, and have the others taken at their time."""
        self._sample_at(0)
        self._walk("start", apart=True)

    def measure(self, step: str) -> None:
        """Take a sample of everything and note it as a `step` of the stop; a walk that is under way is given up."""
        self._walking = None
        rss = self.sampler.read(self._phase, everything=True)
        self._recorder.sample()
        self.peak_bytes = max(self.peak_bytes, rss)
        self._recorder.note("stop", step, rss_bytes=rss, **self.sampler.allocated())
        if step in ("before", "after_stop"):
            self._walk(step, apart=step == "before")

    def measure_restart(self, number: int) -> None:
        """Note what is left after stop() number `number` of a target that is started again."""
        self.sampler.read(self._phase, everything=True)
        self._recorder.sample()
        row = self._recorder.row
        columns = ("rss_bytes", "live_bytes", "mappings_bytes", "open_files", "threads", "tasks")
        facts = {name: int(row[name][0]) for name in columns if row[name][0] >= 0}
        self._recorder.note("restarts", str(number), t_s=float(row["t_s"][0]), **facts)

    def note_standing(self, when: str) -> None:
        """Note the tasks, timers, threads and open files by name."""
        self._recorder.note(
            "standing",
            when,
            tasks=process.task_names(),
            timers=process.timer_names(),
            threads=process.thread_names(),
            open_files=process.open_file_names(),
        )

    def _sample_at(self, number: int) -> None:
        """Take sample `number`, due at number x sample_every_s, and have the next one taken."""
        job = self._job
        t_s = number * job.sample_every_s
        if self.over:
            return
        if self._phase <= PHASES.index("load") and number:
            self._phase = PHASES.index("warm-up" if t_s <= job.warmup_s else "load")
        loaded = self._phase <= PHASES.index("load")
        due = loaded and job.reads_all_at(t_s)
        self._before_sample()
        rss = self.sampler.read(self._phase, everything=due or number == 0)
        self._recorder.sample()
        self.peak_bytes = max(self.peak_bytes, rss)
        if rss > job.limit_bytes:
            self._recorder.emit("limit", rss_bytes=rss)
            self._fail(RunEnded("limit", f"RSS reached the machine's limit of {job.limit_bytes / 1e6:.0f} MB"))
            return
        if loaded and t_s > job.horizon_s + job.run_on_s + PATIENCE_S:
            reason = f"a feed handler of the target did not return within {PATIENCE_S:.0f} s of virtual time"
            self._fail(stalled(reason, asyncio.get_running_loop(), sys._getframe()))
            return
        if due and self._walking is None:  # in real time the last one may still be under way
            self._walk("load")
        self._clock.call_first_at(t_s + job.sample_every_s, partial(self._sample_at, number + 1))

    def _walk(self, step: str, *, apart: bool = False) -> None:
        """Walk the owners: at once in virtual time, in slices in real time while the world goes on."""
        symbols = self._symbols if apart else frozenset()
        self._walking = walk_in_slices(self._roots(), seed=self._job.seed, symbols=symbols, slice_s=SLICE_S)
        self._go_on(step, self._clock.now_s(), 0.0)

    def _go_on(self, step: str, t_s: float, spent_s: float) -> None:
        """Go on with the walk that began at `t_s` and has taken `spent_s` of CPU."""
        pausing = step == "load" and not self._clock.is_virtual
        began = time.process_time()
        try:
            while self._walking is not None:
                next(self._walking)
                if pausing:
                    resume = partial(self._go_on, step, t_s, spent_s + time.process_time() - began)
                    self._clock.call_first_at(self._clock.now_s() + PAUSE_S, resume)
                    return
        except StopIteration as walked:
            self._walking = None
            held = self.sampler.held_bytes()
            self._recorder.owners(t_s, step, held, spent_s + time.process_time() - began, walked.value)
