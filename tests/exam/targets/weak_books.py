"""Profiles are shared by whoever uses them, through a table of weak references."""

from __future__ import annotations

from collections import deque
from typing import Any
from weakref import WeakValueDictionary

import numpy as np


class Profile:
    def __init__(self, book: Any) -> None:
        prices = np.concatenate((book.bids[:, 0], book.asks[:, 0]))
        self.matrix = np.subtract.outer(prices, prices)


class WeakBooks:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.profiles: WeakValueDictionary[int, Profile] = WeakValueDictionary()
        self.used: deque[Profile] = deque(maxlen=50)
        self.number = 0

    def start(self) -> None:
        self.number = 0

    def on_book(self, book: Any) -> None:
        self.number += 1
        profile = Profile(book)
        self.profiles[self.number] = profile
        self.used.append(self.profiles[self.number])

    def stop(self) -> None:
        self.used.clear()


build = WeakBooks
