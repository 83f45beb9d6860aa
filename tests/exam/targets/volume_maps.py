"""A file of volumes for every minute, mapped into memory."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np


class VolumeMaps:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.folder = Path(environment.data_dir)
        self.volumes: list[np.memmap[Any, Any]] = []
        self.latest = np.ones(100)

    async def start(self) -> None:
        self.task = asyncio.create_task(self.write())

    async def write(self) -> None:
        while True:
            await asyncio.sleep(60)
            path = self.folder / f"volume-{len(self.volumes):05}.bin"
            volume = np.memmap(path, dtype=np.float64, mode="w+", shape=(2500, 100))
            volume[:] = self.latest
            volume.flush()
            self.volumes.append(volume)

    def on_book(self, book: Any) -> None:
        self.latest = np.concatenate((book.bids[:, 1], book.asks[:, 1]))

    async def stop(self) -> None:
        self.task.cancel()
        self.volumes.clear()


build = VolumeMaps
