"""Eight panels in shared memory, for a viewer that attaches by name; the oldest makes room for the next."""

from __future__ import annotations

import asyncio
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np


class SharedCarousel:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.panels: dict[str, SharedMemory] = {}
        self.latest = np.ones(100)

    async def start(self) -> None:
        self.task = asyncio.create_task(self.publish())

    async def publish(self) -> None:
        while True:
            await asyncio.sleep(30)
            panel = SharedMemory(create=True, size=1_000_000)
            view = np.ndarray((1250, 100), buffer=panel.buf)
            view[:] = self.latest
            del view
            self.panels[panel.name] = panel
            while len(self.panels) > 8:
                self.drop(next(iter(self.panels)))

    def drop(self, name: str) -> None:
        panel = self.panels.pop(name)
        panel.close()
        panel.unlink()

    def on_book(self, book: Any) -> None:
        self.latest = np.concatenate((book.bids[:, 0], book.asks[:, 0]))

    async def stop(self) -> None:
        self.task.cancel()
        for name in list(self.panels):
            self.drop(name)


build = SharedCarousel
