"""Before the first measurement: exercise what allocates on first use on throwaway objects, fill up to the baseline."""

from __future__ import annotations

import contextlib
import gc
import mmap
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from harness.clock import Clock, VirtualClock
from harness.stand_ins.own_folder import moved_into
from harness.worker.failures import RunEnded, Unending
from harness.worker.handlers import (
    PATIENCE_S,
    build_target,
    find_handlers,
    give_up,
    maybe_await,
    patiently,
    refuse_signatures,
)
from harness.worker.job import REHEARSAL_FOLDER, Job
from harness.worker.on_the_wire import open_exchange, takers

EVENTS = 500
"""What a rehearsal sees of the feed: enough that most symbols have a book, too little to leave a mark of its own."""

FED_S = 3600.0
"""Virtual seconds of feed that a rehearsal looks through for its events, at the most."""


_NUMPY_CACHED = 7
_NUMPY_CACHES_BELOW = 1024
"""NumPy keeps so many freed blocks of every size in bytes below this (numpy/_core/src/multiarray/alloc.c)."""

_OURS = 3
"""References to a table of parameters that nobody keeps: the list, the loop's variable, the question."""


class NotedParameters(dict[str, Any]):
    """Free parameters that know which of them were read, by whatever way."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self.unread = set(params)

    def __getitem__(self, key: str) -> Any:
        self.unread.discard(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.unread.discard(str(key))
        return super().__contains__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self.unread.discard(key)
        return super().get(key, default)

    def pop(self, key: str, *default: Any) -> Any:
        self.unread.discard(key)
        return super().pop(key, *default)

    def setdefault(self, key: str, default: Any = None) -> Any:
        self.unread.discard(key)
        return super().setdefault(key, default)

    def __iter__(self) -> Iterator[str]:
        self.unread.clear()
        return super().__iter__()

    def keys(self) -> Any:
        self.unread.clear()
        return super().keys()

    def items(self) -> Any:
        self.unread.clear()
        return super().items()

    def values(self) -> Any:
        self.unread.clear()
        return super().values()

    def copy(self) -> dict[str, Any]:
        self.unread.clear()
        return dict(super().items())


def rehearse(job: Job, folder: Path, probe: Callable[[Any], None], doing: Callable[[str], None]) -> list[str]:
    """Build a target of `job` in `folder`, start it, feed it a little, `probe` it, have it rehearse, and stop it.

    It has a clock and a feed of its own; once it is built, `doing` is told so. Returns the names of free parameters
    that nothing read, where none can be read any more: a target that keeps their table may read it later. Raises what
    the target raises, UsageError where its methods cannot be called, and RunEnded where it does not return.
    """
    unread: list[str] = []
    clock = VirtualClock(start_ms=job.start_ms, stall_s=job.stall_s, threads_hold=bool(job.venue))
    rehearsed = folder / REHEARSAL_FOLDER
    rehearsed.mkdir()
    with (
        moved_into(rehearsed if job.own_folder else None),
        contextlib.suppress(Unending),  # the run itself will meet it again, and say so
    ):
        clock.run(_rehearsal(job, rehearsed, clock, probe, doing, unread=unread))
    fill_numpy_cache()
    gc.collect()
    return unread


def fill_numpy_cache() -> None:
    """Have NumPy keep all that it ever keeps of small freed blocks, 3.8 MB.

    The arrays of a feed differ in length from block to block: its cache would fill over hours, and look like a leak.
    """
    for size in range(1, _NUMPY_CACHES_BELOW):
        held = [np.empty(size, np.uint8) for _ in range(_NUMPY_CACHED)]
        held.clear()


async def _rehearsal(
    job: Job,
    folder: Path,
    clock: Clock,
    probe: Callable[[Any], None],
    doing: Callable[[str], None],
    *,
    unread: list[str],
) -> None:
    feed = job.feed(start_ms=clock.start_ms)
    exchange = await open_exchange(job, feed, clock)
    tables: list[NotedParameters] = []

    def noted(params: Mapping[str, Any]) -> NotedParameters:
        tables.append(NotedParameters(params))
        return tables[-1]

    target = build_target(job, clock, feed, folder, _ignore, exchange=exchange, table=noted)
    refuse_signatures(target)
    doing("in its rehearsal")
    await patiently(target.start(), "start()")
    handlers = takers(exchange, find_handlers(target))
    for event in islice(feed.stream(FED_S, tuple(handlers)), EVENTS):
        if exchange is not None:  # a client takes what it is sent when its socket is read
            await clock.sleep_until((event.timestamp_ms - clock.start_ms) / 1000)
        await maybe_await(handlers[type(event)](event))
    for _ in range(2):
        probe(target)
    if hasattr(target, "rehearse"):
        await patiently(target.rehearse(), "rehearse()")
    await patiently(target.stop(), "stop()")
    if exchange is not None:
        exchange.close()
    shutil.rmtree(folder)
    for table in tables:
        if sys.getrefcount(table) <= _OURS:
            unread += sorted(table.unread)
    clock.call_first_at(clock.now_s() + PATIENCE_S, give_up)


def _ignore(*kind: str, **facts: Any) -> None:
    """The events of a rehearsal are nobody's."""


def lay_ballast(idle_bytes: int, baseline_bytes: int) -> mmap.mmap:
    """The ballast: a mapping of its own, all its pages touched, that brings RSS from `idle_bytes` to `baseline_bytes`.

    It is this process's alone: what it forks does not get it. Raises RunEnded("refused") where the idle process is
    larger than the baseline already.
    """
    size = baseline_bytes - idle_bytes
    if size < 0:
        raise RunEnded("refused", f"the idle process takes {idle_bytes / 1e6:.0f} MB")
    ballast = mmap.mmap(-1, max(size, mmap.PAGESIZE), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if sys.platform.startswith("linux"):
        ballast.madvise(mmap.MADV_DONTFORK)
    for offset in range(0, size, mmap.PAGESIZE):
        ballast[offset] = 1
    return ballast
