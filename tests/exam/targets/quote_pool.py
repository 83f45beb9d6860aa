"""A process started with `spawn` takes quotes from a queue and answers on another."""

from __future__ import annotations

import asyncio
import multiprocessing
from typing import Any

import numpy as np


def work(questions: Any, answers: Any) -> None:
    series: dict[str, list[Any]] = {}
    for symbol, prices in iter(questions.get, None):
        lags = np.abs(np.subtract.outer(prices, prices))
        series.setdefault(symbol, []).append(lags)
        answers.put(float(lags.max()))


class QuotePool:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self.questions, self.answers = context.Queue(), context.Queue()
        self.process = context.Process(target=work, args=(self.questions, self.answers), daemon=True)
        self.latest: dict[str, Any] = {}
        self.widest = 0.0

    async def start(self) -> None:
        self.process.start()
        self.task = asyncio.create_task(self.ask())

    async def ask(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(13)
            for symbol, prices in list(self.latest.items()):
                self.questions.put((symbol, prices))
                self.widest = max(self.widest, await loop.run_in_executor(None, self.answers.get))

    def on_book(self, book: Any) -> None:
        self.latest[book.symbol] = np.concatenate((book.bids[:, 0], book.asks[:, 0], book.bids[:, 1]))

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        self.questions.put(None)
        self.process.join()


build = QuotePool
