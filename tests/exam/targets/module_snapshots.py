"""Snapshots by symbol and number, for all parts of the program."""

from __future__ import annotations

from typing import Any

import numpy as np

SNAPSHOTS: dict[str, dict[int, Any]] = {}


def remember(symbol: str, matrix: Any) -> int:
    numbered = SNAPSHOTS.setdefault(symbol, {})
    numbered[len(numbered)] = matrix
    return len(numbered)


class ModuleSnapshots:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.count = 0

    def start(self) -> None:
        SNAPSHOTS.clear()

    def on_book(self, book: Any) -> None:
        prices = np.concatenate((book.bids[:, 0], book.asks[:, 0]))
        self.count = remember(book.symbol, np.subtract.outer(prices, prices))

    def stop(self) -> None:
        SNAPSHOTS.clear()


build = ModuleSnapshots
