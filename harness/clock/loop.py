"""The event loop of virtual time: it knows what holds time still, and moves it when nothing does."""

from __future__ import annotations

import asyncio
import functools
import heapq
import math
import sys
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from time import monotonic as real_monotonic
from types import FrameType
from typing import Any

from harness.clock.children import THREADS_OF_ASYNCIO, Children
from harness.clock.jumps import JumpingSelector
from harness.clock.ordered import OrderedLoop
from harness.clock.stall_watch import ClockStalled, StallWatch, stalled


class VirtualLoop(OrderedLoop):
    """An event loop whose time jumps to the next timer when nothing else can happen before it.

    `holds` counts what may keep time from jumping: watched file descriptors, executor work, child processes, threads
    where they hold time, a stall to report. While it is 0 a turn of the loop costs no system call.
    """

    def __init__(
        self, *, io_grace_s: float, stall_s: float, warn: Callable[[str], None], threads_hold: bool = False
    ) -> None:
        self.now_s = 0.0
        self.holds = 0
        self.stall: ClockStalled | None = None
        self.stall_s = stall_s
        self.watch: StallWatch | None = None
        self.warn = warn
        self._work: deque[tuple[Future[Any], asyncio.Future[Any], Callable[..., Any]]] = deque()
        self._started: list[asyncio.SubprocessTransport] = []
        self._starting = 0
        self.may_have_children = False
        self.children = Children(warn, self._started_pids, threads_too=threads_hold)
        self.waiting_for: str | None = None
        self._abandoned = False
        selector = JumpingSelector(self, io_grace_s)
        self._jumper = selector
        super().__init__(selector)
        selector.own_fds = len(selector.get_map())
        self.slow_callback_duration = math.inf  # debug mode would measure it in virtual time
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
        if self._ready or (self.holds and not self._jumper.may_jump_beside_children()):
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
            + self.may_have_children
            + self.children.threads_too
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

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Wait for the default executor's work, except after a stall: what blocked then would block here too."""
        self._executor_shutdown_called = True
        executor = self._default_executor
        if executor is not None:
            executor.shutdown(wait=not self._abandoned, cancel_futures=self._abandoned)

    # Child processes

    async def _make_subprocess_transport(self, *args: Any, **kwargs: Any) -> Any:
        self._starting += 1
        self.follow_children()
        try:
            child = await super()._make_subprocess_transport(*args, **kwargs)  # type: ignore[misc]
            self._started.append(child)
        finally:
            self._starting -= 1
        return child

    def follow_children(self) -> None:
        """From now on ask what children do before time jumps, until there are none."""
        self.children.forget()
        self.may_have_children = True
        self.count_holds()

    def look_for_children(self) -> None:
        """Follow children, if there are any: also such that something else than Python started."""
        if Children.can_be_read and self.children.exist():
            self.follow_children()

    @property
    def follows_children(self) -> bool:
        """Whether there are children, or threads, to be followed, or one is just being started."""
        if self.children.threads_too and not self.may_have_children:
            self.look_for_children()
        if self.may_have_children and not (self._starting or self.children.exist()):
            self.may_have_children = False
            self.count_holds()
        return self.may_have_children

    def children_still_rest(self) -> bool:
        """Whether none of the children has run since they were last seen at rest."""
        return not self._starting and self.children.unchanged()

    def children_rest(self, wait: Callable[[float], bool]) -> bool:
        """Wait until the children rest; False where the loop must turn once more before. ClockStalled for too long.

        `wait` waits so many real seconds for input, and says whether there is some.
        """
        if self._starting:
            return not wait(0)
        begun = real_monotonic()
        if not Children.can_be_read:  # what is known elsewhere is only when a child of the loop's has ended
            if self._started_pids() and not wait(self.stall_s):
                raise self.report_stall(self.stall_s, sys._getframe())
            return not self._started_pids()
        rest = self.children.await_rest(wait, lambda: self._has_stalled_since(begun))
        if self.stall is not None:
            raise self.stall
        return rest

    def _has_stalled_since(self, begun: float) -> bool:
        # The watch works in the main thread only.
        if self.stall is None and real_monotonic() - begun > self.stall_s:
            self.report_stall(self.stall_s, sys._getframe())
        return self.stall is not None

    def _started_pids(self) -> list[int]:
        if self._started:
            self._started = [child for child in self._started if child.get_returncode() is None]
        return [child.get_pid() for child in self._started]

    # Stalls

    def report_stall(self, stood_s: float, frame: FrameType) -> ClockStalled:
        """Note that time stood still for `stood_s` real seconds; the loop ends with it at its next turn."""
        self.stall = self.stalled(
            f"virtual time stood still at {self.now_s:g} s for {stood_s:.3g} s of real time: {self._what_holds(frame)}",
            frame,
        )
        self.count_holds()
        return self.stall

    def stalled(self, reason: str, frame: FrameType) -> ClockStalled:
        """The error for `reason`, with the stacks of all threads and of this loop's tasks."""
        return stalled(reason, self, frame)

    def give_up(self) -> None:
        """After a stall: wait no longer for the executor work and the children that held time."""
        self.stall = None
        self._abandoned = True
        self._work.clear()
        self._started.clear()
        self.may_have_children = False
        self.count_holds()
        if self.watch is not None:
            self.watch.restart()

    def _what_holds(self, frame: FrameType) -> str:
        if self.waiting_for is None:
            at = f"{frame.f_code.co_filename}:{frame.f_lineno}, in {frame.f_code.co_name}"
            return f"the loop's thread never came to rest; it was at {at}"
        if self._work:
            return f"executor work is not done: {_name(self._work[0][2])}"
        if self.waiting_for == "a child process":
            return f"{self.children.at_work()}; --clock real would let it"
        return f"waiting for {self.waiting_for}"

    def talks_to_itself(self, fd: int) -> bool:
        """Whether both ends of a connection live on this loop, so that only its own tasks, and time, move it on."""
        transport = self._transports.get(fd)  # type: ignore[attr-defined]
        if transport is None or not _is_open(transport, fd):
            return False
        peer = transport.get_extra_info("peername")
        ends = list(self._transports.items())  # type: ignore[attr-defined]
        return bool(peer) and any(end.get_extra_info("sockname") == peer and _is_open(end, at) for at, end in ends)

    def may_be_woken(self) -> bool:
        """Whether something other than a timer, a file or an executor could still call in: a thread, a signal."""
        if self._signal_handlers:  # type: ignore[attr-defined]
            return True
        here = threading.current_thread()
        return any(
            thread is not here and not thread.name.startswith(THREADS_OF_ASYNCIO) for thread in threading.enumerate()
        )


def _is_open(transport: asyncio.BaseTransport, fd: int) -> bool:
    """Whether it still has this descriptor: asyncio forgets a closed one only when it is collected, or replaced."""
    ends = transport.get_extra_info("socket")
    return ends is not None and ends.fileno() == fd


def _name(func: Callable[..., Any]) -> str:
    while isinstance(func, functools.partial):  # asyncio.to_thread makes one of Context.run and the function
        func = func.args[0] if getattr(func.func, "__name__", "") == "run" and func.args else func.func
    return f"{getattr(func, '__module__', '?')}.{getattr(func, '__qualname__', repr(func))}"
