"""Says what it does, and what is unusual, to a log."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

log = logging.getLogger("notices")


class FeedNotices:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.count = 0
        self.number = 0

    async def start(self) -> None:
        self.task = asyncio.create_task(self.cycle())

    async def cycle(self) -> None:
        while True:
            await asyncio.sleep(700)
            self.number += 1
            log.info("%d books so far", self.count)
            log.warning("the store is slow, attempt %d", self.number)
            if self.number % 5 == 0:
                log.error("the store does not answer")

    def on_book(self, book: Any) -> None:
        self.count += 1

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


build = FeedNotices
