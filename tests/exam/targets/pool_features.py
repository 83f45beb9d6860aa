"""Features are computed in a pool of processes, so that the loop stays free."""

from __future__ import annotations

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

_basis: dict[tuple[str, int], Any] = {}


def features(symbol: str, number: int, quantities: Any) -> float:
    key = (symbol, number)
    if key not in _basis:
        _basis[key] = np.exp(-(np.subtract.outer(quantities, quantities) ** 2))
    return float(_basis[key].trace())


class PoolFeatures:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.pool = ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))
        self.latest: dict[str, Any] = {}
        self.traces: dict[str, float] = {}
        self.number = 0

    async def start(self) -> None:
        self.task = asyncio.create_task(self.cycle())

    async def cycle(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(30)
            self.number += 1
            items = list(self.latest.items())
            found = await asyncio.gather(
                *(loop.run_in_executor(self.pool, features, symbol, self.number, value) for symbol, value in items)
            )
            self.traces = {symbol: trace for (symbol, _), trace in zip(items, found, strict=True)}

    def on_book(self, book: Any) -> None:
        self.latest[book.symbol] = np.concatenate((book.bids.ravel(), book.asks.ravel(), book.bids[:, 1]))

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await asyncio.to_thread(self.pool.shutdown)


build = PoolFeatures
