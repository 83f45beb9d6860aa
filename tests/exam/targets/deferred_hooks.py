"""Work that is deferred to the end of the day is kept as calls."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np


class Settlement:
    def __init__(self) -> None:
        self.hooks: list[Callable[[], float]] = []

    def at_end(self, hook: Callable[[], float]) -> None:
        self.hooks.append(hook)


class DeferredHooks:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.settlement = Settlement()
        self.settled = 0.0

    def start(self) -> None:
        pass

    def on_book(self, book: Any) -> None:
        levels = np.vstack((book.bids, book.asks))
        self.settlement.at_end(partial(self.settle, outer=np.outer(levels[:, 0], levels[:, 1]), symbol=book.symbol))

    def settle(self, *, outer: Any, symbol: str) -> float:
        return float(outer.trace())

    def stop(self) -> None:
        self.settled = sum(hook() for hook in self.settlement.hooks)
        self.settlement.hooks.clear()


build = DeferredHooks
