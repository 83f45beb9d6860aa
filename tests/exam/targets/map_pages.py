"""Pages of raw memory, one every half minute, to which books are written as they come."""

from __future__ import annotations

import asyncio
import mmap
from typing import Any

PAGE = 1 << 20


class MapPages:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.pages: list[mmap.mmap] = []
        self.latest = b""

    async def start(self) -> None:
        self.task = asyncio.create_task(self.turn())

    async def turn(self) -> None:
        while True:
            await asyncio.sleep(30)
            page = mmap.mmap(-1, PAGE)
            page.write((self.latest * (PAGE // max(len(self.latest), 1)))[:PAGE])
            self.pages.append(page)

    def on_book(self, book: Any) -> None:
        self.latest = book.bids.tobytes() + book.asks.tobytes()

    async def stop(self) -> None:
        self.task.cancel()
        for page in self.pages:
            page.close()
        self.pages.clear()


build = MapPages
