"""A series of numbers for every symbol, as compact as the array module makes it."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np


class LevelSeries:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.series = {symbol: array("d") for symbol in environment.symbols}

    def start(self) -> None:
        pass

    def on_book(self, book: Any) -> None:
        prices = np.concatenate((book.bids[:, 0], book.asks[:, 0]))
        self.series[book.symbol].frombytes(np.subtract.outer(prices, prices).tobytes())

    def stop(self) -> None:
        self.series.clear()


build = LevelSeries
