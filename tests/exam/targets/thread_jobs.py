"""Jobs that take long get a thread each."""

from __future__ import annotations

import asyncio
import threading
from typing import Any


class ThreadJobs:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.latest: dict[str, Any] = {}
        self.done = 0

    async def start(self) -> None:
        self.task = asyncio.create_task(self.cycle())

    async def cycle(self) -> None:
        while True:
            await asyncio.sleep(700)
            job = threading.Thread(target=self.job, args=(dict(self.latest),))
            job.start()
            job.join()

    def job(self, latest: dict[str, Any]) -> None:
        for symbol, price in latest.items():
            self.done += int(f"{symbol}{price}")

    def on_book(self, book: Any) -> None:
        self.latest[book.symbol] = book.bids[0, 0]

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


build = ThreadJobs
