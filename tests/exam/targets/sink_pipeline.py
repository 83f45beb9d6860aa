"""Books go through a pipeline of generators, the last of which sums up."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np


def collector() -> Generator[float, Any, None]:
    collected = []
    mean = 0.0
    while True:
        matrix = yield mean
        collected.append(matrix)
        mean += (float(matrix.mean()) - mean) / len(collected)


def distances(sink: Generator[float, Any, None]) -> Generator[float, Any, None]:
    mean = next(sink)
    while True:
        book = yield mean
        prices = np.concatenate((book.bids[:, 0], book.asks[:, 0]))
        mean = sink.send(np.abs(np.subtract.outer(prices, prices)))


class SinkPipeline:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.mean = 0.0

    def start(self) -> None:
        self.pipeline = distances(collector())
        next(self.pipeline)

    def on_book(self, book: Any) -> None:
        self.mean = self.pipeline.send(book)

    def stop(self) -> None:
        self.pipeline.close()


build = SinkPipeline
