"""What a market sends, in order of its timestamps (milliseconds since the epoch); prices and quantities are floats.

The size of an event, in bytes, is defined: 8 for every field and for every number of an array, whatever Python takes to
hold it. It depends on the market alone.
"""

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

_WITH_LEVELS = (Book, Delta)


def size_bytes(event: Event) -> int:
    """The size of an event as it is defined: a book of 50 levels a side has 1624 bytes, a trade 40.

    It keeps nothing, and takes the same time for every event.
    """
    if isinstance(event, _WITH_LEVELS):  # and three fields beside them
        return 24 + event.bids.nbytes + event.asks.nbytes
    return 8 * len(event)
