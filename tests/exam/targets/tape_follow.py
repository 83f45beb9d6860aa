"""A tape of profiles; who follows it looks at its end."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np


class Tape:
    __slots__ = ("profiles",)

    def __init__(self) -> None:
        self.profiles: deque[Any] = deque()


class TapeFollow:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.tape = Tape()
        self.last = 0.0

    def start(self) -> None:
        pass

    def on_book(self, book: Any) -> None:
        prices = np.concatenate((book.bids[:, 0], book.asks[:, 0]))
        self.tape.profiles.append(np.subtract.outer(prices, prices))
        self.last = float(self.tape.profiles[-1][0, -1])

    def stop(self) -> None:
        self.tape.profiles.clear()


build = TapeFollow
