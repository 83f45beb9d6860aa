"""What the processes that a judged process started hold: read from outside, by command, no oftener than it is cheap.

Only /proc is read, and of the judged process itself only which children it has: nothing that would take the lock of its
memory. The resident set of a child counts pages that it shares with others, its PSS (proportional set size) its share
of them, so PSS may be added up. Reading it takes some 30 ms of CPU per GB of the child.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from harness.command_line import HIDDEN
from harness.process_tree import TELLS_CHILDREN, children_of, is_hidden
from harness.soaks.archive import last_row
from harness.soaks.children_file import CHILDREN_FILE
from harness.soaks.commands import command_of
from harness.worker.recorder import FED, PHASES, phase_told

SHARE = 0.05
"""Readings take at most this share of real time, in CPU of the process that reads."""

RARELY_S = 0.2
"""Real seconds between two looks at a process that has no children."""

SOON_S = 0.02
"""Real seconds until it is looked again whether there is a new sample."""

YOUNG_S = 0.1
"""A process that is younger is not read. Until it runs a program of its own, a child shares the memory of its parent,
and after `vfork` even the lock of it: it would be counted twice, and the judged process disturbed."""

_START_TICKS = 19
"""The place of `starttime` in /proc/PID/stat, counted from the state of the process, which follows its name."""

_SIZES = re.compile(rb"^(Rss|Pss): +(\d+) kB$", re.MULTILINE)


@dataclass(frozen=True)
class Held:
    """What all living processes of one command hold: how many they are, real bytes."""

    count: int
    rss_bytes: int
    pss_bytes: int

    def __add__(self, other: Held) -> Held:
        return Held(self.count + other.count, self.rss_bytes + other.rss_bytes, self.pss_bytes + other.pss_bytes)


class Children:
    """The descendants of one judged process, written to children.jsonl in the folder of its run as they are read.

    A line has the time of the newest sample of the judged process, and its phase; once stop() is called while they are
    read, the stop's. There is none as long as there never was a child.
    """

    def __init__(self, folder: Path, now_s: Callable[[], float] = time.monotonic) -> None:
        self.held: dict[str, Held] = {}
        self._folder = folder
        self._now_s = now_s
        self._due_s = now_s()
        self._seen: tuple[float, float] | None = None
        self._began = False

    @property
    def pss_bytes(self) -> int:
        """What they held together when they were last read."""
        return sum(held.pss_bytes for held in self.held.values())

    @property
    def largest(self) -> str:
        """The command that held most when they were last read; empty where there is none."""
        return max(self.held, key=lambda command: self.held[command].pss_bytes, default="")

    def due_in_s(self) -> float:
        """Real seconds until they may be read again."""
        return max(self._due_s - self._now_s(), 0.0)

    def read(self, pid: int, adopter: int | None = None) -> None:
        """Read the descendants of process `pid` where that is due, and the judged process has a new sample.

        What lost its parent is a child of the process `adopter`, if there is one.
        """
        if self.due_in_s():
            return
        row = last_row(self._folder)
        sampled = None if row is None else (float(row["t_s"][0]), float(row["wall_s"][0]))
        if row is None or sampled is None or sampled == self._seen:
            self._due_s = self._now_s() + SOON_S
            return
        self._seen = sampled
        stopping = _past_the_feed(self._folder)
        began_s = time.thread_time()
        held = read_descendants(pid, adopter)
        if not _lives(pid):  # what it started may be ending with it
            return
        self.held = held
        spent_s = time.thread_time() - began_s
        self._due_s = self._now_s() + max(spent_s / SHARE, 0.0 if self.held else RARELY_S)
        self._began |= bool(self.held)
        if self._began:
            # the target's stop() may have begun, or ended, while they were read
            phase = stopping or _past_the_feed(self._folder) or PHASES[int(row["phase"][0])]
            self._write(*sampled, phase)

    def _write(self, t_s: float, wall_s: float, phase: str) -> None:
        commands = {command: asdict(held) for command, held in self.held.items()}
        line = json.dumps({"t_s": t_s, "wall_s": wall_s, "phase": phase, "commands": commands})
        with contextlib.suppress(OSError), (self._folder / CHILDREN_FILE).open("a", encoding="utf-8") as file:
            file.write(line + "\n")  # a full disk ends the judged process, which says so


def _past_the_feed(folder: Path) -> str:
    """The phase of a run that is stopped, or was; empty as long as it is fed."""
    phase = phase_told(folder)
    return "" if phase in FED else phase


def read_descendants(pid: int, adopter: int | None = None) -> dict[str, Held]:
    """What the children of process `pid`, their children and so on hold, by command; dead and very young ones nothing.

    With them those that lost their parent, if their `adopter` is told: all other children of that.
    Where PSS may not be read, as of a program that runs as another user, RSS stands in its place. One that /proc does
    not show is HIDDEN, and holds nothing that is known.
    """
    held: dict[str, Held] = {}
    for child in _descendants(pid, adopter):
        try:
            if _age_s(child) < YOUNG_S:
                continue
            rss, pss = _sizes(child)
            command = command_of(psutil.Process(child)) if rss else ""
        except (OSError, psutil.Error):
            rss, pss, command = 0, 0, HIDDEN if is_hidden(child) else ""
        if command:
            held[command] = held.get(command, Held(0, 0, 0)) + Held(1, rss, pss)
    return held


def _descendants(pid: int, adopter: int | None) -> list[int]:
    """Every living descendant of a process once, parents first, and what the adopter of its orphans has beside it."""
    if not TELLS_CHILDREN:
        with contextlib.suppress(psutil.Error):
            below = psutil.Process(pid if adopter is None else adopter).children(recursive=True)
            return [child.pid for child in below if child.pid != pid]
        return []
    found = [pid, *([] if adopter is None else _below(adopter))]
    for place, parent in enumerate(found):
        if parent != pid or place == 0:
            found += [child for child in _below(parent) if child not in found]
    return [child for child in found if child != pid]


def _below(pid: int) -> list[int]:
    """The children of a process; none of one that may not be looked into."""
    with contextlib.suppress(OSError):
        return children_of(pid)
    return []


def _age_s(pid: int) -> float:
    """Real seconds since a process was forked; 0.01 s is the resolution on Linux."""
    if not sys.platform.startswith("linux"):
        return time.time() - psutil.Process(pid).create_time()
    ticks = _content(f"/proc/{pid}/stat").rpartition(b")")[2].split()[_START_TICKS]
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(ticks) / os.sysconf("SC_CLK_TCK")


def _lives(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _sizes(pid: int) -> tuple[int, int]:
    """RSS and PSS of a process in bytes."""
    try:
        rollup = _content(f"/proc/{pid}/smaps_rollup")
    except (PermissionError, FileNotFoundError):
        rss = int(psutil.Process(pid).memory_info().rss)
        return rss, rss
    sizes = {name: 1024 * int(size) for name, size in _SIZES.findall(rollup)}
    return sizes.get(b"Rss", 0), sizes.get(b"Pss", 0)


def _content(path: str) -> bytes:
    """A small file of /proc: opened and read at once, since it is done all the time."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        content = b""
        while part := os.read(descriptor, 65536):
            content += part
        return content
    finally:
        os.close(descriptor)
