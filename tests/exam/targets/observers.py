"""Views of a book listen for the next change of price."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


class Bus:
    def __init__(self) -> None:
        self.listeners: list[Callable[[float], None]] = []

    def subscribe(self, listener: Callable[[float], None]) -> None:
        self.listeners.append(listener)

    def publish(self, price: float) -> None:
        for listener in self.listeners[-10:]:
            listener(price)


class View:
    def __init__(self, book: Any) -> None:
        prices = np.concatenate((book.bids[:, 0], book.asks[:, 0]))
        self.distances = np.abs(np.subtract.outer(prices, prices))
        self.price = 0.0

    def refresh(self, price: float) -> None:
        self.price = price


class Observers:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.bus = Bus()
        self.view: View | None = None

    def start(self) -> None:
        pass

    def on_book(self, book: Any) -> None:
        self.view = View(book)
        self.bus.subscribe(self.view.refresh)
        self.bus.publish(float(book.bids[0, 0]))

    def stop(self) -> None:
        self.view = None
        self.bus.listeners.clear()


build = Observers
