"""A frame of the last quotes of all symbols, with their means, made anew with every twenty books."""

from __future__ import annotations

from typing import Any

import pandas as pd


class CandleFrames:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.frames: list[pd.DataFrame] = []
        self.means: dict[Any, float] = {}

    def start(self) -> None:
        pass

    def on_book(self, book: Any) -> None:
        self.frames.append(pd.DataFrame({"symbol": book.symbol, "price": book.bids[:, 0], "quantity": book.bids[:, 1]}))
        if len(self.frames) > 20:
            frame = pd.concat(self.frames, ignore_index=True).tail(10_000)
            self.means = frame.groupby("symbol")["price"].mean().to_dict()
            self.frames = [frame]

    def stop(self) -> None:
        self.frames.clear()


build = CandleFrames
