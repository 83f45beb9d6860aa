"""Finding what glibc's malloc holds: its heaps, and the chunks that it maps one by one (malloc/malloc.c, arena.c).

A mapped chunk begins on a page with its size and the flag IS_MMAPPED. The heaps of the arenas that threads have lie at
multiples of 64 MiB and begin with a ``heap_info``; the main arena is the brk segment, which the kernel names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.probes.resident.own_mappings import PAGE
from harness.probes.resident.own_memory import FEW, OwnMemory, Words
from harness.probes.resident.pages import BLOCK_PAGES, Pages

PREV_INUSE, IS_MMAPPED, FLAG_BITS = 1, 2, 7  # in the low bits of a chunk's size
_HEAP_MAX = 1 << 26
_ARENA_AT = 64  # a heap's first arena stands behind its heap_info
_PIECE = 1024
_BATCH = 1024

_ALIGNED_LEAD = 48
"""posix_memalign(64) in a mapped chunk: the block at page + 16 moves to page + 64, and its header with it."""


class Chunk(NamedTuple):
    """A mapped chunk: its pages, and whether it was asked for with an alignment of 64 bytes (as Arrow does)."""

    first: int
    pages: int
    aligned: bool


def find_heaps(pages: Pages, memory: OwnMemory) -> list[tuple[int, int]]:
    """(first page, pages) of the heaps: the brk segment, and those of the arenas that threads have."""
    heaps = list(pages.heaps)
    for first in range(0, len(pages.blocks), _PIECE):
        blocks = pages.blocks[first : first + _PIECE]
        resident = pages.resident[first * BLOCK_PAGES :: BLOCK_PAGES][: len(blocks)]
        starts = blocks[resident & (blocks % np.uint64(_HEAP_MAX) == 0)]
        for start in starts.tolist():
            arena, previous, size, mapped, *_ = memory.few_words(start)
            first_heap = previous == 0 and start < arena <= start + _ARENA_AT
            next_heap = previous > 0 and previous % _HEAP_MAX == 0 and 0 < arena % _HEAP_MAX <= _ARENA_AT
            if (first_heap or next_heap) and 0 < size <= mapped <= _HEAP_MAX and mapped % PAGE == 0:
                heaps += pages.between(start, start + mapped)
    return heaps


def mapped_chunks(pages: Pages, memory: OwnMemory) -> Iterator[Chunk]:
    """The mapped chunks in what is unclaimed yet. The caller claims each before it asks for the next."""
    for start, count, _ in pages.spans():
        page, end, batch = start, start + count, 1
        while page < end:
            page += int(pages.resident[page:end].argmax())
            if not pages.resident[page]:
                break
            if batch == 1:
                chunk, following = _chunk(page, memory.few_words(pages.address(page))), page + 1
            else:
                candidates = page + np.flatnonzero(pages.resident[page : min(page + 2 * batch, end)])[:batch]
                words = memory.words(_addresses(pages, candidates), FEW)
                likely = np.flatnonzero((words[:, 0] == 0) & (words[:, 1] & np.uint64(FLAG_BITS) == IS_MMAPPED))
                chunk, following = None, int(candidates[-1]) + 1
                for at in likely.tolist():
                    chunk = chunk or _chunk(int(candidates[at]), words[at].tolist())
            if chunk is None or chunk.first + chunk.pages > end:
                page, batch = following, min(4 * batch, _BATCH)
            else:
                yield chunk
                page, batch = chunk.first + chunk.pages, 1


def _chunk(page: int, words: list[int]) -> Chunk | None:
    """The mapped chunk that begins with these words on this page, or None."""
    size = words[1] & ~FLAG_BITS
    if words[0] or words[1] & FLAG_BITS != IS_MMAPPED or not size or size % PAGE:
        return None
    moved = words[6] == _ALIGNED_LEAD and words[7] == size - _ALIGNED_LEAD | IS_MMAPPED
    return Chunk(page, size // PAGE, moved)


def _addresses(pages: Pages, numbers: NDArray[np.int64]) -> Words:
    return pages.blocks[numbers // BLOCK_PAGES] + (numbers % BLOCK_PAGES * PAGE).astype(np.uint64)
