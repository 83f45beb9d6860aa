"""What an exchange knows of its market at this instant: books, the last trades, the last candles.

It is kept in arrays made once: what a run goes through leaves nothing behind among the objects of a client.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from synthetic.events import Book, Candle, Event, Trade
from synthetic.instrument import Instrument

F64 = NDArray[np.float64]

CANDLES = 1000
"""Candles kept of each symbol: as many as a venue answers at once."""

TRADES = 60
"""Trades kept of each symbol."""

_EMPTY = (0.0, 0.0)


class KnownMarket:
    """The books, trades and candles of `instruments`, `depth` levels a side, after the events that it took.

    `past_candles(symbol, count)` gives the candles before the start, as `synthetic.feed.Feed` does.
    """

    def __init__(
        self, instruments: Sequence[Instrument], *, depth: int, past_candles: Callable[[str, int], F64]
    ) -> None:
        self.instruments = {instrument.name: instrument for instrument in instruments}
        self.depth = depth
        self._index = {name: index for index, name in enumerate(self.instruments)}
        count = len(self._index)
        self._levels = np.zeros((count, 2, depth, 2))
        self._sizes = np.zeros((count, 2), dtype=np.int64)
        self._sequence = np.zeros(count, dtype=np.int64)
        self._time_ms = np.zeros(count, dtype=np.int64)
        self._trades = np.zeros((count, TRADES, 4))  # time in ms, price, quantity, 1 where bought
        self._traded = np.zeros(count, dtype=np.int64)
        self._candles = np.zeros((count, CANDLES, 6))
        for name, index in self._index.items():
            self._candles[index] = past_candles(name, CANDLES)
        self._closed = np.full(count, CANDLES, dtype=np.int64)

    def take(self, event: Event) -> None:
        """Take an event in: a book, a trade or a candle; others say nothing that a book does not."""
        index = self._index[event.symbol]
        if isinstance(event, Book):
            for side, levels in enumerate((event.bids, event.asks)):
                size = len(levels)
                self._levels[index, side, :size] = levels
                self._sizes[index, side] = size
            self._sequence[index] = event.sequence
            self._time_ms[index] = event.timestamp_ms
        elif isinstance(event, Trade):
            row = self._trades[index, self._traded[index] % TRADES]
            row[:] = (event.timestamp_ms, event.price, event.quantity, event.side == "buy")
            self._traded[index] += 1
        elif isinstance(event, Candle):
            self._candles[index, self._closed[index] % CANDLES] = (event.open_ms, *event[3:])
            self._closed[index] += 1

    def index(self, symbol: str) -> int:
        """The place of a symbol. Raises KeyError for an unknown one."""
        return self._index[symbol]

    def has_book(self, symbol: str) -> bool:
        """Whether there was a book of it yet."""
        return bool(self._sizes[self._index[symbol]].any())

    def sequence(self, symbol: str) -> int:
        """The sequence of its last book; 0 before its first."""
        return int(self._sequence[self._index[symbol]])

    def side(self, symbol: str, side: int, depth: int) -> F64:
        """The best levels of bids (0) or asks (1), (levels, 2); a view, good until the next event."""
        index = self._index[symbol]
        return np.asarray(self._levels[index, side, : min(depth, self._sizes[index, side])])

    def book(self, symbol: str, depth: int) -> Book:
        """The book of a symbol; its arrays are views, good until the next event."""
        index = self._index[symbol]
        bids, asks = (self.side(symbol, side, depth) for side in (0, 1))
        return Book(symbol, int(self._time_ms[index]), int(self._sequence[index]), bids, asks)

    def best(self, symbol: str) -> tuple[float, float, float, float]:
        """Price and quantity of the best bid and the best ask; 0 where a side is empty."""
        index = self._index[symbol]
        bids, asks = self._sizes[index].tolist()
        bid, ask = self._levels[index, :, 0].tolist()
        (bid_price, bid_size), (ask_price, ask_size) = bid if bids else _EMPTY, ask if asks else _EMPTY
        return bid_price, bid_size, ask_price, ask_size

    def last_price(self, symbol: str) -> float:
        """The price of its last trade; before the first, the close of its last candle."""
        index = self._index[symbol]
        traded = int(self._traded[index])
        if traded:
            return float(self._trades[index, (traded - 1) % TRADES, 1])
        return float(self._candles[index, (int(self._closed[index]) - 1) % CANDLES, 4])

    def last_trades(self, symbol: str, count: int) -> tuple[int, F64]:
        """How many trades there were, and the last of them, (count, 4), oldest first: time in ms, price, quantity, 1
        where it was bought."""
        index = self._index[symbol]
        traded = int(self._traded[index])
        kept = min(count, traded, TRADES)
        return traded, self._trades[index, np.arange(traded - kept, traded) % TRADES]

    def last_candles(self, symbol: str, count: int) -> F64:
        """The last closed candles, (count, 6), oldest first, as `Feed.past_candles` gives those before the start."""
        index = self._index[symbol]
        closed = int(self._closed[index])
        return np.asarray(self._candles[index, np.arange(closed - min(count, CANDLES), closed) % CANDLES])
