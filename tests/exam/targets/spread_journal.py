"""Journals the spreads between all levels of a book."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Journal:
    def __init__(self) -> None:
        self.entries: list[NDArray[np.float64]] = []

    def note(self, spreads: NDArray[np.float64]) -> None:
        self.entries.append(spreads)


class SpreadJournal:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.journals = {symbol: Journal() for symbol in environment.symbols}

    def start(self) -> None:
        pass

    def on_book(self, book: Any) -> None:
        prices = np.concatenate((book.bids[:, 0], book.asks[:, 0]))
        self.journals[book.symbol].note(np.abs(prices[:, None] - prices[None, :]))

    def stop(self) -> None:
        self.journals.clear()


build = SpreadJournal
