"""A handler that is made for every symbol."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def handler_of(symbol: str) -> Callable[[Any], float]:
    seen: dict[int, NDArray[np.float64]] = {}

    def handle(book: Any) -> float:
        prices = np.concatenate((book.bids[:, 0], book.asks[:, 0]))
        seen[len(seen)] = np.subtract.outer(prices, prices)
        return float(seen[len(seen) - 1].mean())

    return handle


class ClosureBook:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.handlers = {symbol: handler_of(symbol) for symbol in environment.symbols}
        self.means: dict[str, float] = {}

    def start(self) -> None:
        pass

    def on_book(self, book: Any) -> None:
        self.means[book.symbol] = self.handlers[book.symbol](book)

    def stop(self) -> None:
        self.handlers.clear()


build = ClosureBook
