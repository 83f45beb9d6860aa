"""Every now and then the latest books are sent to a store, again after a while where that fails."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

log = logging.getLogger(__name__)


class QuietRetry:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.latest: dict[str, Any] = {}
        self.attempts = self.stored = 0

    async def start(self) -> None:
        self.task = asyncio.create_task(self.cycle())

    async def cycle(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(60):
                    await asyncio.Event().wait()
            for _ in range(2):
                try:
                    self.store()
                    break
                except ConnectionError:
                    await asyncio.sleep(5)
            log.info("%d stored", self.stored)

    def store(self) -> None:
        self.attempts += 1
        if self.attempts % 2:
            raise ConnectionError("the store does not answer")
        self.stored += len(self.latest)

    def on_book(self, book: Any) -> None:
        self.latest[book.symbol] = book.bids[0, 0]

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


build = QuietRetry
