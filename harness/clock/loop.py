"""The event loops behind the clocks: ordered timers, and for virtual time a loop that jumps to the next of them."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import selectors
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextvars import Context
from types import FrameType
from typing import Any

from harness.clock.stall import ClockStalled, StallWatch, stalled

FIRST, ORDINARY = 0, 1
# A loop that watches nothing but its own wake-up pipe asks the kernel every so many turns: only a signal handler of the
# target (loop.add_signal_handler) waits there; call_soon_threadsafe is seen without asking.
TURNS_PER_POLL = 64
# Executor results wait for the instant to become quiet, which makes their order independent of how fast threads are.
# A program that never lets it (it spins on sleep(0) until the result is there) gets them after so many turns.
TURNS_WITHOUT_QUIET = 1000

_NOTHING: list[tuple[selectors.SelectorKey, int]] = []


class Timer(asyncio.TimerHandle):
    """A timer whose place among others is (time, priority, order of creation): ties are decided, not left to chance."""

    __slots__ = ("_order",)

    def __init__(
        self,
        order: tuple[float, int, int],
        callback: Callable[..., Any],
        args: Iterable[Any],
        loop: asyncio.AbstractEventLoop,
        context: Context | None,
    ) -> None:
        super().__init__(order[0], callback, args, loop, context)  # type: ignore[arg-type]
        self._order = order

    def __lt__(self, other: asyncio.TimerHandle) -> bool:
        return self._order < other._order  # type: ignore[attr-defined,no-any-return]


class OrderedLoop(asyncio.SelectorEventLoop):
    """The stock selector loop with timers that keep their order."""

    _scheduled: list[Timer]
    _ready: deque[asyncio.Handle]
    _clock_resolution: float
    _timer_cancelled_count: int

    def __init__(self, selector: selectors.BaseSelector | None = None) -> None:
        super().__init__(selector)
        self._created = itertools.count()

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """As asyncio's, with ties in order of creation."""
        return self._schedule(when, ORDINARY, callback, args, context)

    def call_first_at(self, when: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        """A timer before every ordinary timer of the same instant."""
        return self._schedule(when, FIRST, callback, (), None)

    def _schedule(
        self, when: float, priority: int, callback: Callable[..., Any], args: tuple[Any, ...], context: Context | None
    ) -> asyncio.TimerHandle:
        if when is None:
            raise TypeError("when cannot be None")
        self._check_closed()  # type: ignore[attr-defined]
        if self.get_debug():
            self._check_thread()  # type: ignore[attr-defined]
            self._check_callback(callback, "call_at")  # type: ignore[attr-defined]
        timer = Timer((when, priority, next(self._created)), callback, args, self, context)
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True  # type: ignore[attr-defined]
        return timer


class VirtualLoop(OrderedLoop):
    """An event loop whose time jumps to the next timer when nothing else can happen before it.

    `holds` counts what may keep time from jumping: watched file descriptors, executor work, child processes, a stall to
    report. While it is 0 a turn of the loop costs no system call.
    """

    def __init__(self, *, io_grace_s: float, stall_s: float, warn: Callable[[str], None]) -> None:
        self.now_s = 0.0
        self.holds = 0
        self.stall: ClockStalled | None = None
        self.stall_s = stall_s
        self.watch: StallWatch | None = None
        self.warn = warn
        self._work: deque[tuple[Future[Any], asyncio.Future[Any], Callable[..., Any]]] = deque()
        self._children: list[asyncio.SubprocessTransport] = []
        self._children_starting = 0
        self._abandoned = False
        selector = _JumpingSelector(self, io_grace_s)
        self._jumper = selector
        super().__init__(selector)
        selector.own_fds = len(selector.get_map())
        self.jump(0.0)
        self.count_holds()

    # Time

    def time(self) -> float:
        """Virtual seconds since the start of the run."""
        return self.now_s

    def jump(self, t_s: float) -> None:
        """Move time to `t_s`; nothing is checked."""
        self.now_s = t_s
        # One step of the float: timers of this instant are due, and none is early.
        self._clock_resolution = math.ulp(t_s)

    def try_jump(self, t_s: float) -> bool:
        """Move time to `t_s` if nothing else could happen before it or at it; otherwise change nothing."""
        if self._ready or self.holds:
            return False
        scheduled = self._scheduled
        while scheduled and scheduled[0]._when <= t_s:  # type: ignore[attr-defined]
            if not scheduled[0].cancelled():
                return False
            heapq.heappop(scheduled)._scheduled = False  # type: ignore[attr-defined]
            self._timer_cancelled_count -= 1
        if self.now_s < t_s < math.inf:
            self.now_s = t_s
            self._clock_resolution = math.ulp(t_s)
            return True
        return t_s <= self.now_s

    def count_holds(self) -> None:
        """Count again what may hold time; to be called where any of it changed."""
        self.holds = (
            len(self._jumper.get_map() or ())
            - self._jumper.own_fds
            + len(self._work)
            + len(self._children)
            + self._children_starting
            + (self.stall is not None)
        )

    # Executor work

    def run_in_executor(self, executor: Executor | None, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """As asyncio's; time stands still until the work is done, and results come in the order of submission."""
        self._check_closed()  # type: ignore[attr-defined]
        if self.get_debug():
            self._check_callback(func, "run_in_executor")  # type: ignore[attr-defined]
        if executor is None:
            self._check_default_executor()  # type: ignore[attr-defined]
            executor = self._default_executor  # type: ignore[has-type]
            if executor is None:
                executor = self._default_executor = ThreadPoolExecutor(thread_name_prefix="asyncio")
        work = executor.submit(func, *args)
        future = self.create_future()
        self._work.append((work, future, func))
        self.count_holds()
        future.add_done_callback(lambda future: work.cancel() if future.cancelled() else None)
        work.add_done_callback(self._wake)
        return future

    def _wake(self, _: Future[Any]) -> None:
        # Not call_soon_threadsafe: a callback among the ready ones, at a moment that a thread chose, would change their
        # order.
        self._write_to_self()  # type: ignore[attr-defined]

    @property
    def has_work(self) -> bool:
        """Whether executor work has been submitted whose result was not yet delivered."""
        return bool(self._work)

    def deliver(self) -> bool:
        """Give the oldest executor work's result to who awaits it; False if it is not done yet."""
        work, future, _ = self._work[0]
        if not work.done():
            return False
        self._work.popleft()
        self.count_holds()
        if future.done():
            pass
        elif work.cancelled():
            future.cancel()
        elif (error := work.exception()) is None:
            future.set_result(work.result())
        elif isinstance(error, StopIteration):
            # A future refuses it, and who awaits would wait for ever.
            wrapped = RuntimeError("executor work raised StopIteration")
            wrapped.__cause__ = error
            future.set_exception(wrapped)
        else:
            future.set_exception(error)
        return True

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ARG002 - asyncio's
        """Wait for the default executor's work, except after a stall: what blocked then would block here too."""
        self._executor_shutdown_called = True
        executor = self._default_executor
        if executor is not None:
            executor.shutdown(wait=not self._abandoned, cancel_futures=self._abandoned)

    # Child processes

    async def _make_subprocess_transport(self, *args: Any, **kwargs: Any) -> Any:
        self._children_starting += 1
        self.count_holds()
        try:
            child = await super()._make_subprocess_transport(*args, **kwargs)  # type: ignore[misc]
        finally:
            self._children_starting -= 1
            self.count_holds()
        self._children.append(child)
        self.count_holds()
        return child

    @property
    def has_children(self) -> bool:
        """Whether a child process is starting or running."""
        if self._children:
            self._children = [child for child in self._children if child.get_returncode() is None]
            self.count_holds()
        return bool(self._children or self._children_starting)

    # Stalls

    def report_stall(self, stood_s: float, frame: FrameType | None) -> ClockStalled:
        """Note that time stood still for `stood_s` real seconds; the loop ends with it at its next turn."""
        self.stall = stalled(
            f"virtual time stood still at {self.now_s:g} s for {stood_s:.3g} s of real time: {self._what_holds()}",
            self,
            frame,
        )
        self.count_holds()
        return self.stall

    def raise_stall(self, stall: ClockStalled) -> None:
        """End the run; executor work and children that hold time are given up, so that it can end."""
        self.stall = None
        self._abandoned = True
        self._work.clear()
        self._children.clear()
        self.count_holds()
        if self.watch is not None:
            self.watch.restart()
        raise stall

    def _what_holds(self) -> str:
        if self._work:
            return f"executor work is not done: {_name(self._work[0][2])}"
        if self._children:
            return f"a child process is running: pid {self._children[0].get_pid()}"
        return "the loop was blocked, never became idle, or waited for input"

    def may_be_woken(self) -> bool:
        """Whether something other than a timer, a file or an executor could still call in: a thread, a signal."""
        if self._signal_handlers:  # type: ignore[attr-defined]
            return True
        here = threading.current_thread()
        # Idle threads of the default executor wait for work, not the other way round.
        return any(thread is not here and not thread.name.startswith("asyncio_") for thread in threading.enumerate())


class _JumpingSelector(selectors.DefaultSelector):
    """Where a loop would wait for its next timer, time jumps to it, unless the real world must come first."""

    def __init__(self, loop: VirtualLoop, io_grace_s: float) -> None:
        super().__init__()
        self.own_fds = 0
        self._loop = loop
        self._io_grace_s = io_grace_s
        self._writing: set[Any] = set()
        self._turns = 0
        self._turns_without_quiet = 0

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = super().register(fileobj, events, data)
        self._note(key)
        return key

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = super().modify(fileobj, events, data)
        self._note(key)
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        key = super().unregister(fileobj)
        self._writing.discard(key.fd)
        self._loop.count_holds()
        return key

    def _note(self, key: selectors.SelectorKey) -> None:
        if key.events & selectors.EVENT_WRITE:
            self._writing.add(key.fd)
        else:
            self._writing.discard(key.fd)
        self._loop.count_holds()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready, `timeout` 0 meaning that the loop has something to do at this instant."""
        loop = self._loop
        if loop.holds:
            return self._select_held(timeout)
        self._turns += 1
        if self._turns == TURNS_PER_POLL:
            self._turns = 0
            events = super().select(0)
            if events:
                return events
        return _NOTHING if timeout == 0 else self._advance()

    def _select_held(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        loop = self._loop
        if loop.stall is not None:
            loop.raise_stall(loop.stall)
        if timeout == 0:
            self._turns_without_quiet += 1
            if self._turns_without_quiet > TURNS_WITHOUT_QUIET and loop.has_work:
                loop.deliver()
            return super().select(0)
        self._turns_without_quiet = 0
        if loop.has_work:
            return _NOTHING if loop.deliver() else self._wait()
        if loop.has_children or self._writing:
            return self._wait()
        return super().select(self._io_grace_s) or self._advance()

    def _advance(self) -> list[tuple[selectors.SelectorKey, int]]:
        """Jump to the next timer; without one, wait for the real world, if there is anything left to wait for."""
        loop = self._loop
        scheduled = loop._scheduled
        if scheduled:
            when: float = scheduled[0]._when  # type: ignore[attr-defined]
            if when < math.inf:
                loop.jump(when)
                return _NOTHING
            if math.isnan(when):
                return _NOTHING  # asyncio runs it at once
        if loop.holds or loop.may_be_woken():
            return self._wait()
        events = super().select(0)
        if not events:
            loop.raise_stall(
                stalled(f"nothing is left to wait for at {loop.now_s:g} s: every task waits for another", loop)
            )
        return events

    def _wait(self) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait really. A limit of its own, since the watch works in the main thread only."""
        loop = self._loop
        events = super().select(loop.stall_s)
        if not events:
            loop.raise_stall(loop.report_stall(loop.stall_s, None))
        return events


def _name(func: Callable[..., Any]) -> str:
    func = getattr(func, "func", func)  # functools.partial, as asyncio.to_thread makes them
    return f"{getattr(func, '__module__', '?')}.{getattr(func, '__qualname__', repr(func))}"
