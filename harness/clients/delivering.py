"""What all clients have alike: they count their calls, and tell the exchange what came through."""

from __future__ import annotations

import asyncio
from typing import Any

from harness.target import Environment


class Delivering:
    """A client's target. Its `calls` are those of the library, its `errors` what the library told of as such."""

    def __init__(self, params: dict[str, Any], environment: Environment) -> None:
        assert environment.exchange is not None, "the scenario needs an [exchange]"
        self.wire, self.symbols, self.params = environment.exchange, environment.symbols, params
        self.bybit = self.wire.venue == "bybit"
        self.calls = self.errors = 0

    def called_back(self, kind: str, symbol: str) -> None:
        """The library called back with one message; also from a thread of its own."""
        self.calls += 1
        self.wire.delivered(kind, symbol)

    def counters(self) -> dict[str, int]:
        """How often the library was called, or called back, and how often it told of an error."""
        return {"calls": self.calls, "told_errors": self.errors}


async def cancelled(*tasks: asyncio.Task[None]) -> None:
    """Cancel tasks, and wait until they are done."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
