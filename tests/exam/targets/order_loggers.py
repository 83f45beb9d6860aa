"""Every book has a logger of its own, which keeps what was said until somebody asks."""

from __future__ import annotations

import logging
import logging.handlers
from typing import Any

import numpy as np


class OrderLoggers:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.number = 0

    def start(self) -> None:
        self.number = 0

    def on_book(self, book: Any) -> None:
        self.number += 1
        logger = logging.getLogger(f"orders.{book.symbol}.{self.number}")
        logger.propagate = False
        logger.setLevel(logging.INFO)
        logger.addHandler(logging.handlers.MemoryHandler(1000, flushLevel=logging.CRITICAL))
        prices = np.concatenate((book.bids[:, 0], book.asks[:, 0]))
        logger.info("spreads %s", np.subtract.outer(prices, prices))

    def stop(self) -> None:
        pass


build = OrderLoggers
