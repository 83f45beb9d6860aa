"""A timer of the loop asks for the mean of what came since it last did."""

from __future__ import annotations

import asyncio
from typing import Any


class TimerCalls:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.prices: list[float] = []
        self.means: list[float] = []
        self.timer: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.timer = self.loop.call_later(700, self.mean)

    def mean(self) -> None:
        self.timer = self.loop.call_later(700, self.mean)
        self.prices.clear()
        self.means = [sum(self.prices) / len(self.prices)]

    def on_book(self, book: Any) -> None:
        self.prices.append(float(book.bids[0, 0]))

    async def stop(self) -> None:
        if self.timer is not None:
            self.timer.cancel()


build = TimerCalls
