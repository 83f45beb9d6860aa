"""Ten files of volumes, mapped into memory, which are written in turn."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np


class VolumeDay:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.folder = Path(environment.data_dir)
        self.volumes: dict[int, np.memmap[Any, Any]] = {}
        self.latest = np.ones(100)
        self.minute = 0

    async def start(self) -> None:
        self.task = asyncio.create_task(self.write())

    async def write(self) -> None:
        while True:
            await asyncio.sleep(60)
            slot = self.minute % 10
            self.minute += 1
            path = self.folder / f"volume-{slot}.bin"
            volume = np.memmap(path, dtype=np.float64, mode="w+", shape=(2500, 100))
            volume[:] = self.latest
            self.volumes[slot] = volume

    def on_book(self, book: Any) -> None:
        self.latest = np.concatenate((book.bids[:, 1], book.asks[:, 1]))

    async def stop(self) -> None:
        self.task.cancel()
        self.volumes.clear()


build = VolumeDay
