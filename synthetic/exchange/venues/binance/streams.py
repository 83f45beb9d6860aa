"""What Binance streams of one symbol: levels that changed, the best levels, the best bid and ask."""

from __future__ import annotations

from typing import Any

from synthetic.events import Book, Delta, Event, Reconnect
from synthetic.exchange.messages.binance import depth_of
from synthetic.exchange.messages.forms import Message, eight
from synthetic.exchange.streams import Outlet, Paced, Stream


class DepthStream(Paced):
    """depth: the levels that changed, each with its last quantity; a gap in the market's sequence is one here, too."""

    takes = (Delta, Reconnect)

    def __init__(self, topic: str, symbol: str, outlet: Outlet, *, every_ms: int) -> None:
        super().__init__(topic, "book", symbol, outlet, every_ms=every_ms)
        self._changed: tuple[dict[float, float], dict[float, float]] = ({}, {})
        self._first = self._last = 0
        self._fresh = False

    def take(self, event: Event) -> None:
        if not isinstance(event, Delta):
            self._fresh = True
            return
        if self._last and event.sequence > self._last + 1:
            self.flush()
        if self._fresh:
            self._forget_levels()
        late = event.sequence < self._last
        for changed, levels in zip(self._changed, (event.bids, event.asks), strict=True):
            for price, quantity in levels.tolist():
                if not (late and price in changed):
                    changed[price] = quantity
        self._first = min(self._first or event.sequence, event.sequence)
        self._last = max(self._last, event.sequence)
        self.gathered()

    def _forget_levels(self) -> None:
        """The delta that comes is a whole book: what was known before it goes, unless it says otherwise."""
        self._fresh = False
        for side, changed in enumerate(self._changed):
            for price in self.outlet.market.side(self.symbol, side, self.outlet.market.depth)[:, 0].tolist():
                changed[price] = 0.0

    def flush(self) -> None:
        bids, asks = self._changed
        if not (bids or asks):
            return
        message = {
            "e": "depthUpdate",
            "E": self.outlet.now_ms(),
            "s": self.symbol,
            "U": self._first,
            "u": self._last,
            "b": [[eight(price), eight(quantity)] for price, quantity in sorted(bids.items(), reverse=True)],
            "a": [[eight(price), eight(quantity)] for price, quantity in sorted(asks.items())],
        }
        bids.clear()
        asks.clear()
        self._first = 0
        self.outlet.publish(self, message)


class PartialStream(Paced):
    """depth5, depth10, depth20: the best levels, where the book was updated."""

    takes = (Book,)

    def __init__(self, topic: str, symbol: str, outlet: Outlet, *, levels: int, every_ms: int) -> None:
        super().__init__(topic, "book", symbol, outlet, every_ms=every_ms)
        self._levels = levels

    def take(self, event: Event) -> None:
        self.gathered()

    def flush(self) -> None:
        book = self.outlet.market.book(self.symbol, self._levels)
        self.outlet.publish(self, depth_of(book.sequence, book.bids, book.asks))


class BookTickerStream(Stream):
    """bookTicker: the best bid and ask, at once."""

    takes = (Book,)

    def __init__(self, topic: str, symbol: str, outlet: Outlet) -> None:
        super().__init__(topic, "ticker", symbol, outlet)
        self._told = (0.0, 0.0, 0.0, 0.0)

    def take(self, event: Event) -> None:
        best = self.outlet.market.best(self.symbol)
        if best != self._told:
            self._told = best
            number = self.outlet.market.sequence(self.symbol)
            self.outlet.publish(self, {"u": number, **best_of(self.symbol, best, "sbBaA")})


def best_of(symbol: str, best: tuple[float, float, float, float], keys: Any) -> Message:
    """The best bid and ask by these five names: symbol, price and quantity bid, price and quantity asked."""
    return dict(zip(keys, (symbol, *map(eight, best)), strict=True))
