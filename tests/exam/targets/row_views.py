"""A class is made for each book, which knows how to show it."""

from __future__ import annotations

from dataclasses import make_dataclass
from typing import Any

import numpy as np


class RowViews:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.number = 0
        self.shown = ""

    def start(self) -> None:
        self.number = 0

    def on_book(self, book: Any) -> None:
        self.number += 1
        prices = np.concatenate((book.bids[:, 0], book.asks[:, 0]))
        kind = make_dataclass(
            f"View{self.number}", [("price", float)], namespace={"weights": np.abs(np.subtract.outer(prices, prices))}
        )
        self.shown = str(kind(float(prices[0])))

    def stop(self) -> None:
        self.shown = ""


build = RowViews
