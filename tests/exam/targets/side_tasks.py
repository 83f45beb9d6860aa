"""Work on the side is given to tasks of its own."""

from __future__ import annotations

import asyncio
from typing import Any


class SideTasks:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.latest: dict[str, Any] = {}
        self.side: set[asyncio.Task[None]] = set()
        self.done = 0

    async def start(self) -> None:
        self.task = asyncio.create_task(self.cycle())

    async def cycle(self) -> None:
        while True:
            await asyncio.sleep(700)
            task = asyncio.create_task(self.work(len(self.latest) - 2))
            self.side.add(task)
            task.add_done_callback(self.side.discard)
            del task

    async def work(self, share: int) -> None:
        await asyncio.sleep(1)
        self.done += 100 // share

    def on_book(self, book: Any) -> None:
        self.latest[book.symbol] = book.bids[0, 0]

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


build = SideTasks
