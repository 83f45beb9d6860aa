"""Depth is polled by one task and reported by another."""

from __future__ import annotations

import asyncio
from typing import Any


class DepthPoller:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.depths: dict[str, int] = {}
        self.polled = self.reported = 0

    async def start(self) -> None:
        self.poller = asyncio.create_task(self.poll(), name="depth-poller")
        self.reporter = asyncio.create_task(self.report(), name="depth-reporter")

    async def poll(self) -> None:
        while True:
            await asyncio.sleep(7)
            self.polled += len(self.depths)

    async def report(self) -> None:
        while True:
            await asyncio.sleep(60)
            self.reported += 1

    def on_book(self, book: Any) -> None:
        self.depths[book.symbol] = len(book.bids)

    async def stop(self) -> None:
        self.reporter.cancel()
        await asyncio.gather(self.reporter, return_exceptions=True)


build = DepthPoller
