"""What every source of a feed offers, whether drawn or recorded."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from synthetic.events import Event


class Feed(Protocol):
    """A resumable stream of events in the order of their timestamps."""

    def stream(self, until_s: float, kinds: Collection[type[Event]]) -> Iterator[Event]:
        """Events of these `kinds` before `until_s` seconds after the start, from where the last call ended."""

    def past_candles(self, symbol: str, count: int) -> NDArray[np.float64]:
        """Candles before the start: (count, 6) open time in ms, open, high, low, close, volume, oldest first."""

    def feed_hash(self) -> str:
        """A hash of the stream so far, the same however it was asked for."""


class RecordingError(ValueError):
    """A recorded market that cannot be read or makes no sense; the message names the file and, if it can, the row."""
