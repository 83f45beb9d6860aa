"""Finding pymalloc's arenas by the headers of their pools (Objects/obmalloc.c of CPython 3.10 and newer).

CPython does not tell where its arenas lie. They are mappings of 1 MiB at any page, cut into pools of 16 KiB at
multiples of 16 KiB; a pool that was ever used keeps a header that names its arena and block size, also when free again.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.probes.resident.own_mappings import PAGE, scratch
from harness.probes.resident.own_memory import OwnMemory, Words
from harness.probes.resident.pages import BLOCK, Pages

POOL = 1 << 14
ARENA = 1 << 20
HEADER = 48
ALIGNMENT = 16
CLASSES = 32
_POOL_PAGES = POOL // PAGE
_POOLS = BLOCK // POOL
_HEADER_WORDS = HEADER // 8
_PIECE = 1024  # blocks; arrays of their pools stay below glibc's mmap threshold

NO_POOL = -1


class PoolHeaders(NamedTuple):
    """Headers of pools, as arrays (pools,): blocks in use, address of the first free block, number of the arena, bytes
    a block, and the offset where blocks begin that were never given out."""

    used: NDArray[np.int64]
    free: Words
    arena: NDArray[np.int64]
    size: NDArray[np.int64]
    untouched: NDArray[np.int64]


def parse_headers(words: Words) -> PoolHeaders:
    """Headers from their words, uint64 (pools, 6), with `arena` = `NO_POOL` where no header of a pool stands.

    struct pool_header: uint32 count, pointer freeblock, nextpool, prevpool, uint32 arenaindex, szidx, nextoffset,
    maxnextoffset.
    """
    low = np.uint64(0xFFFFFFFF)
    used = (words[:, 0] & low).astype(np.int64)
    arena = (words[:, 4] & low).astype(np.int64)
    size_class = (words[:, 4] >> np.uint64(32)).astype(np.int64)
    untouched = (words[:, 5] & low).astype(np.int64)
    last = (words[:, 5] >> np.uint64(32)).astype(np.int64)
    size = (size_class + 1) * ALIGNMENT
    valid = (
        (size_class < CLASSES)
        & (last == POOL - size)
        & (used <= (POOL - HEADER) // size)
        & (untouched >= HEADER)
        & (untouched <= POOL)
        & ((untouched - HEADER) % size == 0)
    )
    arena[~valid] = NO_POOL
    return PoolHeaders(used, words[:, 1], arena, size, untouched)


def find_pools(pages: Pages, memory: OwnMemory, *, every_pool: bool = False) -> NDArray[np.int32]:
    """The arena, counted from 1, that each pool of `pages` belongs to; 0 for what is none. int32, (pools,).

    One pool in eight is looked at; between two of one arena all are that arena's, between others each is looked at. An
    arena with fewer than eight used pools may be missed; with `every_pool` none is.
    """
    arenas: NDArray[np.int32] = scratch(len(pages.blocks) * _POOLS, np.int32).reshape(-1, _POOLS)
    resident = pages.resident.reshape(-1, _POOLS, _POOL_PAGES)[:, :, 0]
    step = slice(None) if every_pool else slice(0, 1)
    for first in range(0, len(arenas), _PIECE):
        piece = slice(first, first + _PIECE)
        _look(pages, memory, arenas, first, resident[piece, step])
    if not every_pool:
        for first in range(0, len(arenas), _PIECE):
            piece = slice(first, first + _PIECE)
            here, following = arenas[piece, 0], np.append(arenas[first + 1 : first + 1 + _PIECE, 0], 0)[:_PIECE]
            within = (here == following) & (here > 0)
            arenas[piece][within] = here[within, None]
            unclear = ~within & ((here > 0) | (following > 0))
            wanted = resident[piece] & unclear[:, None]
            _look(pages, memory, arenas, first, wanted)
    return arenas.reshape(-1)


def read_pools(pages: Pages, memory: OwnMemory) -> tuple[Words, PoolHeaders]:
    """Addresses and headers of all pools, whether in use or free. Takes memory, and some 25 ms per GB."""
    first_pages = pages.resident.reshape(-1, _POOL_PAGES)[:, 0]
    block, pool = np.nonzero(first_pages.reshape(-1, _POOLS))
    addresses = pages.blocks[block] + (pool * POOL).astype(np.uint64)
    headers = parse_headers(memory.words(addresses, _HEADER_WORDS))
    valid = headers.arena != NO_POOL
    return addresses[valid], PoolHeaders(*(column[valid] for column in headers))


def _look(pages: Pages, memory: OwnMemory, arenas: NDArray[np.int32], first: int, wanted: NDArray[np.bool_]) -> None:
    """Read the headers of the `wanted` pools, bool (blocks, pools), of the blocks from `first` on, into `arenas`."""
    block, pool = np.nonzero(wanted)
    addresses = pages.blocks[first + block] + (pool * POOL).astype(np.uint64)
    arenas[first + block, pool] = parse_headers(memory.words(addresses, _HEADER_WORDS)).arena + 1


def claim_arenas(pages: Pages, memory: OwnMemory, *, every_pool: bool = False) -> tuple[int, int]:
    """(resident bytes, number) of pymalloc's arenas as `find_pools` finds them."""
    pools = find_pools(pages, memory, every_pool=every_pool)
    resident = arenas = last = 0
    for first in range(0, len(pools), _PIECE):
        piece = pools[first : first + _PIECE]
        begins = np.append(last, piece[:-1]) != piece
        arenas += int(np.count_nonzero(begins & (piece > 0)))
        last = piece[-1]
        resident += pages.claim_where(first * _POOL_PAGES, (piece > 0).repeat(_POOL_PAGES))
    return resident, arenas
