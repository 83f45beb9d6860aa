"""Every now and then the latest books are sent to a store."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

log = logging.getLogger(__name__)


class FeedErrors:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.latest: dict[str, Any] = {}
        self.stored = 0

    async def start(self) -> None:
        self.task = asyncio.create_task(self.cycle())

    async def cycle(self) -> None:
        while True:
            await asyncio.sleep(700)
            try:
                self.store(self.latest["TOTAL"])
            except Exception:
                log.exception("the books could not be stored")

    def store(self, book: Any) -> None:
        self.stored += 1

    def on_book(self, book: Any) -> None:
        self.latest[book.symbol] = book.bids[0, 0]

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


build = FeedErrors
