"""From the raw stream's integers to the events a target gets, a block of updates at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synthetic.draws.hashes import I64
from synthetic.events import Book, Candle, Delta, Reconnect, Trade
from synthetic.faults.disturbance import HALT
from synthetic.instrument import Instrument
from synthetic.model.books import ROWS, Books
from synthetic.model.deltas import changed_levels
from synthetic.model.window import Window
from synthetic.ticks import Scales

_SIDES = {1: "buy", -1: "sell"}


class Emission:
    """Makes the events of one block after another: at most ROWS updates of a window, in arrays that are used again."""

    def __init__(self, instruments: Sequence[Instrument], *, books: Books, start_ms: int, candle_ms: int) -> None:
        self._names = [instrument.name for instrument in instruments]
        self.tick = Scales([instrument.tick for instrument in instruments])
        self.lot = Scales([instrument.lot for instrument in instruments])
        self._books = books
        self._start_ms = start_ms
        self._candle_ms = candle_ms
        shape = (ROWS, 2, books.depth)
        # full() writes to all their pages: a run's baseline has them, and they do not come with its first block
        self.ticks, self.lots = np.full(shape, 0, dtype="<i4"), np.full(shape, 0, dtype="<i4")
        self._ticks_before, self._lots_before = np.full(shape, 0, dtype="<i4"), np.full(shape, 0, dtype="<i4")
        self._levels = np.full((*shape, 2), 0, dtype=np.float64)
        self._window: Window
        self._places = np.arange(books.depth)
        self._heads: list[tuple[str, int, int]] = []  # name, time and sequence of the block's updates
        self._delta_heads = self._heads  # and of those whose deltas are sent with them
        self._levels_shown: list[int] | None = None  # a side of the block's books, where not all are
        self._first = 0  # the window's update that is the block's first
        self._changed = np.empty((0, 2))  # levels that the block's updates changed, and where each side of each begins
        self._edges: list[int] = []

    def load(self, window: Window, start: int, stop: int, *, books: bool, deltas: bool) -> None:
        """Load the window's updates from `start` to `stop`: always their integer books, the rest where it is wanted."""
        count, rows = stop - start, slice(start, stop)
        self._window, self._first = window, start
        symbol = window.symbol[rows]
        self._heads = self._heads_of(np.arange(start, stop, dtype=np.int64))
        ticks, lots = self.ticks[:count], self.lots[:count]
        self._books.fill(symbol, window.clock[rows], window.bid[rows], window.ask[rows], ticks=ticks, lots=lots)
        self._levels_shown = None
        if window.disturbed is not None:
            levels = window.disturbed.levels[rows]
            self._thin_out(lots, levels)
            self._levels_shown = levels.tolist()
        if books:
            self.tick.convert(symbol, ticks, self._levels[:count, ..., 0])
            self.lot.convert(symbol, lots, self._levels[:count, ..., 1])
        if deltas:
            self._load_deltas(window, start, stop)

    def _load_deltas(self, window: Window, start: int, stop: int) -> None:
        """Compute what each update changed, or the one whose delta is sent in its place."""
        count, disturbed = stop - start, window.disturbed
        ticks, lots = self.ticks[:count], self.lots[:count]
        ticks_before, lots_before = self._ticks_before[:count], self._lots_before[:count]
        own = np.arange(start, stop, dtype=np.int64)
        at = own if disturbed is None else disturbed.delta_of[start:stop]
        symbol = window.symbol[at]
        self._delta_heads = self._heads
        self._books.fill(
            symbol,
            window.clock_before[at],
            window.bid_before[at],
            window.ask_before[at],
            ticks=ticks_before,
            lots=lots_before,
        )
        if disturbed is not None:
            self._thin_out(lots_before, disturbed.levels_before[at])
        if disturbed is not None and not np.array_equal(at, own):
            self._delta_heads = self._heads_of(at)
            ticks, lots = np.empty_like(ticks), np.empty_like(lots)
            self._books.fill(symbol, window.clock[at], window.bid[at], window.ask[at], ticks=ticks, lots=lots)
            self._thin_out(lots, disturbed.levels[at])
        changes = changed_levels(ticks_before, lots_before, ticks, lots, window.known[at])
        which = np.repeat(symbol, np.diff(changes.edges[::2]))
        self._changed = np.stack([self.tick.of(which, changes.ticks), self.lot.of(which, changes.lots)], axis=1)
        self._edges = changes.edges.tolist()

    def _heads_of(self, updates: I64) -> list[tuple[str, int, int]]:
        """Name, time and sequence of updates of the window."""
        window = self._window
        names = [self._names[index] for index in window.symbol[updates].tolist()]
        times = (window.time_ms[updates] + self._start_ms).tolist()
        return list(zip(names, times, window.sequence[updates].tolist(), strict=True))

    def _thin_out(self, lots: NDArray[np.int32], levels: I64) -> None:
        """Empty `lots` (updates, 2, depth) beyond the first `levels` (updates,) a side."""
        if levels.size and levels.min() < self._books.depth:
            lots[np.broadcast_to((self._places >= levels[:, None])[:, None], lots.shape)] = 0

    def book(self, update: int) -> Book:
        """The book after an update of the block, numbered as in the window."""
        row = update - self._first
        name, time_ms, sequence = self._heads[row]
        bids, asks = self._levels[row, 0], self._levels[row, 1]
        if self._levels_shown is not None:
            shown = self._levels_shown[row]
            bids, asks = bids[:shown], asks[:shown]
        return Book(name, time_ms, sequence, bids.copy(), asks.copy())

    def delta(self, update: int) -> Delta:
        """The delta that is sent with an update of the block: what it changed, the whole book where none is known."""
        row = update - self._first
        name, time_ms, sequence = self._delta_heads[row]
        start, middle, end = self._edges[2 * row : 2 * row + 3]
        return Delta(name, time_ms, sequence, self._changed[start:middle].copy(), self._changed[middle:end].copy())

    def reconnect(self, index: int) -> Reconnect:
        """A resync of the window, before the update with which the symbol begins again."""
        window, disturbed = self._window, self._window.disturbed
        assert disturbed is not None
        update = disturbed.resyncs[index]
        return Reconnect(
            self._names[window.symbol[update]],
            self._start_ms + int(window.time_ms[update]),
            "halt" if disturbed.resync_cause[index] == HALT else "disconnect",
            self._start_ms + int(disturbed.resync_since_ms[index]),
        )

    def trade(self, index: int) -> Trade:
        """A trade of the window."""
        window, trades = self._window, self._window.trades
        update = trades.update[index]
        symbol = window.symbol[update]
        return Trade(
            self._names[symbol],
            self._start_ms + int(window.time_ms[update]),
            self.tick.each[symbol](int(trades.tick[index])),
            self.lot.each[symbol](int(trades.lots[index])),
            _SIDES[int(trades.sign[index])],
        )

    def candle(self, index: int) -> Candle:
        """A bar that the window closes: `index` counts symbols first, then closings."""
        closing, symbol = divmod(index, len(self._names))
        close_ms = self._start_ms + int(self._window.candle_ms[closing])
        price, quantity = self.tick.each[symbol], self.lot.each[symbol]
        first, high, low, last, volume = self._window.candles[closing, symbol].tolist()
        return Candle(
            self._names[symbol],
            close_ms,
            close_ms - self._candle_ms,
            price(first),
            price(high),
            price(low),
            price(last),
            quantity(volume),
        )
