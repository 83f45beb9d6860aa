"""Arenas of pymalloc that are mostly free and still mapped, and the blocks in them that are in use.

An arena goes back to the system when its last block is freed, so one block that survives keeps 1 MiB.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.probes.allocators.pymalloc import ALIGNMENT, ARENA, CLASSES, HEADER, POOL, parse_headers, read_pools
from harness.probes.resident.own_memory import OwnMemory, Words
from harness.probes.resident.pages import Pages

_MOSTLY_FREE = 0.5
"""An arena counts as pinned when less than this share of it is in use."""

_PIECE = 4096  # pools read at once: 64 MiB


class PinnedBlocks(NamedTuple):
    """The blocks in use of pinned arenas by address, as arrays (blocks,), and what is free between them.

    `arena`: 0 .. arenas - 1. `free_bytes`: in all `arenas` together.
    """

    address: Words
    size: NDArray[np.int64]
    arena: NDArray[np.int64]
    arenas: int
    free_bytes: int

    def find(self, addresses: Words) -> NDArray[np.int64]:
        """Numbers of the blocks that these addresses lie in, -1 for an address in none."""
        if not len(self.address):
            return np.full(len(addresses), -1)
        shift = np.uint64(POOL.bit_length() - 1)
        low, high = self.address[0] >> shift, self.address[-1] >> shift
        blocks = np.full(len(addresses), -1)
        pool = addresses >> shift
        near = np.flatnonzero((pool >= low) & (pool <= high))
        number = np.searchsorted(self.address, addresses[near], side="right") - 1
        inside = (number >= 0) & (addresses[near] - self.address[number] < self.size[number].astype(np.uint64))
        blocks[near[inside]] = number[inside]
        return blocks


def pinned_blocks(memory: OwnMemory) -> PinnedBlocks | None:
    """The pinned arenas at this moment; None without pymalloc. Raises OSError where /proc does not tell."""
    addresses, headers = read_pools(Pages(), memory)
    if not len(addresses):
        return None
    _, arena = np.unique(headers.arena, return_inverse=True)
    in_use = np.bincount(arena, headers.used * headers.size)
    pinned = in_use < _MOSTLY_FREE * ARENA
    chosen = pinned[arena]
    room = np.bincount(arena, np.full(len(arena), POOL - HEADER))
    number = np.cumsum(pinned) - 1
    wanted = np.flatnonzero(chosen & (headers.used > 0))
    parts = [
        _blocks_in_use(memory, addresses[piece], number[arena[piece]])
        for piece in np.split(wanted, range(_PIECE, len(wanted), _PIECE))
    ]
    address, size, owner = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.argsort(address)
    return PinnedBlocks(
        address[order], size[order], owner[order], int(pinned.sum()), int((room - in_use)[pinned].sum())
    )


def _blocks_in_use(
    memory: OwnMemory, pools: Words, arenas: NDArray[np.int64]
) -> tuple[Words, NDArray[np.int64], NDArray[np.int64]]:
    """Address, size and arena of the blocks in use in these pools: neither in the list of free blocks nor untouched."""
    words = memory.words(pools, POOL // 8)
    headers = parse_headers(words)  # of the same instant as the blocks
    free = np.zeros((len(pools), POOL // ALIGNMENT), np.bool_)
    rows, block = np.arange(len(pools)), headers.free.copy()
    while len(rows):
        offset = block - pools[rows]
        inside = (block != 0) & (offset < POOL) & (offset % np.uint64(ALIGNMENT) == 0)
        rows, offset = rows[inside], offset[inside].astype(np.int64)
        inside = ~free[rows, offset // ALIGNMENT]  # a list that runs in a circle was torn
        rows, offset = rows[inside], offset[inside]
        free[rows, offset // ALIGNMENT] = True
        block = words[rows, offset // 8]
    at = np.arange(0, POOL, ALIGNMENT)
    sizes = np.arange(ALIGNMENT, ALIGNMENT * (CLASSES + 1), ALIGNMENT)
    begins = (at >= HEADER) & ((at - HEADER) % sizes[:, None] == 0)  # (classes, places)
    in_use = begins[headers.size // ALIGNMENT - 1]
    in_use &= at < headers.untouched[:, None]
    in_use &= ~free
    row, column = np.nonzero(in_use)
    return pools[row] + (column * ALIGNMENT).astype(np.uint64), headers.size[row], arenas[row]
