"""When something happens to each symbol, as a function of (seed, kind, symbol, count): nothing is carried along."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from synthetic.draws.hashes import I64, U64, draw64, stream_keys


class Occurrences:
    """One kind of event. Time is cut into periods; the n-th of a symbol lies wholly within the n-th period."""

    def __init__(self, names: Iterable[str], *, seed: int, kind: str, per_hour: float, length_s: float = 0.0) -> None:
        self._keys = stream_keys(seed, f"fault {kind}", names)
        self._period_us = round(3.6e9 / per_hour)
        self.length_us = round(1e6 * length_s)

    def begins(self, start_us: int, stop_us: int) -> tuple[I64, I64]:
        """Symbol and time of those that begin in [start_us, stop_us), by symbol; both (occurrences,)."""
        first = max(start_us // self._period_us, 0)
        numbers = np.arange(first, max(first, -(-stop_us // self._period_us)), dtype=np.int64)
        time_us = self._begin(self._keys[:, None], numbers)
        symbol, nth = np.nonzero((time_us >= start_us) & (time_us < stop_us))
        return symbol.astype(np.int64), time_us[symbol, nth]

    def ends(self, start_us: int, stop_us: int) -> tuple[I64, I64]:
        """Symbol and time of those that end in [start_us, stop_us), by symbol; both (occurrences,)."""
        symbol, began_us = self.begins(start_us - self.length_us, stop_us - self.length_us)
        return symbol, began_us + self.length_us

    def under_way(self, symbol: I64, time_us: I64) -> NDArray[np.bool_]:
        """Whether one has begun and not ended, of each symbol at its time, all (times,)."""
        since_us = time_us - self._begin(self._keys[symbol], time_us // self._period_us)
        return np.asarray((since_us >= 0) & (since_us < self.length_us))

    def signs(self, symbol: I64, time_us: I64) -> I64:
        """+1 or -1 for the one of each symbol in the period of its time, all (times,)."""
        bits = draw64(self._keys[symbol], time_us // self._period_us)
        return np.asarray((bits & np.uint64(1)).astype(np.int64) * 2 - 1)

    def _begin(self, keys: U64, numbers: I64) -> I64:
        """When the occurrences of these numbers begin: early enough to end in their period."""
        room = np.uint64(self._period_us - self.length_us)
        part = draw64(keys, numbers) >> np.uint64(44)
        return np.asarray(numbers * self._period_us + ((part * room) >> np.uint64(20)).astype(np.int64))
