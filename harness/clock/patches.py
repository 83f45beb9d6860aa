"""The time functions of the process, made to follow virtual time while a run lasts.

| function | while a virtual run lasts |
|---|---|
| time.time, time_ns, localtime, datetime.now, utcnow, today, pandas' Timestamp.now | virtual (time-machine) |
| time.monotonic, monotonic_ns | virtual: the seconds since the start of the run, as loop.time() |
| time.sleep | real, and warned of once per call site |
| time.perf_counter, process_time, thread_time | real |

Code that did ``from time import monotonic`` (or ``sleep``) before the run began keeps the real one. So do, on purpose,
the modules of the standard library that wait with it: threading, queue, subprocess, concurrent.futures, multiprocessing
and the loops of other threads. What reads the clock in C without asking Python (``numpy.datetime64("now")``) stays
real.
"""

from __future__ import annotations

# Bound here before anything is patched: these must keep the real monotonic.
import concurrent.futures.thread  # noqa: F401
import os
import queue  # noqa: F401
import subprocess  # noqa: F401
import sys
import threading  # noqa: F401
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Protocol

_REAL_TIME = ModuleType("time")
_REAL_TIME.__dict__.update(vars(time))
_WAIT_WITH_THE_REAL_MONOTONIC = (
    "asyncio.base_events",
    "concurrent.futures._base",
    "multiprocessing.connection",
    "multiprocessing.managers",
    "multiprocessing.queues",
    "multiprocessing.synchronize",
)
_STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep


class World(Protocol):
    """Whose time the patched functions tell."""

    def now_s(self) -> float:
        """Seconds since the start of the run."""

    def epoch_ns(self) -> int:
        """Nanoseconds since the epoch."""

    def warn(self, text: str) -> None:
        """Tell the user."""


# The patched functions ask here rather than close over a world: code that imported them by name during one run must
# follow the next run, and real time after it.
_worlds: list[World] = []
_warned_sites: set[tuple[str, int]] = set()


def _monotonic() -> float:
    return _worlds[-1].now_s() if _worlds else _REAL_TIME.monotonic()


def _monotonic_ns() -> int:
    return round(_worlds[-1].now_s() * 1e9) if _worlds else _REAL_TIME.monotonic_ns()


def _sleep(seconds: float, /) -> None:
    if _worlds:
        caller = sys._getframe(1)
        site = (caller.f_code.co_filename, caller.f_lineno)
        if seconds > 0 and site not in _warned_sites and not _is_standard_library(site[0]):
            _warned_sites.add(site)
            _worlds[-1].warn(
                f"{site[0]}:{site[1]}: time.sleep({seconds:g}) really sleeps, and virtual time stands still meanwhile; "
                "asyncio.sleep would not"
            )
    _REAL_TIME.sleep(seconds)


def _is_standard_library(path: str) -> bool:
    return path.startswith(_STANDARD_LIBRARY) and "-packages" + os.sep not in path


@contextmanager
def virtual_time(world: World) -> Iterator[None]:
    """Let the time functions of the process follow `world`; undone at the end, whatever happens. Runs may nest."""
    travel = _import_time_machine().travel(0, tick=False)
    traveller = travel.start()
    # time-machine asks its traveller at every call, so time moves without anything to do per jump, and without the
    # rounding of a float of seconds since 1970.
    traveller.time_ns = world.epoch_ns
    replaced: list[tuple[Any, str, Any]] = []

    def replace(owner: Any, name: str, value: Callable[..., Any] | ModuleType) -> None:
        replaced.append((owner, name, getattr(owner, name)))
        setattr(owner, name, value)

    if not _worlds:
        _warned_sites.clear()
    _worlds.append(world)
    try:
        if time.time_ns() != world.epoch_ns():
            raise RuntimeError(
                "this version of time-machine does not ask its traveller for the time: time.time() cannot follow"
            )
        for name in _WAIT_WITH_THE_REAL_MONOTONIC:
            module = sys.modules.get(name)
            if module is not None and getattr(module, "time", None) is time:
                replace(module, "time", _REAL_TIME)
        replace(time, "monotonic", _monotonic)
        replace(time, "monotonic_ns", _monotonic_ns)
        replace(time, "sleep", _sleep)
        yield
    finally:
        for owner, name, value in reversed(replaced):
            setattr(owner, name, value)
        _worlds.pop()
        travel.stop()


def _import_time_machine() -> Any:
    """time-machine without its pytest plugin, which would bring 145 modules and 9 MB into the measured process."""
    hide_pytest = "pytest" not in sys.modules
    if hide_pytest:
        sys.modules["pytest"] = None  # type: ignore[assignment]
    try:
        import time_machine  # noqa: PLC0415 - only a virtual run needs it
    finally:
        if hide_pytest:
            del sys.modules["pytest"]
    return time_machine
