"""What a market sends, in order of its timestamps (milliseconds since the epoch); prices and quantities are floats."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Book(NamedTuple):
    """A snapshot of a symbol's best levels; `bids` and `asks` are (depth, 2) arrays of price and quantity, best first.

    The arrays own their memory: a target may keep or change them. `sequence` counts the symbol's updates. A book that a
    fault has thinned out has fewer levels.
    """

    symbol: str
    timestamp_ms: int
    sequence: int
    bids: NDArray[np.float64]
    asks: NDArray[np.float64]


class Delta(NamedTuple):
    """The levels that one update changed: (n, 2) arrays of price and new quantity, 0 where the level is gone.

    A symbol's first delta, and the first after a `Reconnect`, holds the whole book: forget what was known before.
    """

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


class Reconnect(NamedTuple):
    """A symbol starts over: nothing of it was sent since `since_ms`, and a new snapshot follows at once.

    `reason` is "halt" where it was not traded, and its `sequence` continues; "disconnect" where updates were missed,
    and its `sequence` has jumped by as many.
    """

    symbol: str
    timestamp_ms: int
    reason: str
    since_ms: int


Event = Book | Delta | Trade | Candle | Reconnect
