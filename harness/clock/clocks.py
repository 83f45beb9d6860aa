"""The two kinds of time a run can live in, behind one interface: virtual, which jumps, and real, which passes."""

from __future__ import annotations

import asyncio
import math
import time
import warnings
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from harness.clock.births import births_noticed
from harness.clock.loop import VirtualLoop
from harness.clock.ordered import OrderedLoop
from harness.clock.patches import virtual_time
from harness.clock.stall_watch import ClockStalled, StallWatch

T = TypeVar("T")


class Clock:
    """The time of a run: instants are seconds since its start, and `start_ms` is the epoch time of that start."""

    start_ms: int
    is_virtual: bool
    unfollowed: Sequence[str] = ()
    """The commands of child processes that lived in a time of their own in the last run."""

    def now_s(self) -> float:
        """Seconds since the start of the run: the loop's own time while it runs, 0 before, the last instant after."""
        raise NotImplementedError

    def try_jump(self, t_s: float) -> bool:
        """Move time to `t_s` at once if nothing else can happen before it or at it; else change nothing, return False.

        The fast path of a feed: where it returns False, ``await sleep_until(t_s)`` instead. To be called within the
        run.
        """
        raise NotImplementedError

    def call_first_at(self, t_s: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        """Call `callback` at `t_s`, before every ordinary timer of the same instant. The handle can be cancelled."""
        raise NotImplementedError

    async def sleep_until(self, t_s: float) -> None:
        """Sleep until exactly `t_s`; where that has passed, let others run once. ValueError for NaN."""
        raise NotImplementedError

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run `main` on a new event loop of this clock, from 0 s, and clean up as asyncio.run does.

        RuntimeError within a running loop. What a signal handler raises gets through from any task if it is a
        KeyboardInterrupt or SystemExit, as in asyncio; a task keeps other errors to itself.
        """
        raise NotImplementedError


class VirtualClock(Clock):
    """Time that jumps to the next timer whenever nothing is left to do.

    `io_grace_ms` real milliseconds are granted to watched input before each jump. ClockStalled is raised where time did
    not move for `stall_s` real seconds, and at once where nothing is left that could move it. `warn` takes one line of
    text; by default it becomes a RuntimeWarning.

    What holds time still: ready callbacks, executor work (run_in_executor, to_thread), pending writes and connects,
    child processes that work, however they were started, and, as long as there are any, the program's own threads that
    work. Threads without child processes do not: they are the real world. With `threads_hold` they do, too: where they
    speak with this very loop, as a client in a thread does with an exchange.
    """

    is_virtual = True

    def __init__(
        self,
        *,
        start_ms: int,
        io_grace_ms: float = 0.0,
        stall_s: float = 60.0,
        threads_hold: bool = False,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        if not (io_grace_ms >= 0.0 and math.isfinite(io_grace_ms)):
            raise ValueError(f"io_grace_ms = {io_grace_ms}: a number of milliseconds, 0 or more")
        if not (stall_s > 0.0 and math.isfinite(stall_s)):
            raise ValueError(f"stall_s = {stall_s}: a number of seconds above 0")
        self.start_ms = start_ms
        self.warn = warn or _warn
        self._io_grace_s = io_grace_ms / 1000.0
        self._stall_s = stall_s
        self._threads_hold = threads_hold
        self._loop: VirtualLoop | None = None
        self._last_s = 0.0

    def now_s(self) -> float:
        loop = self._loop
        return self._last_s if loop is None else loop.now_s

    def epoch_ns(self) -> int:
        """Nanoseconds since the epoch, as time.time_ns() tells them."""
        return self.start_ms * 1_000_000 + round(self.now_s() * 1e9)

    def try_jump(self, t_s: float) -> bool:
        return self._running().try_jump(t_s)

    def call_first_at(self, t_s: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        return self._running().call_first_at(t_s, callback)

    async def sleep_until(self, t_s: float) -> None:
        await _sleep_until(self._running(), t_s)

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        _refuse_nesting(main)
        loop = VirtualLoop(
            io_grace_s=self._io_grace_s, stall_s=self._stall_s, threads_hold=self._threads_hold, warn=self.warn
        )
        self._loop = loop
        try:
            with (
                virtual_time(self),
                births_noticed(loop.follow_children),
                StallWatch(self.now_s, self._stall_s, loop.report_stall) as loop.watch,
            ):
                loop.look_for_children()
                return _run(main, loop)
        finally:
            self._last_s = loop.now_s
            self.unfollowed = loop.children.unfollowed
            self._loop = None
            loop.close()

    def _running(self) -> VirtualLoop:
        if self._loop is None:
            raise RuntimeError("the clock is not running")
        return self._loop


class RealClock(Clock):
    """Time as it passes: the stock loop, nothing patched. `start_ms` is the wall clock when the run began."""

    is_virtual = False

    def __init__(self, *, warn: Callable[[str], None] | None = None) -> None:
        self.start_ms = time.time_ns() // 1_000_000
        self.warn = warn or _warn
        self._loop: OrderedLoop | None = None
        self._start = 0.0
        self._last_s = 0.0

    def now_s(self) -> float:
        loop = self._loop
        return self._last_s if loop is None else loop.time() - self._start

    def try_jump(self, t_s: float) -> bool:
        """Whether `t_s` has come: real time cannot be moved."""
        return self.now_s() >= t_s

    def call_first_at(self, t_s: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        return self._running().call_first_at(self._start + t_s, callback)

    async def sleep_until(self, t_s: float) -> None:
        await _sleep_until(self._running(), self._start + t_s)

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        _refuse_nesting(main)
        loop = OrderedLoop()
        self._loop = loop
        self.start_ms = time.time_ns() // 1_000_000
        self._start = loop.time()
        try:
            return _run(main, loop)
        finally:
            self._last_s = self.now_s()
            self._loop = None
            loop.close()

    def _running(self) -> OrderedLoop:
        if self._loop is None:
            raise RuntimeError("the clock is not running")
        return self._loop


def _run(main: Coroutine[Any, Any, T], loop: OrderedLoop) -> T:
    stall: ClockStalled | None = None
    try:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            try:
                return runner.run(main)
            except ClockStalled as error:
                stall = error
                loop.give_up()
                raise
    except RuntimeError:
        # Where `main` itself ended by the stall, its callback that stops the loop comes in the middle of the clean-up,
        # and asyncio tells of that instead.
        if stall is None:
            raise
        raise stall from None


def _refuse_nesting(main: Coroutine[Any, Any, Any]) -> None:
    if asyncio._get_running_loop() is not None:
        main.close()
        raise RuntimeError("a clock cannot be run from within a running event loop")


async def _sleep_until(loop: OrderedLoop, when: float) -> None:
    if math.isnan(when):
        raise ValueError("cannot sleep until an instant that is not a number")
    future = loop.create_future()
    timer = loop.call_at(when, _wake, future)
    try:
        await future
    finally:
        timer.cancel()


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _warn(text: str) -> None:
    warnings.warn(text, RuntimeWarning, stacklevel=2)
