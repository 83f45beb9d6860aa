"""Requests are numbered; who asked waits for a future, which the answer completes."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np


class RequestWaiters:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.waiters: dict[int, asyncio.Future[Any]] = {}
        self.inbox: asyncio.Queue[tuple[int, Any]] = asyncio.Queue()
        self.answered = 0

    async def start(self) -> None:
        self.task = asyncio.create_task(self.serve())

    async def serve(self) -> None:
        while True:
            number, prices = await self.inbox.get()
            self.waiters[number].set_result(np.subtract.outer(prices, prices))

    async def on_book(self, book: Any) -> None:
        number = len(self.waiters)
        self.waiters[number] = asyncio.get_running_loop().create_future()
        self.inbox.put_nowait((number, np.concatenate((book.bids[:, 0], book.asks[:, 0]))))
        await self.waiters[number]
        self.answered += 1

    async def stop(self) -> None:
        self.task.cancel()


build = RequestWaiters
