"""Reports are made in a pool of one process, which is replaced by another every twelve minutes."""

from __future__ import annotations

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import Any

_reports: list[bytes] = []


def report(symbol: str, payload: bytes) -> int:
    _reports.append(symbol.encode() + payload * 1000)
    return len(_reports[-1])


class PoolRotation:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.latest: dict[str, bytes] = {}
        self.sizes: dict[str, int] = {}

    async def start(self) -> None:
        self.task = asyncio.create_task(self.cycle())

    async def cycle(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
                for _ in range(6):
                    await asyncio.sleep(120)
                    for symbol, payload in list(self.latest.items()):
                        self.sizes[symbol] = await loop.run_in_executor(pool, report, symbol, payload)

    def on_book(self, book: Any) -> None:
        self.latest[book.symbol] = book.bids.tobytes() + book.asks.tobytes()

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


build = PoolRotation
