"""Facts of this process beside its heap: RSS, private pages, open files, threads, tasks, small objects, its cgroup."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import MethodType
from typing import Any, NamedTuple

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_CGROUP_CURRENT = ("/sys/fs/cgroup{path}/memory.current", "/sys/fs/cgroup/memory.current")

_RESIDENT = re.compile(rb"^RssAnon:\s+(\d+) kB\nRssFile:\s+(\d+) kB\nRssShmem:\s+(\d+) kB$", re.MULTILINE)

_OWN_ROOMS = ("harness.worker.", "harness.clock.", "harness.deep.")
"""Rooms of the harness that set timers in a judged process."""


def rss_reader() -> Callable[[], int]:
    """A function that reads this process's RSS in bytes: from statm, about 1 us; psutil where there is no /proc."""
    if not sys.platform.startswith("linux"):
        import psutil  # noqa: PLC0415 - needed on other systems only

        process = psutil.Process()
        return lambda: int(process.memory_info().rss)
    descriptor = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)

    def read() -> int:
        # statm: size resident shared text lib data dt, in pages
        return int(os.pread(descriptor, 128, 0).split(b" ", 2)[1]) * _PAGE_BYTES

    return read


class Resident(NamedTuple):
    """Resident bytes by what the kernel can do with them: `in_memory` is anonymous and shared memory, which nothing on
    a disk stands behind; `of_files` it may drop and read again, as it likes."""

    in_memory: int
    of_files: int


def resident_reader() -> Callable[[], Resident | None]:
    """A function that splits RSS by what lies behind it: from status, some 15 us; None where the kernel does not."""
    if not sys.platform.startswith("linux"):
        return lambda: None
    descriptor = os.open("/proc/self/status", os.O_RDONLY | os.O_CLOEXEC)

    def read() -> Resident | None:
        match = _RESIDENT.search(os.pread(descriptor, 4096, 0))
        if match is None:
            return None
        anonymous, of_files, shared = (int(kilobytes) * 1024 for kilobytes in match.groups())
        return Resident(anonymous + shared, of_files)

    return read


def uss_bytes() -> int | None:
    """Private pages of this process from smaps_rollup (30 ms per GB), or None where there is none."""
    try:
        descriptor = os.open("/proc/self/smaps_rollup", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        text = os.read(descriptor, 4096)
    finally:
        os.close(descriptor)
    total = 0
    for field in (b"Private_Clean:", b"Private_Dirty:"):
        at = text.find(field)
        if at < 0:
            return None
        total += int(text[at + len(field) : text.index(b"kB", at)]) * 1024
    return total


def queued_s() -> float:
    """Real seconds that the main thread of this process was ready to run and had no core; 0 where nobody counts them.

    Source: /proc/self/schedstat, the second number, in nanoseconds (Linux, Documentation/scheduler/sched-stats.rst).
    """
    try:
        text = Path("/proc/self/schedstat").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return int(text.split()[1]) / 1e9


def open_files() -> int | None:
    """Open file descriptors, the one that lists them not counted; None where /proc cannot tell."""
    try:
        with os.scandir("/proc/self/fd") as entries:
            return sum(1 for _ in entries) - 1
    except OSError:
        return None


def tasks() -> int:
    """Unfinished asyncio tasks of the running loop."""
    return len(asyncio.all_tasks())


def task_names() -> list[str]:
    """The coroutines of the running loop's unfinished tasks."""
    return sorted(_coroutine_name(task) for task in asyncio.all_tasks())


def timers(loop: asyncio.AbstractEventLoop) -> list[tuple[str, asyncio.TimerHandle]]:
    """The timers of a loop, each with what it calls, without those of the harness and asyncio's own (of a sleep)."""
    named = []
    for timer in getattr(loop, "_scheduled", ()):
        function = None if timer.cancelled() else _function(getattr(timer, "_callback", None))
        name = str(getattr(function, "__qualname__", None) or type(function).__qualname__)
        room = str(getattr(function, "__module__", ""))
        private = room.startswith("asyncio.") and name.rpartition(".")[2].startswith("_")
        if function is not None and not private and not room.startswith(_OWN_ROOMS):
            named.append((name, timer))
    return named


def timer_names() -> list[str]:
    """What the running loop's timers call, without those of the harness and asyncio's own."""
    return sorted(name for name, _ in timers(asyncio.get_running_loop()))


def _function(callback: Any) -> Any:
    """What a callback calls: the function of a method, or of a partial."""
    while isinstance(callback, functools.partial | MethodType):
        callback = callback.func if isinstance(callback, functools.partial) else callback.__func__
    return callback


def thread_names() -> list[str]:
    """The names of the Python threads alive."""
    return sorted(thread.name for thread in threading.enumerate())


def open_file_names() -> list[str]:
    """What the open file descriptors lead to: paths, sockets, pipes; empty where /proc cannot tell."""
    targets = []
    try:
        with os.scandir("/proc/self/fd") as entries:
            for entry in entries:
                with contextlib.suppress(OSError):  # the one that lists them is gone by now
                    targets.append(os.readlink(entry.path))
    except OSError:
        return []
    return sorted(name for name in targets if not name.startswith("/proc/"))


def _coroutine_name(task: asyncio.Task[Any]) -> str:
    coroutine = task.get_coro()
    return str(getattr(coroutine, "__qualname__", None) or task.get_name())


def allocated_blocks() -> int:
    """Blocks that pymalloc has handed out: the number of small objects, near enough.

    The collector's own count would need ``gc.get_objects()``, a list of millions that moves glibc's mmap threshold: a
    reading that changes what is read.
    """
    return sys.getallocatedblocks()


def cgroup_reader() -> Callable[[], int | None]:
    """A function that reads the memory of this process's cgroup (version 2) in bytes, or None where there is none."""
    file = _cgroup_file()
    if file is None:
        return lambda: None
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    return lambda: int(os.pread(descriptor, 32, 0))


def _cgroup_file() -> Path | None:
    try:
        path = next(
            line[3:].strip() for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::")
        )
    except (OSError, StopIteration):
        return None
    for candidate in _CGROUP_CURRENT:
        file = Path(candidate.format(path=path.rstrip("/")))
        if file.is_file():
            return file
    return None
