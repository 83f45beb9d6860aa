"""A small world for the reference collector: books drawn from a seed, an environment that records events."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.clock import VirtualClock
from harness.target import Environment
from synthetic.events import Book, Candle

SYMBOLS = ("AAAUSDT", "BBBUSDT", "CCCUSDT")


class World:
    """An environment on a virtual clock, and the events that the target emitted in it."""

    def __init__(self, folder: Path) -> None:
        self.clock = VirtualClock(start_ms=1_700_000_000_000)
        self.events: list[dict[str, Any]] = []
        self.environment = Environment(
            clock=self.clock,
            data_dir=folder,
            memory_scale=1.0,
            emit=self._emit,
            symbols=SYMBOLS,
            cycle_s=5.0,
            candle_s=60,
            past_candles=past_candles,
        )

    def _emit(self, kind: str, **facts: Any) -> None:
        self.events.append({"t_s": self.clock.now_s(), "kind": kind, **facts})

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["kind"] == kind]


def past_candles(symbol: str, count: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(len(symbol))
    close = 100 + np.cumsum(rng.normal(0, 0.1, count))
    opened = np.roll(close, 1)
    opened[0] = close[0]
    spread = rng.random(count) * 0.2
    high, low = np.maximum(opened, close) + spread, np.minimum(opened, close) - spread
    return np.column_stack([np.arange(count) * 60_000.0, opened, high, low, close, rng.random(count) * 10])


def book(sequence: int, symbol: str = SYMBOLS[0], depth: int = 50, seed: int = 0) -> Book:
    """A book that depends on its sequence number and the seed only."""
    rng = np.random.default_rng([seed, sequence])
    mid = 10_000 + int(rng.integers(-3, 4))
    sides = [
        np.column_stack(
            [(mid + sign * np.cumsum(rng.integers(1, 3, depth))) * 0.01, rng.integers(1, 900, depth) * 0.01]
        )
        for sign in (-1, 1)
    ]
    return Book(symbol, 1_700_000_000_000 + sequence * 200, sequence, *sides)


def candle(close_ms: int, symbol: str = SYMBOLS[0], close: float = 100.0) -> Candle:
    return Candle(symbol, close_ms, close_ms - 60_000, 100.0, max(101.0, close), min(99.0, close), close, 5.0)
