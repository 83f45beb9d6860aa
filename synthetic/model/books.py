"""Books as a pure function of (symbol, churn clock, reference price): a level is a hash, so nothing has to be carried.

Every tick belongs to a pair. One of the pair's two ticks always holds a level, the other sometimes: so `depth` levels
are found within a fixed window, with gaps among them. Which of them, and how much lies there, is redrawn when the
symbol's churn clock has passed a period of that pair's or level's own. The clock moves by a heavy-tailed amount per
update: mostly a few levels change, sometimes most of them. Where the price goes, the window goes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synthetic.draws.carried import carried_sum
from synthetic.draws.hashes import I64, U32, draw64, settle32, stir32, stream_keys
from synthetic.draws.quantiles import lognormal, pareto
from synthetic.instrument import Instrument

I32 = NDArray[np.int32]

ROWS = 256  # books made at once: their arrays stay in the processor's second-level cache
_PLACE_PERIOD = 7  # log2 of the shortest period of a pair's places, in units of churn; the longest is 8 times as long
_SIZE_PERIOD = 6  # log2 of the shortest period of a level's quantity
_TICK_HASH = np.uint32(0x9E3779B1)
_EPOCH_HASH = np.uint32(0x85EBCA6B)


def lowest_tick(depth: int) -> int:
    """The reference tick below which a book's bids might reach zero: two ticks a level, and the widest gap."""
    return 2 * depth + 16


class Books:
    """Makes books of `depth` levels a side in integer ticks and lots."""

    def __init__(self, instruments: Sequence[Instrument], *, seed: int, depth: int) -> None:
        names = [instrument.name for instrument in instruments]
        self.depth = depth
        self._cells = 2 * depth
        keys = stream_keys(seed, "books", names)
        self._keys = np.stack([keys & np.uint64(0xFFFFFFFF), keys >> np.uint64(32)], axis=1).astype(np.uint32)
        self._churn_keys = stream_keys(seed, "churn", names)
        self._churn = pareto(4096, 120, 4, 1500)
        # A busy symbol's book also changes more per update.
        self._busy = np.array([int(512 / math.sqrt(math.sqrt(math.sqrt(i.rank)))) for i in instruments], dtype=np.int64)
        self._clock = np.zeros(len(names), dtype=np.int64)
        self._quantities = lognormal(4096, 2400, 300).astype(np.int32)
        # The other tick of a pair holds a level in 8 to 58 % of pairs, by symbol.
        dense = draw64(stream_keys(seed, "density", names), np.zeros(1, dtype=np.int64)) >> np.uint64(57)
        self._second_below = ((dense + np.uint64(20)) << np.uint64(24)).astype(np.uint32)
        shape = (ROWS, 2, depth)
        # full() writes to all their pages: a run's baseline has them, and they do not come with its first block
        self._hash, self._scratch, self._period = (np.full(shape, 0, dtype=np.uint32) for _ in range(3))
        self._sides = np.arange(2 * ROWS, dtype=np.int32) * self._cells
        self._mask = np.full((ROWS, 2, depth, 2), False, dtype=np.bool_)
        self._outward = np.arange(depth, dtype=np.uint32)
        self._near = np.zeros(self._cells, dtype=np.int32)  # by how much a quantity doubles, by ticks from the touch
        self._near[:12] += 1
        self._near[:3] += 1

    def clocks(self, symbol: I64, sequence: I64) -> tuple[I64, I64]:
        """Churn clocks before and at each update, for consecutive updates by symbol, then time; all (updates,)."""
        steps = self._churn[(draw64(self._churn_keys[symbol], sequence) >> np.uint64(52)).astype(np.int64)]
        steps = steps * self._busy[symbol] >> 8
        clock = carried_sum(symbol, steps, self._clock)
        return clock - steps, clock

    def fill(self, symbol: I64, clock: I64, bid: I64, ask: I64, *, ticks: I32, lots: I32) -> None:
        """Fill `ticks` and `lots`, both (updates, 2, depth), bids and best first; at most ROWS updates, in any order.

        `bid` and `ask` are the best ticks, `clock` the churn clock, all (updates,).
        """
        if symbol.size == 0:
            return
        keys, now = self._keys[symbol], clock.astype(np.uint32)
        self._place(symbol, keys, now, bid, ask, ticks=ticks, lots=lots)
        self._size(keys, now, ticks, lots)

    def _place(self, symbol: I64, keys: U32, clock: U32, bid: I64, ask: I64, *, ticks: I32, lots: I32) -> None:
        """Find the `depth` occupied ticks of each side, best first; leave in `lots` how near they are, for `_size`."""
        count = symbol.size
        hashed = self._hash[:count]
        first_bid, first_ask = bid >> 1, ask >> 1
        np.subtract(first_bid.astype(np.uint32)[:, None], self._outward, out=hashed[:, 0])
        np.add(first_ask.astype(np.uint32)[:, None], self._outward, out=hashed[:, 1])
        self._redraw(hashed, keys, clock, _PLACE_PERIOD)
        self._occupy(symbol, hashed, bid & 1, ask & 1)
        occupied = np.flatnonzero(self._mask[:count]).astype(np.int32)
        sides = self._sides[: 2 * count]
        # A side's levels are the `depth` occupied cells from its first on: rows of a view that starts at every cell.
        runs = np.ndarray((occupied.size - self.depth + 1, self.depth), np.int32, occupied, strides=(4, 4))
        position = runs[np.searchsorted(occupied, sides)].reshape(count, 2, self.depth)
        position -= sides.reshape(count, 2, 1)
        np.take(self._near, position, out=lots, mode="clip")
        np.subtract((2 * first_bid + 1).astype(np.int32)[:, None], position[:, 0], out=ticks[:, 0])
        np.add((2 * first_ask).astype(np.int32)[:, None], position[:, 1], out=ticks[:, 1])

    def _occupy(self, symbol: I64, hashed: U32, bid_is_odd: I64, ask_is_odd: I64) -> None:
        """Mark the occupied ticks of each window, from the touch outwards."""
        count = symbol.size
        mask, scratch = self._mask[:count], self._scratch[:count]
        second = hashed < self._second_below[symbol][:, None, None]
        np.bitwise_and(hashed, 1 << 15, out=scratch)
        odd = scratch.astype(np.bool_)
        np.logical_or(second, odd, out=mask[..., 0])
        np.logical_not(odd, out=odd)
        np.logical_or(second, odd, out=mask[..., 1])
        cells = mask.reshape(count, 2, self._cells)
        # The window starts with the best tick's pair: nothing better than the best tick, and that one always.
        cells[:, 0, 0] = bid_is_odd
        cells[:, 0, 1] |= bid_is_odd == 0
        cells[:, 1, 0] = ask_is_odd == 0
        cells[:, 1, 1] |= ask_is_odd == 1

    def _size(self, keys: U32, clock: U32, ticks: I32, lots: I32) -> None:
        """Draw the quantity of each level; `lots` says how often it doubles."""
        count = ticks.shape[0]
        hashed = self._hash[:count]
        np.copyto(hashed, ticks, casting="unsafe")
        self._redraw(hashed, keys[:, ::-1], clock, _SIZE_PERIOD)
        np.right_shift(hashed, 20, out=hashed)
        np.left_shift(self._quantities.take(hashed, mode="clip"), lots, out=lots)

    def _redraw(self, hashed: U32, keys: U32, clock: U32, shortest: int) -> None:
        """Replace ticks (updates, 2, depth) by hashes that last as long as the churn clock is in the same period.

        Each tick has a period of its own, 2^`shortest` to 8 times as long, and begins it at a time of its own.
        """
        scratch, period = self._scratch[: hashed.shape[0]], self._period[: hashed.shape[0]]
        hashed *= _TICK_HASH
        hashed ^= keys[:, :, None]
        stir32(hashed, scratch)
        np.bitwise_and(hashed, 3, out=period)
        period += shortest
        np.right_shift(hashed, 16, out=scratch)
        scratch += clock[:, None, None]
        scratch >>= period
        scratch *= _EPOCH_HASH
        hashed ^= scratch
        settle32(hashed, scratch)
