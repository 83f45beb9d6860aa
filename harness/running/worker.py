"""The judged process: one run, from the first import to the last page given back.

``python -m harness.running.worker FOLDER`` reads ``job.json`` there and leaves a recording. It imports nothing that
plots, validates or shows progress, and keeps nothing between samples: what it held would count as the target's.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import gc
import inspect
import math
import mmap
import os
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any

from harness import target as targets
from harness.clock import Clock, ClockStalled, RealClock, VirtualClock
from harness.clock.stall import stalled
from harness.errors import UsageError
from harness.probes.sampler import Sampler
from harness.running.calling import PATIENCE_S, doubts, find_handlers, give_up, maybe_await, patiently
from harness.running.failures import Interrupted, RunEnded, Unending, describe, watch_tasks
from harness.running.isolation import isolate_this_process
from harness.running.job import Job
from harness.running.recording import PHASES, Recorder
from synthetic.events import Book, Event
from synthetic.feed import Feed, RecordingError
from synthetic.market import MARKET_VERSION, Market

REHEARSAL_EVENTS = 500
"""What a rehearsal sees of the feed: enough that most symbols have a book, too little to leave a mark of its own."""

REHEARSAL_S = 3600.0
"""Virtual seconds of feed that a rehearsal looks through for its events, at the most."""


class JudgedRun:
    """One run of one job in this process."""

    def __init__(self, job: Job, folder: Path) -> None:
        self.job = job
        self.folder = folder
        self.facts: dict[str, Any] = {**job.identity(), "market_version": MARKET_VERSION}
        self._phase = PHASES.index("start")
        self._peak_bytes = 0
        self._failure: BaseException | None = None
        self._main: asyncio.Task[Any] | None = None
        self._target: Any = None
        self._handlers: dict[type[Event], Callable[[Any], Any]] = {}
        self._doing = "in its factory"
        self._over = False
        self._ballast: mmap.mmap | None = None
        self._clock = self._make_clock()
        self._recorder = Recorder(folder, self._clock.now_s)
        self._sampler = Sampler(self._recorder.row, self._clock.now_s)

    def run(self) -> dict[str, Any]:
        """Carry the run out; returns the facts for run.json. Whatever happens ends in a status and a reason."""
        status, reason = "complete", None
        began = time.perf_counter()
        try:
            self._rehearse()
            began = time.perf_counter()
            self._clock.run(self._run())
        except RunEnded as ended:
            status, reason = ended.status, ended.reason
        except Interrupted:
            status, reason = "interrupted", "asked to end"
        except Unending:
            self._warn("a task of the target went on after it was cancelled at the end")
            if self._failure is not None:
                status, reason = "failed", self._explain(self._failure)
        except BaseException as error:  # noqa: BLE001 - the target is anybody's code: all it raises is an outcome
            status, reason = "failed", self._explain(error)
        wall_s = time.perf_counter() - began
        t_s = self._clock.now_s()
        self.facts.update(
            status=status,
            reason=reason,
            phase=PHASES[self._phase],
            t_s=t_s,
            peak_rss_bytes=self._peak_bytes,
            cpu_s=time.process_time(),
            wall_s=wall_s,
            acceleration=t_s / wall_s if wall_s else None,
        )
        return self.facts

    def finish(self) -> None:
        """Write run.json."""
        self._recorder.finish(self.facts)

    def _make_clock(self) -> Clock:
        if self.job.real_time:
            return RealClock(warn=self._warn)
        return VirtualClock(start_ms=self.job.start_ms, stall_s=self.job.stall_s, warn=self._warn)

    def _warn(self, text: str) -> None:
        self._recorder.emit("warning", text=text)

    def _explain(self, error: BaseException) -> str:
        """The reason of a failed run; the traceback goes beside it into run.json."""
        self.facts["traceback"] = "".join(traceback.format_exception(error))
        if isinstance(error, ClockStalled):
            self.facts["stack"] = error.stack
            return str(error)
        if isinstance(error, (UsageError, RecordingError)):
            return str(error)
        if isinstance(error, OSError) and error.errno is not None and self._is_own(error):
            return f"the recording could not be written: {error.strerror} ({self.folder})"
        return f"the target raised {self._doing}: {describe(error)}"

    @staticmethod
    def _is_own(error: BaseException) -> bool:
        frames = traceback.extract_tb(error.__traceback__)
        return bool(frames) and frames[-1].filename.endswith("recording.py")

    # -- before the first measurement ----------------------------------------------------------------------------------

    def _rehearse(self) -> None:
        """Exercise on throwaway objects everything that allocates on first use: the market, the target, the probes."""
        clock = VirtualClock(start_ms=self.job.start_ms, stall_s=self.job.stall_s)
        with contextlib.suppress(Unending):  # the run itself will meet it again, and say so
            clock.run(self._rehearsal(clock))
        gc.collect()
        self._sampler.allocators.trim()

    async def _rehearsal(self, clock: Clock) -> None:
        folder = self.folder / "rehearsal"
        folder.mkdir()
        market = self._make_market(clock)
        factory = targets.load_factory(self.job.factory)
        target = targets.build(factory, self.job.params, self._environment(clock, market, folder, _ignore))
        self._doing = "in its rehearsal"
        await patiently(target.start(), "start()")
        handlers = find_handlers(target)
        for event in islice(market.stream(REHEARSAL_S, tuple(handlers)), REHEARSAL_EVENTS):
            await maybe_await(handlers[type(event)](event))
        for _ in range(2):
            self._sampler.read(0, everything=True)
        if hasattr(target, "rehearse"):
            await patiently(target.rehearse(), "rehearse()")
        await patiently(target.stop(), "stop()")
        shutil.rmtree(folder)
        clock.call_first_at(clock.now_s() + PATIENCE_S, give_up)

    def _make_market(self, clock: Clock) -> Feed:
        job = self.job
        if job.recording is not None:
            from synthetic.recordings import Recording  # noqa: PLC0415 - pyarrow, only where it is needed

            return Recording(job.recording, depth=job.depth, candle_s=job.candle_s)
        return Market(
            job.instruments,
            seed=job.seed,
            start_ms=clock.start_ms,
            depth=job.depth,
            books_per_second=job.books_per_second,
            candle_s=job.candle_s,
            season=job.season,
            faults=job.faults,
        )

    def _environment(
        self, clock: Clock, market: Feed, data_dir: Path, emit: Callable[..., None]
    ) -> targets.Environment:
        return targets.Environment(
            clock=clock,
            data_dir=data_dir,
            memory_scale=self.job.memory_scale,
            emit=emit,
            symbols=tuple(instrument.name for instrument in self.job.instruments),
            cycle_s=self.job.cycle_s,
            candle_s=self.job.candle_s,
            past_candles=market.past_candles,
        )

    def _lay_ballast(self) -> None:
        """Fill RSS up to the baseline with an anonymous mapping of its own, every page touched.

        Raises RunEnded("refused") where the idle process is larger than the baseline already.
        """
        gc.collect()
        self._sampler.allocators.trim()
        idle = self._sampler.rss_bytes()
        self._recorder.note(idle_rss_bytes=idle)
        size = self.job.baseline_bytes - idle
        if size < 0:
            raise RunEnded("refused", f"the idle process takes {idle / 1e6:.0f} MB")
        self._ballast = mmap.mmap(-1, max(size, mmap.PAGESIZE), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        for offset in range(0, size, mmap.PAGESIZE):
            self._ballast[offset] = 1
        self._recorder.note(ballast_bytes=size)

    # -- the run -------------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        self._main = asyncio.current_task()
        watch_tasks(asyncio.get_running_loop(), self._fail)
        try:
            await self._live()
        except asyncio.CancelledError as error:
            if self._failure is None:
                self._failure = error
                raise
            raise self._failure from None
        except BaseException as error:
            self._failure = error
            raise
        finally:
            self._over = True
            self._count_at_last()
            patience_s = self.job.stall_s if self.job.real_time else PATIENCE_S
            self._clock.call_first_at(self._clock.now_s() + patience_s, give_up)

    async def _live(self) -> None:
        market = self._make_market(self._clock)
        data_dir = self.folder / "data"
        data_dir.mkdir()
        self._target = targets.build(
            targets.load_factory(self.job.factory),
            self.job.params,
            self._environment(self._clock, market, data_dir, self._recorder.emit),
        )
        self._handlers = find_handlers(self._target)
        for text in doubts(self._target):
            self._warn(text)
        self._doing = "in start()"
        await patiently(self._target.start(), "start()")
        self._doing = "in a cycle or a feed handler"
        self._lay_ballast()
        self._sample_at(0)
        end_s = self.job.horizon_s + self.job.run_on_s
        await self._feed(market, end_s)
        await self._clock.sleep_until(end_s)
        self._recorder.note(feed_hash=market.feed_hash())
        del market
        await self._stop()

    async def _feed(self, market: Feed, until_s: float) -> None:
        """Deliver the stream at its timestamps. Between two timers of the world the clock is moved directly."""
        clock, handlers, start_ms = self._clock, self._handlers, self._clock.start_ms
        books = 0
        try:
            for event in market.stream(until_s, tuple(handlers)):
                t_s = (event.timestamp_ms - start_ms) / 1000
                if not clock.try_jump(t_s):
                    await clock.sleep_until(t_s)
                kind = type(event)
                outcome = handlers[kind](event)
                if outcome is not None and inspect.isawaitable(outcome):
                    await outcome
                books += kind is Book
        finally:
            self._recorder.note(books=books)

    async def _stop(self) -> None:
        """stop(), drop, trim: a measurement before and after each; then the world runs on without a target."""
        self._measure("before")
        self._phase = PHASES.index("stop")
        self._doing = "in stop()"
        await patiently(self._target.stop(), "stop()")
        self._measure("after_stop")
        self._doing = "in counters()"
        self._count()
        self._doing = "after it was stopped"
        self._phase = PHASES.index("release")
        self._handlers = {}
        self._target = None
        gc.collect()
        self._measure("after_drop")
        self._sampler.allocators.trim()
        self._measure("after_trim")
        self._phase = PHASES.index("settle")
        await self._clock.sleep_until(self._clock.now_s() + self.job.settle_s)

    def _measure(self, step: str) -> None:
        rss = self._sampler.read(self._phase, everything=True)
        self._recorder.sample()
        self._peak_bytes = max(self._peak_bytes, rss)
        self._recorder.note("stop", step, rss_bytes=rss, live_bytes=self._sampler.live_bytes())

    def _sample_at(self, number: int) -> None:
        """Take sample `number`, due at number x sample_every_s, and have the next one taken."""
        t_s = number * self.job.sample_every_s
        if self._over:
            return
        if self._phase <= PHASES.index("load") and number:
            self._phase = PHASES.index("warm-up" if t_s <= self.job.warmup_s else "load")
        at_horizon = abs(t_s - self.job.horizon_s) < self.job.sample_every_s / 2
        rss = self._sampler.read(self._phase, everything=at_horizon or number == 0)
        self._recorder.sample()
        self._peak_bytes = max(self._peak_bytes, rss)
        if rss > self.job.limit_bytes:
            self._recorder.emit("limit", rss_bytes=rss)
            self._fail(RunEnded("limit", f"RSS reached the machine's limit of {self.job.limit_bytes / 1e6:.0f} MB"))
            return
        if self._phase <= PHASES.index("load") and t_s > self.job.horizon_s + self.job.run_on_s + PATIENCE_S:
            reason = f"a feed handler of the target did not return within {PATIENCE_S:.0f} s of virtual time"
            self._fail(stalled(reason, asyncio.get_running_loop(), sys._getframe()))
            return
        self._clock.call_first_at(t_s + self.job.sample_every_s, partial(self._sample_at, number + 1))

    def _fail(self, error: BaseException) -> None:
        """End the run with `error`, at this instant."""
        if self._failure is None and self._main is not None:
            self._failure = error
            self._main.cancel()

    def _count(self) -> None:
        """Take the target's counters, which it may no longer have after it is dropped.

        Raises TypeError where they are not finite numbers by name.
        """
        if self._target is None or not hasattr(self._target, "counters"):
            return
        counters = dict(self._target.counters())
        for name, value in counters.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise TypeError(f"{name} = {value!r} is not a finite number")
        self._recorder.note("counters", **counters)

    def _count_at_last(self) -> None:
        """However the run ended: what the target counted so far is worth knowing."""
        with contextlib.suppress(Exception):
            self._count()


def _ignore(kind: str, **facts: Any) -> None:
    """The events of a rehearsal are nobody's."""


def _end(number: int, frame: FrameType | None) -> None:
    raise Interrupted


def main() -> int:
    """Run the job in the folder that the command line names; 0 whenever the outcome could be written down."""
    folder = Path(sys.argv[1])
    faulthandler.enable()
    sys.path.append(os.getcwd())  # a target may lie in the current folder; what is installed goes first
    isolate_this_process()
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor decides what Ctrl-C means
    run = JudgedRun(Job.read(folder), folder)
    run.run()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        run.finish()
    except OSError as error:
        print(f"run.json could not be written: {error}", file=sys.stderr)
        return os.EX_IOERR
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # everything is written: a thread that the target left blocked must not hold the end up
    os._exit(code)
