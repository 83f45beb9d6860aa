"""Where this process's RSS goes: which part of its resident pages each allocator accounts for, and what is left."""

from __future__ import annotations

import mmap
import sys
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.probes.allocators.arrow import arrow_pools, claim_jemalloc, claim_mimalloc
from harness.probes.allocators.glibc_heap import find_heaps, mapped_chunks
from harness.probes.allocators.heap_holes import Untouched, untouched
from harness.probes.allocators.pymalloc import POOL, claim_arenas
from harness.probes.allocators.statistics import Allocators, Mallinfo2, Pymalloc
from harness.probes.resident.own_mappings import PAGE
from harness.probes.resident.own_memory import OwnMemory
from harness.probes.resident.pages import Pages, address_of

BREAKDOWN = (
    "pymalloc_bytes", "pymalloc_overhead_bytes", "pymalloc_free_bytes",
    "glibc_heap_bytes", "glibc_mapped_bytes", "glibc_free_bytes",
    "arrow_bytes", "file_bytes", "ballast_bytes",
    "anonymous_bytes", "shared_bytes", "dirty_file_bytes", "stacks_bytes", "residual_bytes",
)  # fmt: skip
"""The lines, in the order of `Breakdown.values`; together they are RSS."""

MAPPINGS = BREAKDOWN[-5:-1]
"""What the program mapped itself, past the allocators: the lines of its mappings."""

NOT_READ = -1

_LARGER = 48 + 16 + PAGE // 2
"""What a mapped chunk is larger than the aligned block in it, on average: its lead, its header, half a page."""

_ELF_MAGIC = int.from_bytes(b"\x7fELF\x02", "little")
_ELF_LOAD = 1
_PAGE_MASK = 0xFFF


class Breakdown:
    """Splits RSS into the lines of `BREAKDOWN`. What it needs in memory is gone when `read` returns.

    `values` has the lines; `private`, int64 (1,), the resident bytes that only this process maps, by the same pages.
    """

    def __init__(self, allocators: Allocators) -> None:
        self.values: NDArray[np.int64] = np.full(len(BREAKDOWN), NOT_READ, np.int64)
        self.private: NDArray[np.int64] = np.full(1, NOT_READ, np.int64)
        self._allocators = allocators
        self._memory = OwnMemory()

    def read(self, rss_bytes: int, ballast: mmap.mmap | None) -> None:
        """Split `rss_bytes`, read just before, into `values`: bytes, -1 where there is no telling.

        There is none for an allocator that is not in use or not in charge of malloc. Such memory shows as residual,
        which is RSS minus the lines that could be read and may be negative. Anonymous mappings are what is left once
        all allocators have claimed theirs, so there is no telling them where one of these cannot be found. About 5 ms +
        30 ms per GB.
        """
        lines = dict.fromkeys(BREAKDOWN, NOT_READ)
        self.private[0] = NOT_READ
        if self._memory.readable and PAGE <= POOL:
            try:
                unclaimed = self._split(lines, ballast)
            except OSError:  # no pagemap in this system
                lines = dict.fromkeys(BREAKDOWN, NOT_READ)
            else:
                rest = rss_bytes - sum(value for value in lines.values() if value != NOT_READ)
                if unclaimed != NOT_READ:  # among it is what this reading needs itself, which is no part of `rss_bytes`
                    lines["anonymous_bytes"] = min(unclaimed, max(rest, 0))
                    rest -= lines["anonymous_bytes"]
                lines["residual_bytes"] = rest
        for number, name in enumerate(BREAKDOWN):
            self.values[number] = lines[name]

    def mappings_bytes(self) -> int:
        """What the lines of MAPPINGS held when they were read; -1 where there is no telling."""
        held = [int(self.values[BREAKDOWN.index(name)]) for name in MAPPINGS]
        return NOT_READ if NOT_READ in held else sum(held)

    def _split(self, lines: dict[str, int], ballast: mmap.mmap | None) -> int:
        """Fill all lines but the last ones; returns the anonymous bytes that nobody claimed, -1 where unknown."""
        pages, memory = Pages(), self._memory
        self.private[0] = pages.private_bytes
        pymalloc, glibc = self._allocators.pymalloc(), self._allocators.glibc()
        lines["ballast_bytes"] = 0 if ballast is None else _claim_mapping(pages, ballast)
        # first what can be found at once: what is left is looked at page by page
        heaps = find_heaps(pages, memory) if glibc else []
        holes = untouched(pages, memory, heaps, glibc.keepcost if glibc else 0)
        heap = _claim_all(pages, heaps)
        arenas, counted = claim_arenas(pages, memory) if pymalloc else (0, 0)
        if glibc:
            self._split_glibc(lines, pages, glibc, heap, holes)
        elif not any(arrow_pools()):
            lines["arrow_bytes"] = 0
        if pymalloc:
            if counted < pymalloc.arenas:  # one of them is hardly used yet
                arenas += claim_arenas(pages, memory, every_pool=True)[0]
            _split_pymalloc(lines, pymalloc, arenas)
        lines["file_bytes"] = pages.file_bytes + _claim_bss(pages, memory)
        lines["shared_bytes"], lines["dirty_file_bytes"] = pages.shared_bytes, pages.dirty_file_bytes
        lines["stacks_bytes"] = _claim_all(pages, pages.stacks)
        hidden = pymalloc is None and sys.getallocatedblocks() > 0
        if glibc is None or hidden or self._allocators.objects_in_mimalloc:
            return NOT_READ
        return _claim_all(pages, [(first, count) for first, count, _ in pages.spans()])

    def _split_glibc(self, lines: dict[str, int], pages: Pages, glibc: Mallinfo2, heap: int, holes: Untouched) -> None:
        """The lines of glibc and Arrow; `heap` = resident bytes of the heaps."""
        arrow = arrow_pools()
        own = 0 if self._allocators.objects_in_mimalloc else claim_mimalloc(pages)
        mapped = _claim_mapped(pages, self._memory)
        own += claim_jemalloc(pages, arrow)
        # free chunks hold at most what is free, so the other pages that are not resident are in use
        unused = max(holes.total, glibc.uordblks - heap, 0)
        in_use = min(max(glibc.uordblks - unused, 0), heap)
        arrow_mapped, arrow_heap = _arrow_share(arrow.system, mapped)
        of_arrow = holes.aligned + round(holes.unknown * min(arrow_heap / max(glibc.uordblks, 1), 1.0))
        arrow_heap = min(max(arrow_heap - of_arrow, 0), in_use) // 16 * 16
        lines["glibc_heap_bytes"] = in_use - arrow_heap
        lines["glibc_mapped_bytes"] = mapped.resident - arrow_mapped
        lines["glibc_free_bytes"] = heap - in_use
        if not (self._allocators.objects_in_mimalloc and arrow.mimalloc):  # one could not be told from the other
            lines["arrow_bytes"] = own + arrow_mapped + arrow_heap


def _split_pymalloc(lines: dict[str, int], pymalloc: Pymalloc, resident: int) -> None:
    """The lines of pymalloc; `resident` bytes of its arenas."""
    lines["pymalloc_bytes"] = pymalloc.live
    # pools that are new lie in part on pages not touched yet
    lines["pymalloc_overhead_bytes"] = min(pymalloc.overhead, max(resident - pymalloc.live, 0))
    lines["pymalloc_free_bytes"] = max(resident - pymalloc.live - pymalloc.overhead, 0)


class _Mapped(NamedTuple):
    """Bytes of glibc's mapped chunks: resident; of the aligned ones resident, their size, and how many they are."""

    resident: int
    aligned: int
    aligned_size: int
    aligned_count: int


def _claim_mapped(pages: Pages, memory: OwnMemory) -> _Mapped:
    resident = aligned = size = count = 0
    for chunk in mapped_chunks(pages, memory):
        claimed = pages.claim(chunk.first, chunk.pages)
        resident += claimed
        if chunk.aligned:
            aligned += claimed
            size += chunk.pages * PAGE
            count += 1
    return _Mapped(resident, aligned, size, count)


def _claim_bss(pages: Pages, memory: OwnMemory) -> int:
    """Resident bytes of the .bss of libraries; other memory may lie directly behind it."""
    total = 0
    for first, count, library in pages.after_libraries:
        size = -(-(_end_of_library(memory, library) - pages.address(first)) // PAGE)
        total += pages.claim(first, min(max(size, 0), count))
    return total


def _end_of_library(memory: OwnMemory, start: int) -> int:
    """The address behind the .bss of the library whose file is mapped from `start` on; 0 where there is none.

    From the ELF header at its beginning (elf(5), 64 bits).
    """
    words = memory.few_words(start)
    if words[0] & 0xFF_FFFF_FFFF != _ELF_MAGIC:
        return 0
    headers, size_and_count = words[4], words[6]  # e_phoff; e_flags, e_ehsize, e_phentsize; e_phnum follows
    size, count = size_and_count >> 48, memory.few_words(start + 56)[0] & 0xFFFF
    first, end = None, 0
    for number in range(count):
        # p_type, p_flags, p_offset, p_vaddr, p_paddr, p_filesz, p_memsz
        kind, _, address, _, _, length, *_ = memory.few_words(start + headers + number * size)
        if kind & 0xFFFFFFFF == _ELF_LOAD:
            first = address & ~_PAGE_MASK if first is None else first
            end = max(end, address + length)
    return 0 if first is None else start - first + end


def _claim_mapping(pages: Pages, mapping: mmap.mmap) -> int:
    start = address_of(mapping)
    return _claim_all(pages, pages.between(start, start + len(mapping)))


def _claim_all(pages: Pages, parts: list[tuple[int, int]]) -> int:
    """Resident bytes of the parts, (first page, pages) each."""
    return sum(pages.claim(*part) for part in parts)


def _arrow_share(held: int, mapped: _Mapped) -> tuple[int, int]:
    """Resident bytes in mapped chunks, and bytes on the heap, of the `held` bytes that Arrow has from malloc.

    Arrow aligns to 64 bytes and hardly anyone else does, so the aligned chunks are its, as far as it holds so much.
    """
    if not mapped.aligned_size:
        return 0, held
    share = min(held / mapped.aligned_size, 1.0)
    heap = max(held - (mapped.aligned_size - mapped.aligned_count * _LARGER), 0)
    return round(mapped.aligned * share / PAGE) * PAGE, heap
