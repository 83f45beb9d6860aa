"""A target that takes every book and keeps nothing: the standing control, whose curve must be flat."""

from __future__ import annotations

from typing import Any

from harness.target import Environment
from synthetic.events import Book, Candle


class NullTarget:
    """Counts what it is given."""

    def __init__(self) -> None:
        self.books = 0
        self.candles = 0

    def start(self) -> None:
        """Nothing to start."""

    def stop(self) -> None:
        """Nothing to stop."""

    def on_book(self, book: Book) -> None:
        """One more book."""
        self.books += 1

    def on_candle(self, candle: Candle) -> None:
        """One more candle."""
        self.candles += 1

    def counters(self) -> dict[str, float]:
        """What it was given."""
        return {"books": self.books, "candles": self.candles}


def build(params: dict[str, Any], environment: Environment) -> NullTarget:
    """A target that keeps nothing; it has no parameters that mean anything."""
    return NullTarget()
