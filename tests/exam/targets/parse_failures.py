"""Books that cannot be parsed are set aside with the reason."""

from __future__ import annotations

from typing import Any

import numpy as np


class ParseFailures:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.failures: list[tuple[str, Exception]] = []
        self.parsed = 0

    def start(self) -> None:
        pass

    def parse(self, book: Any) -> None:
        prices = np.concatenate((book.bids[:, 0], book.asks[:, 0]))
        matrix = np.subtract.outer(prices, prices)
        if matrix.shape != (10, 10):
            raise ValueError(f"{book.symbol}: {matrix.shape} is not (10, 10)")
        self.parsed += 1

    def on_book(self, book: Any) -> None:
        try:
            self.parse(book)
        except ValueError as error:
            self.failures.append((book.symbol, error))

    def stop(self) -> None:
        self.failures.clear()


build = ParseFailures
