"""From the raw stream's integers to the events a target gets, a block of updates at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from synthetic.books import ROWS, Books
from synthetic.deltas import changed_levels
from synthetic.events import Book, Candle, Delta, Trade
from synthetic.instrument import Instrument
from synthetic.scales import Scales
from synthetic.window import Window

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
        self.ticks, self.lots = np.empty(shape, dtype="<i4"), np.empty(shape, dtype="<i4")
        self._ticks_before, self._lots_before = np.empty(shape, dtype="<i4"), np.empty(shape, dtype="<i4")
        self._levels = np.empty((*shape, 2), dtype=np.float64)
        self._window: Window
        self._heads: list[tuple[str, int, int]] = []  # name, time and sequence of the block's updates
        self._first = 0  # the window's update that is the block's first
        self._changed = np.empty((0, 2))  # levels that the block's updates changed, and where each side of each begins
        self._edges: list[int] = []

    def load(self, window: Window, start: int, stop: int, *, books: bool, deltas: bool) -> None:
        """Take the window's updates from `start` to `stop`: their integer books always, the rest where it is wanted."""
        count, rows = stop - start, slice(start, stop)
        self._window, self._first = window, start
        symbol = window.symbol[rows]
        names = [self._names[index] for index in symbol.tolist()]
        times = (window.time_ms[rows] + self._start_ms).tolist()
        self._heads = list(zip(names, times, window.sequence[rows].tolist(), strict=True))
        ticks, lots = self.ticks[:count], self.lots[:count]
        self._books.fill(symbol, window.clock[rows], window.bid[rows], window.ask[rows], ticks=ticks, lots=lots)
        if books:
            self.tick.convert(symbol, ticks, self._levels[:count, ..., 0])
            self.lot.convert(symbol, lots, self._levels[:count, ..., 1])
        if deltas:
            ticks_before, lots_before = self._ticks_before[:count], self._lots_before[:count]
            self._books.fill(
                symbol,
                window.clock_before[rows],
                window.bid_before[rows],
                window.ask_before[rows],
                ticks=ticks_before,
                lots=lots_before,
            )
            known = window.sequence[rows] > 1
            changes = changed_levels(ticks_before, lots_before, ticks, lots, known)
            which = np.repeat(symbol, np.diff(changes.edges[::2]))
            self._changed = np.stack([self.tick.of(which, changes.ticks), self.lot.of(which, changes.lots)], axis=1)
            self._edges = changes.edges.tolist()

    def book(self, update: int) -> Book:
        """The book after an update of the block, numbered as in the window."""
        row = update - self._first
        name, time_ms, sequence = self._heads[row]
        return Book(name, time_ms, sequence, self._levels[row, 0].copy(), self._levels[row, 1].copy())

    def delta(self, update: int) -> Delta:
        """What an update of the block changed; the whole book where it is the symbol's first."""
        row = update - self._first
        name, time_ms, sequence = self._heads[row]
        start, middle, end = self._edges[2 * row : 2 * row + 3]
        return Delta(name, time_ms, sequence, self._changed[start:middle].copy(), self._changed[middle:end].copy())

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
