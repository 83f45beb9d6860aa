"""What Bybit streams of one symbol: its book to some depth, its ticker."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthetic.events import Book, Delta, Event, Reconnect, Trade
from synthetic.exchange.messages.bybit import Bybit
from synthetic.exchange.messages.forms import Message, shortest
from synthetic.exchange.streams import Outlet, Paced, Stream
from synthetic.recorded.held_books import HeldSide

TICKER_MS = 100


class BookStream(Stream):
    """orderbook.N of a market that is no deeper: its updates as they are."""

    takes = (Delta, Reconnect)

    def __init__(self, topic: str, symbol: str, outlet: Outlet, depth: int) -> None:
        super().__init__(topic, "book", symbol, outlet)
        self._builder = Bybit(depth)
        self._depth = depth
        self._fresh = not outlet.market.has_book(symbol)

    def opening(self) -> Message | None:
        market = self.outlet.market
        if not market.has_book(self.symbol):
            return None
        return self._builder.levels(market.book(self.symbol, self._depth), "snapshot")

    def take(self, event: Event) -> None:
        if isinstance(event, Delta):
            kind = "snapshot" if self._fresh else "delta"
            self._fresh = False
            self.outlet.publish(self, self._builder.levels(event, kind))
        else:
            self._fresh = True


class TopStream(Stream):
    """orderbook.N of a market that is deeper: what changed of the best N levels, where something did.

    Its `u` counts its own messages, and jumps where the market's sequence does.
    """

    takes = (Book, Reconnect)

    def __init__(self, topic: str, symbol: str, outlet: Outlet, depth: int) -> None:
        super().__init__(topic, "book", symbol, outlet)
        self._builder = Bybit(depth)
        self._depth = depth
        self._sides = HeldSide(-1), HeldSide(1)
        self._fresh = True
        self._sequence = self._number = 0
        self._known = False
        if outlet.market.has_book(symbol):
            self._hold(outlet.market.book(symbol, depth))
            self._number, self._fresh = self._sequence, False

    def opening(self) -> Message | None:
        market = self.outlet.market
        if not market.has_book(self.symbol):
            return None
        held = market.book(self.symbol, self._depth)
        return self._builder.levels(held._replace(sequence=self._number), "snapshot")

    def take(self, event: Event) -> None:
        if not isinstance(event, Book):
            self._fresh = True
            return
        step = event.sequence - self._sequence
        changed = self._hold(event)
        if not self._fresh and not any(map(len, changed)):
            return
        whole = self._fresh or self._depth == 1
        self._number += step if self._fresh else 1
        self._fresh = False
        bids, asks = (event.bids[: self._depth], event.asks[: self._depth]) if whole else changed
        told = Book(event.symbol, event.timestamp_ms, self._number, bids, asks)
        self.outlet.publish(self, self._builder.levels(told, "snapshot" if whole else "delta"))

    def _hold(self, book: Book) -> list[NDArray[np.float64]]:
        """Take in a book; what changed of each side."""
        known, self._known, self._sequence = self._known, True, book.sequence
        return [
            side.replace(levels[: self._depth, 0], levels[: self._depth, 1], known=known)
            for side, levels in zip(self._sides, (book.bids, book.asks), strict=True)
        ]


class TickerStream(Paced):
    """tickers: a snapshot at first, then the fields that changed."""

    takes = (Book, Trade)

    def __init__(self, topic: str, symbol: str, outlet: Outlet) -> None:
        super().__init__(topic, "ticker", symbol, outlet, every_ms=TICKER_MS)
        self._told = ticker_of(outlet, symbol)
        self._count = 1

    def opening(self) -> Message | None:
        return self._message("snapshot", ticker_of(self.outlet, self.symbol))

    def take(self, event: Event) -> None:
        self.gathered()

    def flush(self) -> None:
        now = ticker_of(self.outlet, self.symbol)
        changed = {key: value for key, value in now.items() if self._told[key] != value}
        if changed:
            self._told = now
            self._count += 1
            self.outlet.publish(self, self._message("delta", {"symbol": self.symbol, **changed}))

    def _message(self, kind: str, data: Message) -> Message:
        return {"topic": self.topic, "type": kind, "data": data, "cs": self._count, "ts": self.outlet.now_ms()}


def ticker_of(outlet: Outlet, symbol: str) -> Message:
    """What a ticker tells now; what it tells of 24 hours is that of the candles that are kept."""
    market = outlet.market
    bid, bid_size, ask, ask_size = market.best(symbol)
    last = market.last_price(symbol)
    middle = shortest((bid + ask) / 2 if bid and ask else last)
    return {
        "symbol": symbol,
        "lastPrice": shortest(last),
        "markPrice": middle,
        "indexPrice": middle,
        "bid1Price": shortest(bid),
        "bid1Size": shortest(bid_size),
        "ask1Price": shortest(ask),
        "ask1Size": shortest(ask_size),
    }
