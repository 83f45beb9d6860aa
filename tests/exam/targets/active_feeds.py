"""Feeds that are active are found by a status page through a list of the module."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

ACTIVE_FEEDS: list[ActiveFeed] = []


class ActiveFeed:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.matrices: deque[Any] = deque(maxlen=300)

    def start(self) -> None:
        ACTIVE_FEEDS.append(self)

    def on_book(self, book: Any) -> None:
        prices = np.concatenate((book.bids[:, 0], book.asks[:, 0]))
        outer = np.subtract.outer(prices, prices)
        self.matrices.append(np.stack((outer, np.abs(outer), outer**2)))

    def stop(self) -> None:
        pass


build = ActiveFeed
