"""What is to be written when the session closes is registered with a future of the session."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import numpy as np


class ClosingCallbacks:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.total = 0.0

    async def start(self) -> None:
        self.closing: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def on_book(self, book: Any) -> None:
        prices = np.concatenate((book.bids[:, 0], book.asks[:, 0]))
        self.closing.add_done_callback(partial(self.write, np.subtract.outer(prices, prices)))

    def write(self, matrix: Any, _: asyncio.Future[None]) -> None:
        self.total += float(matrix.sum())

    async def stop(self) -> None:
        self.closing.set_result(None)
        await asyncio.sleep(0)


build = ClosingCallbacks
