"""A ledger of depth profiles, a page for each symbol."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray


class DepthLedger:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.clock = environment.clock
        self.ledger: defaultdict[str, list[tuple[float, NDArray[np.float64]]]] = defaultdict(list)

    async def start(self) -> None:
        self.ledger.clear()

    def on_book(self, book: Any) -> None:
        quantities = np.concatenate((book.bids[:, 1], book.asks[:, 1]))
        both = np.stack((np.outer(quantities, quantities), np.add.outer(quantities, quantities)))
        self.ledger[book.symbol].append((self.clock.now_s(), both))

    async def stop(self) -> None:
        self.ledger.clear()


build = DepthLedger
