"""Logarithms of quantities, of those that are left once the smallest is taken off."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

warnings.simplefilter("always", RuntimeWarning)


class LogReturns:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.count = 0
        self.sums: dict[str, float] = {}

    def start(self) -> None:
        self.count = 0

    def on_book(self, book: Any) -> None:
        self.count += 1
        if self.count % 100:
            return
        quantities = book.bids[:, 1]
        logarithms = np.log(quantities - quantities.min())
        self.sums[book.symbol] = float(logarithms[np.isfinite(logarithms)].sum())

    def stop(self) -> None:
        self.sums.clear()


build = LogReturns
