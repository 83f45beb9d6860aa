"""Requests are numbered; who asked waits for a future, which the answer completes."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np


class RequestDesk:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.waiters: dict[int, asyncio.Future[Any]] = {}
        self.inbox: asyncio.Queue[tuple[int, Any]] = asyncio.Queue()
        self.number = 0
        self.largest = 0.0

    async def start(self) -> None:
        self.task = asyncio.create_task(self.serve())

    async def serve(self) -> None:
        while True:
            number, prices = await self.inbox.get()
            self.waiters.pop(number).set_result(np.subtract.outer(prices, prices))

    async def on_book(self, book: Any) -> None:
        self.number += 1
        waiter = self.waiters[self.number] = asyncio.get_running_loop().create_future()
        self.inbox.put_nowait((self.number, np.concatenate((book.bids[:, 0], book.asks[:, 0]))))
        self.largest = max(self.largest, float((await waiter).max()))

    async def stop(self) -> None:
        self.task.cancel()


build = RequestDesk
