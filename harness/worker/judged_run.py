"""The judged process, step by step: rehearsal, start, feed, restarts, stop, drop, trim, settle.

``python -m harness.worker.judged_run FOLDER`` reads ``job.json`` there and leaves a recording. It imports nothing that
plots, validates or shows progress, and keeps nothing between samples: what it held would count as the target's.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import gc
import inspect
import math
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from harness import target as targets
from harness.clock import Clock, RealClock, VirtualClock
from harness.probes.owners import find_roots
from harness.probes.process import queued_s
from harness.probes.survivors.census import census
from harness.stand_ins.own_folder import move_into
from harness.stand_ins.packages import stand_in_for
from harness.worker.afterlife import Afterlife
from harness.worker.delivered import Delivered
from harness.worker.failures import Ending, Interrupted, Unending, describe, ending_of, watch_tasks
from harness.worker.handlers import PATIENCE_S, build_target, doubts, find_handlers, give_up, patiently, unread
from harness.worker.isolation import isolate_this_process
from harness.worker.job import DATA_FOLDER, Job
from harness.worker.left_running import PATIENCE_S as ENDING_S
from harness.worker.left_running import left_running, processes
from harness.worker.loaded_code import loaded_code, put_first
from harness.worker.measuring import Measurements
from harness.worker.on_the_wire import ROOT, open_exchange, takers
from harness.worker.recorder import Recorder
from harness.worker.rehearsal import lay_ballast, rehearse
from harness.worker.trouble import TroubleWatch
from synthetic.events import Event
from synthetic.feed import Feed
from synthetic.market import MARKET_VERSION

if TYPE_CHECKING:
    from synthetic.exchange.serving import Exchange


@dataclass(frozen=True)
class _Spent:
    """What a run took so far: real seconds by a clock that starts anywhere, CPU, waiting for a core, its own time."""

    at_s: float
    cpu_s: float
    queued_s: float
    t_s: float


class JudgedRun:
    """One run of one job in this process."""

    def __init__(self, job: Job, folder: Path) -> None:
        self.job = job
        self.folder = folder
        self.facts: dict[str, Any] = {**job.identity(), "market_version": MARKET_VERSION}
        self._failure: BaseException | None = None
        self._main: asyncio.Task[Any] | None = None
        self._target: Any = None
        self._afterlife: Afterlife | None = None
        self._outlived_drop = False
        self._ended: _Spent | None = None
        self._exchange: Exchange | None = None
        self._handlers: dict[type[Event], Callable[[Any], Any]] = {}
        self._unread: list[str] = []
        self._doing = "in its factory"
        self._clock = self._make_clock()
        self._recorder = Recorder(folder, self._clock.now_s)
        self._delivered = Delivered(self._recorder.row)
        self._starting = False
        self._stopped = False
        self._trouble = TroubleWatch(self._recorder.trouble, self._clock.now_s, lambda: self._stopped)
        self._measurements = Measurements(
            job, self._clock, self._recorder, self._roots, self._fail, before_sample=self._trouble.renew
        )

    def run(self) -> dict[str, Any]:
        """Carry the run out; returns the facts for run.json. Whatever happens ends in a status and a reason."""
        ending = Ending("complete")
        began, queued_before_s = time.perf_counter(), queued_s()
        self._trouble.install()
        try:
            self._rehearse()
            self._recorder.trouble.forget()
            began, queued_before_s = time.perf_counter(), queued_s()
            self._clock.run(self._run())
        except Unending:
            self._warn("a task of the target went on after it was cancelled at the end")
            if self._failure is not None:
                ending = ending_of(self._failure, self._doing, self.folder)
        except BaseException as error:  # noqa: BLE001 - the target is anybody's code: all it raises is an outcome
            ending = ending_of(error, self._doing, self.folder)
        ended = self._ended or self._spent()
        wall_s = ended.at_s - began
        self.facts.update(
            status=ending.status,
            reason=ending.reason,
            phase=self._measurements.phase,
            t_s=ended.t_s,
            peak_rss_bytes=self._measurements.peak_bytes,
            cpu_s=ended.cpu_s,
            wall_s=wall_s,
            queued_s=ended.queued_s - queued_before_s,
            acceleration=ended.t_s / wall_s if wall_s else None,
            own_time=list(self._clock.unfollowed),
            **ending.traces,
        )
        return self.facts

    def finish(self) -> None:
        """Say what keeps arenas mapped that are mostly free, now that nothing is measured any more, and which code ran.

        Writes run.json.
        """
        self._trouble.restore()
        job = self.job
        self.facts["code"] = loaded_code(job.factory, job.code, site=job.site, not_from=job.not_from)
        if self.facts["status"] == "complete":
            try:
                self._recorder.note(pinned=census())
            except Exception as error:  # noqa: BLE001 - it walks all objects of the target: one may object
                self._warn(f"what keeps arenas mapped could not be read: {describe(error)}")
        self._recorder.finish(self.facts)

    def _spent(self) -> _Spent:
        return _Spent(time.perf_counter(), time.process_time(), queued_s(), self._clock.now_s())

    def _make_clock(self) -> Clock:
        if self.job.real_time:
            return RealClock(warn=self._warn)
        return VirtualClock(
            start_ms=self.job.start_ms,
            stall_s=self.job.stall_s,
            threads_hold=bool(self.job.venue),
            warn=self._warn,
        )

    def _warn(self, text: str) -> None:
        self._recorder.emit("warning", text=text)

    # -- before the first measurement ----------------------------------------------------------------------------------

    def _rehearse(self) -> None:
        self._unread = rehearse(self.job, self.folder, self._measurements.rehearse, self._is_doing)
        self._measurements.sampler.allocators.trim()

    def _is_doing(self, what: str) -> None:
        """The target is built, for a rehearsal: what it imports is there, and what it sets in place."""
        self._doing = what
        self._trouble.renew()

    def _lay_ballast(self) -> None:
        gc.collect()
        sampler = self._measurements.sampler
        sampler.allocators.trim()
        idle = sampler.rss_bytes()
        self._recorder.note(idle_rss_bytes=idle)
        baseline = self.job.baseline_bytes
        if baseline:
            sampler.ballast = lay_ballast(idle, baseline)
        self._recorder.note(ballast_bytes=baseline - idle if baseline else 0)

    # -- the run -------------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        self._main = asyncio.current_task()
        loop = asyncio.get_running_loop()
        self._trouble.watch_loop(loop)
        watch_tasks(loop, self._fail, starting=lambda: self._starting, stopped=lambda: self._stopped)
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
            self._measurements.over = True
            self._count_at_last()
            if self._exchange is not None:
                self._exchange.close()
            patience_s = self.job.stall_s if self.job.real_time else PATIENCE_S
            self._clock.call_first_at(self._clock.now_s() + patience_s, give_up)

    async def _live(self) -> None:
        feed = await self._begin()
        await self._feed(feed)
        self._recorder.note(feed_hash=feed.feed_hash())
        await self._stop()
        self._find_holders()

    async def _begin(self) -> Feed:
        """Build and start the target; returns the feed, just before its first event."""
        job, measurements = self.job, self._measurements
        feed = job.feed(start_ms=self._clock.start_ms)
        data_dir = self.folder / DATA_FOLDER
        data_dir.mkdir()
        exchange = self._exchange = await open_exchange(job, feed, self._clock)
        measurements.note_standing("before")
        self._starting = True
        if job.own_folder:
            move_into(data_dir)
        self._target = build_target(job, self._clock, feed, data_dir, self._recorder.emit, exchange=exchange)
        self._afterlife = Afterlife(self._target)
        self._handlers = find_handlers(self._target)
        for text in (*doubts(self._target, on_wire=exchange is not None), *unread(self._unread)):
            self._warn(text)
        await self._call_start("in start()")
        self._lay_ballast()
        measurements.begin()
        return feed

    async def _feed(self, feed: Feed) -> None:
        """Deliver the stream at its timestamps. Between two timers of the world the clock is moved directly.

        Between two lives of the target it is stopped and started again.
        """
        job, clock, start_ms = self.job, self._clock, self._clock.start_ms
        handlers = takers(self._exchange, self._handlers)
        delivered = self._delivered
        try:
            for life in range(1, job.starts + 1):
                until_s = job.horizon_s * life / job.starts + (job.run_on_s if life == job.starts else 0)
                for event in feed.stream(until_s, tuple(handlers)):
                    t_s = (event.timestamp_ms - start_ms) / 1000
                    if not clock.try_jump(t_s):
                        await clock.sleep_until(t_s)
                    delivered.add(event)
                    outcome = handlers[type(event)](event)
                    if outcome is not None and inspect.isawaitable(outcome):
                        await outcome
                await clock.sleep_until(until_s)
                if life < job.starts:
                    await self._restart(life)
        finally:
            self._recorder.note(books=delivered.books)
            if self._exchange is not None:
                self._recorder.note(wire=self._exchange.facts())

    async def _restart(self, number: int) -> None:
        """Stop the target for the `number`-th time, note what stays, and start the same target again."""
        self._measurements.tell("stop")
        await self._call_stop()
        self._measurements.measure_restart(number)
        await self._call_start(f"in start() after stop() number {number}")
        self._measurements.tell("load")

    async def _call_start(self, doing: str) -> None:
        self._doing, self._starting, self._stopped = doing, True, False
        await patiently(self._target.start(), "start()")
        self._doing, self._starting = "in a cycle or a feed handler", False

    async def _call_stop(self) -> None:
        self._doing, self._stopped = "in stop()", True
        await patiently(self._target.stop(), "stop()")

    async def _stop(self) -> None:
        """stop(), drop, trim: a measurement before and after each; then the world runs on without a target.

        The feed stays until the end: it was there at the start. A target that has processes keeps them for a second:
        what ends only with the target's pipes is what stop() forgot.
        """
        measurements = self._measurements
        had_processes = bool(processes())
        measurements.measure("before")
        measurements.enter("stop")
        await self._call_stop()
        measurements.measure("after_stop")
        if self.job.starts > 1:
            measurements.measure_restart(self.job.starts)
        self._doing = "in counters()"
        self._count()
        self._doing = "after it was stopped"
        measurements.enter("release")
        if had_processes:
            await self._clock.sleep_until(self._clock.now_s() + ENDING_S)
            self._recorder.note(left_running=left_running())
        self._handlers = {}
        self._target = None
        gc.collect()
        measurements.measure("after_drop")
        self._outlived_drop = self._afterlife is not None and self._afterlife.lives
        measurements.sampler.allocators.trim()
        measurements.measure("after_trim")
        measurements.enter("settle")
        await self._clock.sleep_until(self._clock.now_s() + self.job.settle_s)
        measurements.note_standing("after")
        for task in asyncio.all_tasks() - {self._main}:
            self._trouble.left_pending(task)

    def _find_holders(self) -> None:
        """Note by which paths the target is still held, now that nothing is measured any more.

        Here and not in :meth:`finish`: a task that holds it is cancelled in between, and its frame cleared.
        """
        if self._afterlife is None:
            return
        ended = self._spent()
        own = () if self._main is None else (self._main,)
        try:
            loop = asyncio.get_running_loop()
            holders = self._afterlife.holders(loop, ignore=own, patience_s=self.job.stall_s / 4)
        except Exception as error:  # noqa: BLE001 - it walks all objects of the target: one may object
            self._warn(f"what still holds the target could not be read: {describe(error)}")
            return
        self._recorder.note(still_alive=holders, outlived_drop=self._outlived_drop or bool(holders))
        if holders:
            self._ended = ended

    def _roots(self) -> dict[str, Any]:
        """What the owners are looked for in; nothing once the target is dropped."""
        if self._target is None:
            return {}
        ignored = () if self._main is None else (self._main,)
        apart = {} if self._exchange is None else {ROOT: self._exchange}
        return {**apart, **find_roots(self._target, targets.load_factory(self.job.factory), ignore=ignored)}

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


def _end(number: int, frame: FrameType | None) -> None:
    raise Interrupted


def main(make: Callable[[Job, Path], JudgedRun] = JudgedRun) -> int:
    """Run the job in the folder that the command line names; 0 whenever the outcome could be written down."""
    folder = Path(sys.argv[1])
    faulthandler.enable()
    sys.path.append(os.getcwd())  # a target may lie in the current folder; what is installed goes first
    isolate_this_process()
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor decides what Ctrl-C means
    job = Job.read(folder)
    put_first(job.code)
    stand_in_for(job.stand_ins)
    run = make(job, folder)
    run.run()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        run.finish()
    except OSError as error:
        print(f"run.json could not be written: {error}", file=sys.stderr)
        return os.EX_IOERR
    return 0


def leave(code: int) -> NoReturn:
    """End this process at once: all is written, and a thread that the target left blocked must not hold the end up."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    leave(main())
