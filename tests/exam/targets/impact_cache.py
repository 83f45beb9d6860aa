"""Impact matrices of books, looked up by the digest of the book."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from typing import Any

import numpy as np
from numpy.typing import NDArray

CAPACITY = 1200


class ImpactCache:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.symbols = environment.symbols
        self.matrices: OrderedDict[tuple[str, int], NDArray[np.float64]] = OrderedDict()
        self.hits = 0

    async def start(self) -> None:
        self.hits = 0

    def on_book(self, book: Any) -> None:
        key = (book.symbol, zlib.crc32(book.bids.tobytes() + book.asks.tobytes()))
        if key in self.matrices:
            self.hits += 1
            self.matrices.move_to_end(key)
            return
        prices = np.concatenate((book.bids[:, 0], book.asks[:, 0]))
        self.matrices[key] = np.abs(prices[:, None] - prices[None, :])
        if len(self.matrices) > CAPACITY:
            self.matrices.popitem(last=False)

    async def stop(self) -> None:
        self.matrices.clear()


build = ImpactCache
