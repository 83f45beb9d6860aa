"""Books that cannot be parsed are counted by the reason; the last failure is kept."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np


class ParseReasons:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.reasons: Counter[str] = Counter()
        self.last: Exception | None = None

    def start(self) -> None:
        pass

    def parse(self, book: Any) -> None:
        prices = np.concatenate((book.bids[:, 0], book.asks[:, 0]))
        matrix = np.subtract.outer(prices, prices)
        if matrix.shape != (10, 10):
            raise ValueError(f"{book.symbol}: {matrix.shape} is not (10, 10)")

    def on_book(self, book: Any) -> None:
        try:
            self.parse(book)
        except ValueError as error:
            self.reasons[str(error)] += 1
            self.last = error

    def stop(self) -> None:
        self.last = None


build = ParseReasons
