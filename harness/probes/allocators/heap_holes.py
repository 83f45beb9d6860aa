"""Which pages of glibc's heaps were given out and never touched.

Pages of a heap that are not resident lie in free chunks that were trimmed, or in chunks in use that nobody wrote to
yet (``np.zeros``, a builder that grew ahead of its data). The chunk around such a hole tells which: its header stands
before the hole, PREV_INUSE in the header behind it, and a free chunk repeats its size at its end (malloc/malloc.c).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from harness.probes.allocators.glibc_heap import FLAG_BITS, IS_MMAPPED, PREV_INUSE
from harness.probes.resident.own_mappings import PAGE
from harness.probes.resident.own_memory import OwnMemory
from harness.probes.resident.pages import BLOCK_PAGES, Pages

_MOST = 512
"""Holes looked at, the largest first; the others count as free."""

_SMALLEST = 32
_HEADER = 16
_TOP_AT = 96
"""Where an arena (``struct malloc_state``, glibc 2.26 and newer) keeps the address of its top chunk."""
_PAGE_WORDS = PAGE // 8


class Untouched(NamedTuple):
    """Bytes in use on the heaps but not resident: in blocks aligned to 64 bytes (as Arrow's are), others, not known."""

    aligned: int
    other: int
    unknown: int

    @property
    def total(self) -> int:
        return self.aligned + self.other + self.unknown


class _Hole(NamedTuple):
    """Pages [first, last) that are not resident, of a heap at addresses [start, end) whose top chunk is at `top`."""

    first: int
    last: int
    start: int
    end: int
    top: int


def untouched(pages: Pages, memory: OwnMemory, heaps: list[tuple[int, int]], top_bytes: int) -> Untouched:
    """What was never touched of the chunks in use in the `heaps`, (first page, pages) each, before they are claimed.

    `top_bytes`: size of the chunk at the end of the brk segment, free whatever was touched in it (``keepcost`` of
    mallinfo2). Only holes of 128 KiB and more are looked at.
    """
    holes = []
    for first, count in heaps:
        start = pages.address(first)
        end = start + count * PAGE
        top = end - top_bytes if (first, count) in pages.heaps[-1:] else _top(memory, start, end)
        holes += [_Hole(lower, upper, start, end, top) for lower, upper in _not_resident(pages, first, count)]
    holes.sort(key=lambda hole: hole.first - hole.last)
    aligned = other = unknown = 0
    for hole in holes[:_MOST]:
        size = (hole.last - hole.first) * PAGE
        block = _block_in_use(pages, memory, hole)
        if block is None:
            continue
        if block == 0:
            unknown += size
        elif block % 64 == 0:
            aligned += size
        else:
            other += size
    return Untouched(aligned, other, unknown)


def _top(memory: OwnMemory, start: int, end: int) -> int:
    """Address of the top chunk of the arena whose heap lies at [start, end), `end` where its top is elsewhere."""
    arena = memory.few_words(start)[0]
    top = memory.few_words(arena + _TOP_AT)[0]
    if not start < top < end or top % 16:
        return end
    return top if top + (memory.few_words(top)[1] & ~FLAG_BITS) <= end else end


def _not_resident(pages: Pages, first: int, count: int) -> list[tuple[int, int]]:
    """(first, last) page of each hole, the last one excluded, among `count` pages from `first` on."""
    last = first + count
    low, high = -(-first // BLOCK_PAGES), last // BLOCK_PAGES
    within = np.zeros(max(high - low, 0) + 2, np.bool_)
    if high > low:
        within[1:-1] = ~pages.resident[low * BLOCK_PAGES : high * BLOCK_PAGES].reshape(-1, BLOCK_PAGES).any(axis=1)
    edges = (within[1:] != within[:-1]).nonzero()[0].reshape(-1, 2) + low
    holes = []
    for begins, ends in (edges * BLOCK_PAGES).tolist():
        before = pages.resident[max(begins - BLOCK_PAGES, first) : begins][::-1]
        after = pages.resident[ends : min(ends + BLOCK_PAGES, last)]
        lower = begins - (int(before.argmax()) if before.any() else len(before))
        upper = ends + (int(after.argmax()) if after.any() else len(after))
        holes.append((lower, upper))
    return holes


def _block_in_use(pages: Pages, memory: OwnMemory, hole: _Hole) -> int | None:
    """Address of the block in use around a hole, 0 where its start cannot be seen; None where the hole is free."""
    begins, ends = pages.address(hole.first), pages.address(hole.last - 1) + PAGE
    if begins >= hole.top or ends >= hole.end:
        return None  # the top chunk
    for chunk, size in _headers_before(memory, begins, ends, hole):
        previous, following = memory.few_words(chunk + size)[:2]
        if following & ~FLAG_BITS < _SMALLEST or chunk + size + (following & ~FLAG_BITS) > hole.end:
            continue
        if following & PREV_INUSE:
            return chunk + _HEADER
        if previous >= size:
            return None
    return None if _ends_free(memory, begins, ends, hole) else 0


def _headers_before(memory: OwnMemory, begins: int, ends: int, hole: _Hole) -> list[tuple[int, int]]:
    """(address, size) of what may be a chunk from the page before the hole to behind it; the last one first."""
    page = begins - PAGE
    words = memory.words(np.array([page], np.uint64), _PAGE_WORDS)[0]
    addresses = np.arange(page, begins, _HEADER)
    sizes = words[1::2]
    room = np.uint64(hole.end - _SMALLEST) - addresses.astype(np.uint64)
    reach = np.uint64(ends) - addresses.astype(np.uint64)
    whole = sizes & ~np.uint64(FLAG_BITS)
    likely = (whole >= reach) & (whole <= room) & (whole % np.uint64(16) == 0) & (sizes & np.uint64(IS_MMAPPED) == 0)
    return [(int(addresses[at]), int(whole[at])) for at in np.flatnonzero(likely)[::-1]]


def _ends_free(memory: OwnMemory, begins: int, ends: int, hole: _Hole) -> bool:
    """Whether a free chunk that reaches over the hole ends on the page behind it."""
    words = memory.words(np.array([ends], np.uint64), _PAGE_WORDS)[0]
    addresses = np.arange(ends, ends + PAGE, _HEADER)
    sizes, flags = words[0::2], words[1::2]
    reach = addresses.astype(np.uint64) - np.uint64(begins)
    room = addresses.astype(np.uint64) - np.uint64(hole.start)
    likely = (sizes >= reach) & (sizes <= room) & (sizes % np.uint64(16) == 0) & (flags & np.uint64(PREV_INUSE) == 0)
    for at in np.flatnonzero(likely).tolist():
        size = int(sizes[at])
        if memory.few_words(int(addresses[at]) - size)[1] & ~FLAG_BITS == size:
            return True
    return False
