"""Programs of tests run on virtual time, and a check that real time is as it was after them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from harness.clock import VirtualClock

START_MS = 1_767_225_600_123  # 2026-01-01 00:00:00.123 UTC
STALL_S = 0.05


def virtual(**options: Any) -> VirtualClock:
    options.setdefault("stall_s", 60.0)
    options.setdefault("warn", lambda text: pytest.fail(f"unexpected warning: {text}"))
    return VirtualClock(start_ms=START_MS, **options)


def run(program: Callable[[VirtualClock], Coroutine[Any, Any, Any]], **options: Any) -> Any:
    clock = virtual(**options)
    return clock.run(program(clock))


def loop_time() -> float:
    return asyncio.get_running_loop().time()


@contextlib.contextmanager
def time_is_restored() -> Iterator[None]:
    """Every patched function, the interval timer and the signal handlers are as before."""

    def state() -> list[Any]:
        handlers = [signal.getsignal(number) for number in (signal.SIGALRM, signal.SIGINT)]
        return [time.monotonic, time.monotonic_ns, time.sleep, handlers]

    before, interval, wall, mono = state(), signal.getitimer(signal.ITIMER_REAL)[1], time.time(), time.monotonic()
    yield
    assert state() == before
    assert signal.getitimer(signal.ITIMER_REAL)[1] == interval
    assert wall <= time.time() < wall + 3_600
    assert mono <= time.monotonic() < mono + 3_600
