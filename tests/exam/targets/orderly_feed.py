"""Depth is polled and reported by tasks, and written by a thread."""

from __future__ import annotations

import asyncio
import queue
import threading
from pathlib import Path
from typing import Any


class OrderlyFeed:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.path = Path(environment.data_dir) / "depth.txt"
        self.lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.depths: dict[str, int] = {}
        self.polled = 0

    async def start(self) -> None:
        self.thread = threading.Thread(target=self.write, name="orderly-writer")
        self.thread.start()
        self.poller = asyncio.create_task(self.poll(), name="orderly-poller")

    async def poll(self) -> None:
        while True:
            await asyncio.sleep(7)
            self.polled += len(self.depths)

    def write(self) -> None:
        with self.path.open("a") as file:
            for line in iter(self.lines.get, None):
                file.write(line)

    def on_book(self, book: Any) -> None:
        self.depths[book.symbol] = len(book.bids)
        self.lines.put(f"{book.symbol} {len(book.bids)}\n")

    async def stop(self) -> None:
        self.poller.cancel()
        await asyncio.gather(self.poller, return_exceptions=True)
        self.lines.put(None)
        self.thread.join()


build = OrderlyFeed
