"""What is said, and how it is noticed, when virtual time stands still for too long."""

from __future__ import annotations

import asyncio
import math
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from time import monotonic as real_monotonic
from types import FrameType, TracebackType
from typing import Any

TICKS_PER_STALL = 4
SHORTEST_TICK_S = 0.005


class ClockStalled(BaseException):
    """Virtual time cannot move, or did not for too long; `stack` is the text of every thread's and task's stack.

    Not an Exception: a collector's own ``except Exception: log and carry on`` must not swallow it.
    """

    def __init__(self, reason: str, stack: str) -> None:
        super().__init__(reason)
        self.stack = stack
        self.add_note(stack)


def stalled(reason: str, loop: asyncio.AbstractEventLoop, frame: FrameType) -> ClockStalled:
    """The error for `reason`, with the stacks as they are now; `frame` is where this thread is."""
    return ClockStalled(reason, "".join([*_thread_stacks(frame), *_task_stacks(loop)]))


def _thread_stacks(frame: FrameType) -> Iterator[str]:
    frames = sys._current_frames() | {threading.get_ident(): frame}
    for thread in threading.enumerate():
        if thread.ident in frames:
            yield f"thread {thread.name}:\n"
            yield from traceback.format_stack(frames[thread.ident])


def _task_stacks(loop: asyncio.AbstractEventLoop) -> Iterator[str]:
    for task in sorted(asyncio.all_tasks(loop), key=lambda task: task.get_name()):
        coroutine = task.get_coro()
        yield f"task {task.get_name()} ({getattr(coroutine, '__qualname__', coroutine)}):\n"
        yield from traceback.StackSummary.extract((frame, frame.f_lineno) for frame in _awaiting(coroutine)).format()


def _awaiting(coroutine: Any) -> Iterator[FrameType]:
    """The frames from a coroutine down to what it awaits; a task's own get_stack stops at the first."""
    while coroutine is not None:
        for kind, inner in (("cr_frame", "cr_await"), ("gi_frame", "gi_yieldfrom"), ("ag_frame", "ag_await")):
            frame = getattr(coroutine, kind, None)
            if frame is not None:
                yield frame
                coroutine = getattr(coroutine, inner)
                break
        else:
            return


class StallWatch:
    """Looks a few times per `stall_s` real seconds whether time has moved, from the process's interval timer.

    A signal costs nothing between its ticks, needs no thread, and reaches code that never yields. The first tick that
    finds time stalled calls `report(stood_s, frame)`, which lets a loop that still turns end by itself; if time has not
    moved at the next tick either, the error is raised right where the thread is, and again at each tick until it gets
    through. Works in the main thread only, elsewhere it does nothing. A timer and a handler that were set before (a
    test runner's) are kept going and restored.
    """

    def __init__(
        self, now_s: Callable[[], float], stall_s: float, report: Callable[[float, FrameType], ClockStalled]
    ) -> None:
        self._now_s = now_s
        self._stall_s = stall_s
        self._report = report
        self._seen_s = now_s()
        self._since = real_monotonic()
        self._found: ClockStalled | None = None
        self._active = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")
        self._former_handler: Any = None
        self._former_due: float | None = None
        self._former_interval_s = 0.0

    def __enter__(self) -> StallWatch:
        if self._active:
            tick_s = max(self._stall_s / TICKS_PER_STALL, SHORTEST_TICK_S)
            self._former_handler = signal.signal(signal.SIGALRM, self._tick)
            remaining_s, self._former_interval_s = signal.setitimer(signal.ITIMER_REAL, tick_s, tick_s)
            self._former_due = real_monotonic() + remaining_s if remaining_s else None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._active:
            return
        # A tick in the middle of this must not raise.
        self._stall_s, self._found = math.inf, None
        signal.setitimer(signal.ITIMER_REAL, 0)
        if self._former_handler is not None:  # None is a handler that Python did not set, and cannot set again
            signal.signal(signal.SIGALRM, self._former_handler)
        if self._former_due is not None:
            remaining_s = max(self._former_due - real_monotonic(), SHORTEST_TICK_S)
            signal.setitimer(signal.ITIMER_REAL, remaining_s, self._former_interval_s)

    def restart(self) -> None:
        """Count from now: what was found has been dealt with."""
        self._found = None
        self._since = real_monotonic()

    def _tick(self, signal_number: int, frame: FrameType | None) -> None:
        now = real_monotonic()
        if self._former_due is not None and now >= self._former_due:
            self._former_due = now + self._former_interval_s if self._former_interval_s else None
            if callable(self._former_handler):
                self._former_handler(signal_number, frame)
        now_s = self._now_s()
        if now_s != self._seen_s:
            self._seen_s = now_s
            self.restart()
        elif self._found is not None:
            raise self._found
        elif now - self._since >= self._stall_s and frame is not None:
            self._found = self._report(now - self._since, frame)
