"""The stock selector loop with timers whose ties are decided: what both kinds of clock run on."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import selectors
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import Context
from typing import Any

FIRST, ORDINARY = 0, 1


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

    def give_up(self) -> None:
        """After a stall: let nothing that caused it keep the run from ending."""

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
