"""Rows of a matrix are handed out one after the other, as they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np


def rows_of(book: Any) -> Iterator[float]:
    prices = np.concatenate((book.bids[:, 0], book.asks[:, 0]))
    matrix = np.abs(np.subtract.outer(prices, prices))
    for row in matrix:
        yield float(row.sum())


class DepthStreams:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.streams: list[Iterator[float]] = []
        self.first = 0.0

    def start(self) -> None:
        pass

    def on_book(self, book: Any) -> None:
        stream = rows_of(book)
        self.first = next(stream)
        self.streams.append(stream)

    def stop(self) -> None:
        self.streams.clear()


build = DepthStreams
