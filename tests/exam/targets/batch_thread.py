"""A thread gathers books into batches and computes on them."""

from __future__ import annotations

import queue
import threading
from typing import Any

import numpy as np


def run(inbox: queue.Queue[Any], results: dict[str, float]) -> None:
    batches: list[Any] = []
    while (item := inbox.get()) is not None:
        symbol, prices = item
        batches.append(np.abs(np.subtract.outer(prices, prices)))
        results[symbol] = float(sum(batch[0, 1] for batch in batches[-20:]))


class BatchThread:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.inbox: queue.Queue[Any] = queue.Queue()
        self.results: dict[str, float] = {}

    def start(self) -> None:
        self.thread = threading.Thread(target=run, args=(self.inbox, self.results), name="batches")
        self.thread.start()

    def on_book(self, book: Any) -> None:
        self.inbox.put((book.symbol, np.concatenate((book.bids[:, 0], book.asks[:, 0]))))

    def stop(self) -> None:
        self.inbox.put(None)
        self.thread.join()


build = BatchThread
