"""What an update changed: the difference of two books, exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthetic.draws.hashes import I64

I32 = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Changes:
    """Changed levels of many updates, best first. `ticks` and `lots` (0 = gone) are flat.

    The levels of update u, side s (0 bids, 1 asks) are those from `edges[2 * u + s]` to `edges[2 * u + s + 1]`.
    """

    ticks: I64
    lots: I64
    edges: I64


def changed_levels(ticks_before: I32, lots_before: I32, ticks: I32, lots: I32, known: NDArray[np.bool_]) -> Changes:
    """Differences of books, all (updates, 2, depth), best first: the book before and the changes give the book after.

    Where `known` (updates,) is False, nothing is known of the book before, and all of the book after is new. A level
    of no lots is not there.
    """
    before, after = _outward_keys(ticks_before), _outward_keys(ticks)
    level = np.searchsorted(after, before)
    level[level == after.size] -= 1
    had = np.repeat(known, before.size // known.size) if known.size else np.empty(0, dtype=np.bool_)
    had &= lots_before.ravel() > 0
    stays = had & (after[level] == before)
    same = stays & (lots.ravel()[level] == lots_before.ravel())
    changed = lots.ravel() > 0
    changed[level[stays]] = True
    changed[level[same]] = False
    gone = had & ~stays
    keys = np.concatenate([before[gone], after[changed]])
    new_lots = np.concatenate([np.zeros(int(gone.sum()), dtype=np.int64), lots.ravel()[changed].astype(np.int64)])
    order = np.argsort(keys)
    keys = keys[order]
    edges = np.searchsorted(keys, np.arange(2 * ticks.shape[0] + 1, dtype=np.int64) << 32)
    outward = keys & 0xFFFFFFFF
    is_bid = (keys >> 32) & 1 == 0
    return Changes(np.where(is_bid, (1 << 31) - outward, outward), new_lots[order], edges.astype(np.int64))


def _outward_keys(ticks: I32) -> I64:
    """Increasing keys of (update, side, distance from the touch outwards), flat."""
    keys = ticks.astype(np.int64)
    np.subtract(1 << 31, keys[:, 0], out=keys[:, 0])
    keys += (np.arange(keys.shape[0] * 2, dtype=np.int64) << 32).reshape(-1, 2, 1)
    return keys.reshape(-1)
