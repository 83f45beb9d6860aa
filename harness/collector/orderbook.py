"""The order-book extractor: keeps snapshots and the lifetimes of vanished levels, and computes each book's features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.collector.book_features import BookFeatures
from synthetic.events import Book

Level = tuple[float, float]


@dataclass(slots=True)
class OrderBookSnapshot:
    """One book as the bot keeps it: lists of (price, quantity), best first."""

    symbol: str
    timestamp_ms: int
    bids: list[Level]
    asks: list[Level]


class LevelLifetime(NamedTuple):
    """A price level that has vanished from the visible book."""

    price: float
    side: str
    born_ms: int
    gone_ms: int


class OrderBookFeatureExtractor:
    """One symbol's book history; grows in `level_ttl_history` until it is cleared from outside.

    `snapshot_history` keeps the last `max_history_size` books; with a `level_limit`, `level_ttl_history` keeps so many
    levels, the last to vanish.
    """

    def __init__(self, features: BookFeatures, max_history_size: int, level_limit: int | None = None) -> None:
        self.max_history_size = max_history_size
        self._level_limit = level_limit
        self.snapshot_history: list[OrderBookSnapshot] = []
        self.level_ttl_history: list[LevelLifetime] = []
        self._features = features
        self._born: dict[str, dict[float, int]] = {"bid": {}, "ask": {}}
        self._prices: dict[str, list[float]] = {"bid": [], "ask": []}
        self._visible: dict[str, set[float]] = {"bid": set(), "ask": set()}
        self._mid = 0.0

    def update(self, book: Book, out: NDArray[np.float64]) -> tuple[OrderBookSnapshot, list[LevelLifetime]]:
        """Keep `book` and write its features to `out` (len(BOOK_FEATURES),).

        Returns its snapshot, and the levels that have gone since the last.
        """
        bid_prices, bid_quantities = book.bids.T.tolist()
        ask_prices, ask_quantities = book.asks.T.tolist()
        snapshot = OrderBookSnapshot(
            book.symbol,
            book.timestamp_ms,
            list(zip(bid_prices, bid_quantities, strict=True)),
            list(zip(ask_prices, ask_quantities, strict=True)),
        )
        vanished: list[LevelLifetime] = []
        changes = (
            *self._track("bid", bid_prices, book.timestamp_ms, vanished),
            *self._track("ask", ask_prices, book.timestamp_ms, vanished),
        )
        self.level_ttl_history += vanished
        if self._level_limit is not None and len(self.level_ttl_history) > self._level_limit:
            del self.level_ttl_history[: -self._level_limit]
        history = self.snapshot_history
        history.append(snapshot)
        if len(history) > self.max_history_size:
            del history[0]
        oldest = history[0]
        oldest_mid = (oldest.bids[0][0] + oldest.asks[0][0]) / 2
        mid = (bid_prices[0] + ask_prices[0]) / 2
        self._features.compute(book.bids, book.asks, out)
        out[-6:] = (*changes, (mid / (self._mid or mid) - 1) * 1e4, (mid / oldest_mid - 1) * 1e4)
        self._mid = mid
        return snapshot, vanished

    def _track(self, side: str, prices: list[float], now_ms: int, vanished: list[LevelLifetime]) -> tuple[int, int]:
        """Compare a side's visible prices with the last, note the vanished ones; return (vanished, new) counts."""
        if prices == self._prices[side]:  # in nearly half of the updates only quantities change
            return 0, 0
        self._prices[side] = prices
        before, visible = self._visible[side], set(prices)
        self._visible[side] = visible
        born, gone, new = self._born[side], before - visible, visible - before
        for price in gone:
            vanished.append(LevelLifetime(price, side, born.pop(price), now_ms))
        for price in new:
            born[price] = now_ms
        return len(gone), len(new)
