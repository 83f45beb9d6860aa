"""A heartbeat of the event loop counts how many symbols have been heard of."""

from __future__ import annotations

import asyncio
from typing import Any


class Heartbeat:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.heard: set[str] = set()
        self.beats = 0

    async def start(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.on_heartbeat()

    def on_heartbeat(self) -> None:
        self.beats += len(self.heard)
        self.heard.clear()
        self.loop.call_later(20, self.on_heartbeat)

    def on_book(self, book: Any) -> None:
        self.heard.add(book.symbol)

    async def stop(self) -> None:
        self.heard.clear()


build = Heartbeat
