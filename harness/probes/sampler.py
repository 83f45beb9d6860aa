"""One sample of the judged process: which column is read at each, which at every 12th, which where all is asked for."""

from __future__ import annotations

import mmap
import threading
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from harness.probes import process
from harness.probes.allocators.statistics import Allocators, Mallinfo2, Pymalloc
from harness.probes.resident.breakdown import BREAKDOWN, NOT_READ, Breakdown
from harness.probes.resident.written_files import WrittenFiles

LIVE_EVERY = 12
"""Allocator statistics, tasks, threads, open files: every 12th sample (1 to 4 ms per GB).

Where RSS goes, private pages (30 ms per GB) and the number of small objects: when everything is asked for.
"""

_LIVE_COLUMNS = (
    *("live_bytes", "pymalloc_bytes", "glibc_bytes", "open_files", "threads", "tasks", "cgroup_bytes"),
    "mappings_bytes",
)


class Sampler:
    """Fills `row`, a one-row array of recording.SAMPLE, with a reading of this process."""

    def __init__(self, row: NDArray[np.void], now_s: Callable[[], float]) -> None:
        self.allocators = Allocators()
        self.rss_bytes = process.rss_reader()
        # one-element views: assigning through them leaves no object behind
        self._columns = {name: row[name] for name in row.dtype.names or ()}
        self.ballast: mmap.mmap | None = None
        self._breakdown = Breakdown(self.allocators)
        self._resident = process.resident_reader()
        self._written = WrittenFiles()
        # what was mapped, and what of it moves between such readings, when pages were read
        self._mapped = np.full(2, NOT_READ, np.int64)
        self._now_s = now_s
        self._cgroup_bytes = process.cgroup_reader()
        self._began = time.perf_counter()
        self._count = 0

    def read(self, phase: int, *, everything: bool = False) -> int:
        """Take what is due, or `everything`; returns the RSS in bytes."""
        columns = self._columns
        rss = self.rss_bytes()
        columns["t_s"][0] = self._now_s()
        columns["wall_s"][0] = time.perf_counter() - self._began
        columns["cpu_s"][0] = time.process_time()
        columns["phase"][0] = phase
        columns["rss_bytes"][0] = rss
        self._read_breakdown(rss, everything)
        if everything or self._count % LIVE_EVERY == 0:
            self._read_live(rss, everything)
        else:
            for name in _LIVE_COLUMNS:
                columns[name][0] = NOT_READ
        columns["uss_bytes"][0] = self._private() if everything else NOT_READ
        columns["allocated_blocks"][0] = process.allocated_blocks() if everything else NOT_READ
        self._count += 1
        return rss

    def allocated(self) -> dict[str, int]:
        """Live bytes and where RSS went, as last read; what was not read is left out."""
        names = ("live_bytes", "mappings_bytes", *BREAKDOWN)
        return {name: int(self._columns[name][0]) for name in names if self._columns[name][0] != NOT_READ}

    def held_bytes(self) -> int | None:
        """Live bytes now, and the mappings as they were last read by page; None where live bytes cannot be read."""
        live = self.allocators.live_bytes()
        return None if live is None else live + max(int(self._mapped[0]), 0)

    def _private(self) -> int:
        """Private pages, as told by those that were just read, or by smaps_rollup where pages cannot be read."""
        private = int(self._breakdown.private[0])
        if private == NOT_READ:
            rolled_up = process.uss_bytes()
            return NOT_READ if rolled_up is None else rolled_up
        return private

    def _read_breakdown(self, rss: int, due: bool) -> None:
        if due:
            self._breakdown.read(rss, self.ballast)
        for index, name in enumerate(BREAKDOWN):
            self._columns[name][0] = self._breakdown.values[index] if due else NOT_READ

    def _read_live(self, rss: int, by_page: bool) -> None:
        pymalloc, glibc = self.allocators.pymalloc(), self.allocators.glibc()
        in_pymalloc = None if pymalloc is None else pymalloc.live
        in_glibc = None if glibc is None else int(glibc.uordblks + glibc.hblkhd)
        readings = (
            self.allocators.live_of(in_pymalloc, in_glibc),
            in_pymalloc,
            in_glibc,
            process.open_files(),
            threading.active_count(),
            process.tasks(),
            self._cgroup_bytes(),
            self._mappings(rss, pymalloc, glibc, by_page),
        )
        for name, value in zip(_LIVE_COLUMNS, readings, strict=True):
            self._columns[name][0] = NOT_READ if value is None else value

    def _mappings(self, rss: int, pymalloc: Pymalloc | None, glibc: Mallinfo2 | None, by_page: bool) -> int | None:
        """What the program mapped itself: exact where pages were read, and carried on between such readings.

        What is resident and no clean page of a file, less what the allocators have mapped, moves as it does, as long as
        pages of theirs are not touched for the first time or given back one by one.
        """
        if glibc is None:
            return None
        arenas = 0 if pymalloc is None else pymalloc.arenas * pymalloc.arena_bytes
        beyond = self._movable(rss, by_page) - arenas - int(glibc.arena + glibc.hblkhd)
        if by_page:
            self._mapped[:] = self._breakdown.mappings_bytes(), beyond
        if self._mapped[0] == NOT_READ:
            return None
        return max(int(self._mapped[0]) + beyond - int(self._mapped[1]), 0)

    def _movable(self, rss: int, by_page: bool) -> int:
        """Resident bytes that only the program moves: without pages of files, but for those that it writes to.

        RSS where the kernel does not tell one from the other.
        """
        resident = self._resident()
        if resident is None:
            return rss
        try:
            return resident.in_memory + self._written.resident(resident.of_files, look=by_page)
        except OSError:  # no pagemap in this system, and no reading by page
            return resident.in_memory
