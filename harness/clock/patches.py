"""The time functions of the process, made to follow virtual time while a run lasts.

| function | while a virtual run lasts |
|---|---|
| time.time, time_ns | virtual; imported by name before the run began, too (time-machine) |
| time.localtime, datetime.now, utcnow, today, pandas' Timestamp.now | virtual (time-machine) |
| time.monotonic, monotonic_ns | virtual: the seconds since the start of the run, as loop.time() |
| time.sleep | real, and warned of once per call site |
| asyncio.sleep, timeouts | virtual, by the loop itself (`loop`, `jumps`): nothing is patched |
| time.perf_counter, process_time, thread_time | real |

Code that did ``from time import monotonic`` (or ``sleep``) before the run began keeps the real one; in a judged process
that is none of the target's, which is imported with its libraries in the rehearsal. The modules of the standard library
that wait with a thread, a process or a loop of another thread get the real one, on purpose. What reads the clock in C
without asking Python (``numpy.datetime64("now")``) stays real. In a forked child all times are real, as in any child.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Protocol

_PATCHED = ("time", "time_ns", "monotonic", "monotonic_ns", "sleep")
_real_time, _real_time_ns = time.time, time.time_ns
_real_monotonic, _real_monotonic_ns, _real_sleep = time.monotonic, time.monotonic_ns, time.sleep
# Known by who asks, since some are imported only when a pool or a process is made, in the middle of a run. With a time
# that stands still their waits would never end.
_REAL_WAITERS = frozenset({
    "asyncio.base_events", "concurrent.futures._base", "multiprocessing.connection", "multiprocessing.managers",
    "multiprocessing.queues", "multiprocessing.synchronize", "queue", "socketserver", "subprocess", "threading",
})  # fmt: skip


class World(Protocol):
    """Whose time the patched functions tell: seconds since the start of the run, nanoseconds since the epoch."""

    def now_s(self) -> float: ...
    def epoch_ns(self) -> int: ...
    def warn(self, text: str) -> None: ...


# The patched functions ask here rather than close over a world: code that imported them by name during one run must
# follow the next run, and real time after it.
_worlds: list[World] = []
_warned_sites: set[str] = set()
_travels: list[Any] = []


def _be_real() -> None:
    """In a forked child, whose loop nobody turns: with a time that stands still its waits would never end."""
    _worlds.clear()
    while _travels:
        _travels.pop().stop()


os.register_at_fork(after_in_child=_be_real)


# time-machine would do for these two. But each of its calls looks names up by newly made strings; CPython's cache of
# attributes keeps some of these strings, and in a judged process each may keep an arena mapped that is free otherwise.
def _time() -> float:
    return _worlds[-1].epoch_ns() / 1e9 if _worlds else _real_time()


def _time_ns() -> int:
    return _worlds[-1].epoch_ns() if _worlds else _real_time_ns()


def _monotonic() -> float:
    if not _worlds or sys._getframe(1).f_globals.get("__name__") in _REAL_WAITERS:
        return _real_monotonic()
    return _worlds[-1].now_s()


def _monotonic_ns() -> int:
    if not _worlds or sys._getframe(1).f_globals.get("__name__") in _REAL_WAITERS:
        return _real_monotonic_ns()
    return round(_worlds[-1].now_s() * 1e9)


def _sleep(seconds: Any, /) -> None:
    if _worlds and seconds > 0:
        _warn_once(sys._getframe(1), seconds)
    _real_sleep(seconds)


def _warn_once(caller: FrameType, seconds: float) -> None:
    module = caller.f_globals.get("__name__", "")
    if module == "concurrent.futures.thread":
        site = "executor work"  # to_thread(time.sleep, ...): who asked for it is no longer on the stack
    elif module.partition(".")[0] in sys.stdlib_module_names:
        return
    else:
        site = f"{caller.f_code.co_filename}:{caller.f_lineno}"
    if site not in _warned_sites:
        _warned_sites.add(site)
        _worlds[-1].warn(
            f"{site}: time.sleep({seconds:g}) really sleeps, and virtual time stands still meanwhile; "
            "asyncio.sleep would not"
        )


@contextmanager
def virtual_time(world: World) -> Iterator[None]:
    """Let the time functions of the process follow `world`; undone at the end, whatever happens. Runs may nest."""
    travel = _import_time_machine().travel(0, tick=False)
    traveller = travel.start()
    # time-machine asks its traveller at every call, so time moves without anything to do per jump, and without the
    # rounding of a float of seconds since 1970.
    traveller.time_ns = world.epoch_ns
    former = {name: getattr(time, name) for name in _PATCHED}
    if not _worlds:
        _warned_sites.clear()
    _worlds.append(world)
    _travels.append(travel)
    try:
        if time.time_ns() != world.epoch_ns():
            raise RuntimeError("this version of time-machine does not ask its traveller: time.time() cannot follow")
        time.time, time.time_ns = _time, _time_ns
        time.monotonic, time.monotonic_ns, time.sleep = _monotonic, _monotonic_ns, _sleep
        yield
    finally:
        for name, function in former.items():
            setattr(time, name, function)
        if travel in _travels:  # not in a forked child
            _travels.remove(travel)
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
