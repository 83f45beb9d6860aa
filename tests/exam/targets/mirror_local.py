"""A thread mirrors books; what it needs for itself is in a threading.local."""

from __future__ import annotations

import queue
import threading
from typing import Any

import numpy as np


class MirrorLocal:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.mine = threading.local()
        self.mirrored = 0

    def start(self) -> None:
        self.thread = threading.Thread(target=self.run, name="mirror", daemon=True)
        self.thread.start()

    def run(self) -> None:
        self.mine.mirrors = {}
        while (prices := self.inbox.get()) is not None:
            self.mine.mirrors[self.mirrored] = np.subtract.outer(prices, prices)
            self.mirrored += 1

    def on_book(self, book: Any) -> None:
        self.inbox.put(np.concatenate((book.bids[:, 0], book.asks[:, 0])))

    def stop(self) -> None:
        self.inbox.put(None)
        self.thread.join()


build = MirrorLocal
