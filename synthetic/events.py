"""What a market sends, in the order of its timestamps (milliseconds since the epoch); prices, quantities are floats."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Book(NamedTuple):
    """A snapshot of a symbol's best levels; `bids` and `asks` are (depth, 2) arrays of price and quantity, best first.

    The arrays own their memory: a target may keep or change them. `sequence` counts the symbol's updates.
    """

    symbol: str
    timestamp_ms: int
    sequence: int
    bids: NDArray[np.float64]
    asks: NDArray[np.float64]


class Delta(NamedTuple):
    """The levels that one update changed: (n, 2) arrays of price and new quantity, 0 where the level is gone."""

    symbol: str
    timestamp_ms: int
    sequence: int
    bids: NDArray[np.float64]
    asks: NDArray[np.float64]


class Trade(NamedTuple):
    """One execution; `side` is the aggressor's, "buy" or "sell"."""

    symbol: str
    timestamp_ms: int
    price: float
    quantity: float
    side: str


class Candle(NamedTuple):
    """One closed bar: it covers [open_ms, open_ms + candle_s); it is sent when it closes."""

    symbol: str
    timestamp_ms: int
    open_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float


Event = Book | Delta | Trade | Candle
