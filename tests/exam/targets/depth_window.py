"""A moving window over the depth profile of every symbol."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

WINDOW_S = 20 * 60


class DepthWindow:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.clock = environment.clock
        self.window: deque[tuple[float, str, NDArray[np.float64]]] = deque()

    async def start(self) -> None:
        self.window.clear()

    def on_book(self, book: Any) -> None:
        now = self.clock.now_s()
        quantities = np.concatenate((book.bids[:, 1], book.asks[:, 1]))
        self.window.append((now, book.symbol, np.outer(quantities, quantities)))
        while self.window[0][0] < now - WINDOW_S:
            self.window.popleft()

    async def stop(self) -> None:
        self.window.clear()


build = DepthWindow
