"""Books as a pure function of (symbol, churn clock, reference price): a level is a hash, so nothing has to be carried.

Every tick belongs to a pair. One of the pair's two ticks always holds a level, the other sometimes: so `depth` levels
are found within a fixed window, with gaps among them. Which of them, and how much lies there, is redrawn when the
symbol's churn clock has passed a period of that pair's or level's own. The clock moves by a heavy-tailed amount per
update: mostly a few levels change, sometimes most of them. Where the price goes, the window goes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synthetic.draws import I64, U32, carried_sum, draw64, mix32, stream_keys
from synthetic.instrument import Instrument
from synthetic.tables import lognormal, pareto

I32 = NDArray[np.int32]

ROWS = 64  # books made at once: their arrays stay in the processor's second-level cache
_PLACE_PERIOD = 7  # log2 of the shortest period of a pair's places, in units of churn; the longest is 8 times as long
_SIZE_PERIOD = 6  # log2 of the shortest period of a level's quantity
_TICK_HASH = np.uint32(0x9E3779B1)
_EPOCH_HASH = np.uint32(0x85EBCA6B)


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
        self._clock = np.zeros(len(names), dtype=np.int64)
        self._quantities = lognormal(4096, 2400, 300).astype(np.int32)
        dense = draw64(stream_keys(seed, "density", names), np.zeros(1, dtype=np.int64)) >> np.uint64(57)
        self._second_of_256 = (dense + np.uint64(20)).astype(np.uint32)
        shape = (ROWS, 2, depth)
        self._pair, self._hash, self._scratch, self._epoch = (np.empty(shape, dtype=np.uint32) for _ in range(4))
        self._mask = np.empty((ROWS, 2, depth, 2), dtype=np.bool_)
        self._outward = np.arange(depth, dtype=np.uint32)
        self._levels = np.arange(depth, dtype=np.int64)

    def clocks(self, symbol: I64, sequence: I64) -> tuple[I64, I64]:
        """Churn clocks before and at each update, for consecutive updates by symbol, then time; all (updates,)."""
        steps = self._churn[(draw64(self._churn_keys[symbol], sequence) >> np.uint64(52)).astype(np.int64)]
        clock = carried_sum(symbol, steps, self._clock)
        return clock - steps, clock

    def fill(self, symbol: I64, clock: I64, bid: I64, ask: I64, *, ticks: I32, lots: I32) -> None:
        """Fill `ticks` and `lots`, both (updates, 2, depth), bids and best first; at most ROWS updates, in any order.

        `bid` and `ask` are the best ticks, `clock` the churn clock, all (updates,).
        """
        keys, now = self._keys[symbol], clock.astype(np.uint32)
        self._place(symbol, keys, now, bid, ask, ticks=ticks)
        self._size(keys, now, ticks, lots)

    def _place(self, symbol: I64, keys: U32, clock: U32, bid: I64, ask: I64, *, ticks: I32) -> None:
        """Find the `depth` occupied ticks of each side, best first."""
        count = symbol.size
        pair, hashed, scratch, epoch = (a[:count] for a in (self._pair, self._hash, self._scratch, self._epoch))
        first_bid, first_ask = bid >> 1, ask >> 1
        np.subtract(first_bid.astype(np.uint32)[:, None], self._outward, out=pair[:, 0])
        np.add(first_ask.astype(np.uint32)[:, None], self._outward, out=pair[:, 1])
        np.multiply(pair, _TICK_HASH, out=hashed)
        hashed ^= keys[:, :, None]
        mix32(hashed, scratch)
        np.right_shift(hashed, 16, out=epoch)
        epoch += clock[:, None, None]
        np.bitwise_and(hashed, 3, out=scratch)
        scratch += _PLACE_PERIOD
        epoch >>= scratch
        epoch *= _EPOCH_HASH
        hashed ^= epoch
        mix32(hashed, scratch)
        self._occupy(symbol, hashed, scratch, bid - 2 * first_bid, ask - 2 * first_ask)
        mask = self._mask[:count].reshape(-1)
        occupied = np.flatnonzero(mask)
        sides = np.arange(2 * count, dtype=np.int64) * self._cells
        first = np.searchsorted(occupied, sides)
        position = occupied[first[:, None] + self._levels]
        position -= sides[:, None]
        position = position.reshape(count, 2, self.depth)
        np.subtract((2 * first_bid + 1)[:, None], position[:, 0], out=ticks[:, 0], casting="unsafe")
        np.add((2 * first_ask)[:, None], position[:, 1], out=ticks[:, 1], casting="unsafe")

    def _occupy(self, symbol: I64, hashed: U32, scratch: U32, bid_part: I64, ask_part: I64) -> None:
        """Mark the occupied ticks of each window, from the touch outwards."""
        count = symbol.size
        mask = self._mask[:count]
        np.right_shift(hashed, 8, out=scratch)
        scratch &= 255
        second = scratch < self._second_of_256[symbol][:, None, None]
        odd = (hashed & 1).astype(np.bool_)
        np.logical_or(second, odd, out=mask[..., 0])
        np.logical_not(odd, out=odd)
        np.logical_or(second, odd, out=mask[..., 1])
        cells = mask.reshape(count, 2, self._cells)
        # The window starts with the best tick's pair: nothing better than the best tick, and that one always.
        cells[:, 0, 0] = bid_part == 1
        cells[bid_part == 0, 0, 1] = True
        cells[:, 1, 0] = ask_part == 0
        cells[ask_part == 1, 1, 1] = True

    def _size(self, keys: U32, clock: U32, ticks: I32, lots: I32) -> None:
        """Draw the quantity of each level."""
        hashed = ticks.astype(np.uint32)
        hashed *= _TICK_HASH
        hashed += keys[:, ::-1, None]
        scratch = np.empty_like(hashed)
        mix32(hashed, scratch)
        epoch = hashed >> np.uint32(16)
        epoch += clock[:, None, None]
        np.bitwise_and(hashed, 3, out=scratch)
        scratch += _SIZE_PERIOD
        epoch >>= scratch
        epoch *= _EPOCH_HASH
        hashed ^= epoch
        mix32(hashed, scratch)
        hashed >>= np.uint32(20)
        np.take(self._quantities, hashed, out=lots, mode="clip")
