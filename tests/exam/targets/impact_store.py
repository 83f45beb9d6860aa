"""The impact matrices of each symbol, newest last."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

PER_SYMBOL = 700


class ImpactStore:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.store: dict[str, deque[NDArray[np.float64]]] = {
            symbol: deque(maxlen=PER_SYMBOL) for symbol in environment.symbols
        }

    def start(self) -> None:
        for matrices in self.store.values():
            matrices.clear()

    def on_book(self, book: Any) -> None:
        prices = np.concatenate((book.bids[:, 0], book.asks[:, 0]))
        self.store[book.symbol].append(np.subtract.outer(prices, prices))

    def stop(self) -> None:
        for matrices in self.store.values():
            matrices.clear()


build = ImpactStore
