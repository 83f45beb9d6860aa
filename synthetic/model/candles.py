"""Bars made from the trades of the same stream, and the bars that came before its start."""

from __future__ import annotations

import numpy as np

from synthetic.draws.carried import running_sum
from synthetic.draws.hashes import BELL_SD, I64, U64, bell, draw64
from synthetic.draws.quantiles import multipliers

OPEN, HIGH, LOW, CLOSE, VOLUME = range(5)
_PAST_VOLUMES = multipliers(256, 1200)


class CandleMaker:
    """The open bar of every symbol, in integer ticks and lots."""

    def __init__(self, opening: I64) -> None:
        self._bars = np.zeros((opening.size, 5), dtype=np.int64)
        self._bars[:, :VOLUME] = opening[:, None]
        self._traded = np.zeros(opening.size, dtype=np.bool_)

    def add(self, symbol: I64, tick: I64, lots: I64) -> None:
        """Take trades of the open bar, in time order, all (trades,)."""
        bars = self._bars
        fresh = symbol[~self._traded[symbol]]
        if fresh.size:
            first_of, first_at = np.unique(symbol, return_index=True)
            is_fresh = ~self._traded[first_of]
            bars[first_of[is_fresh], :VOLUME] = tick[first_at[is_fresh], None]
            self._traded[fresh] = True
        np.maximum.at(bars[:, HIGH], symbol, tick)
        np.minimum.at(bars[:, LOW], symbol, tick)
        np.add.at(bars[:, VOLUME], symbol, lots)
        bars[symbol, CLOSE] = tick  # of trades of one symbol the last one stays

    def close(self) -> I64:
        """Close the bars: (symbols, 5) open, high, low, close in ticks and volume in lots. The next begin flat."""
        closed = self._bars.copy()
        self._bars[:, :VOLUME] = closed[:, CLOSE, None]
        self._bars[:, VOLUME] = 0
        self._traded[:] = False
        return closed


def past_bars(key: U64, *, closing: int, sd_ticks: float, mean_lots: float, count: int) -> I64:
    """`count` bars that end at the tick `closing`, oldest first: (count, 5). A longer past has the same end."""
    draws = draw64(key, np.arange(4 * count, dtype=np.int64).reshape(count, 4))
    sd = max(1, round(sd_ticks * 256))
    moves = (bell(draws[:, 0]) * sd) // (256 * BELL_SD)
    floor = closing // 4
    edges = floor + np.abs(closing - np.concatenate(([0], running_sum(moves))) - floor)  # closes, back in time
    closes, opens = edges[:-1], edges[1:]
    wicks = (np.abs(bell(draws[:, 1:3])) * sd) // (768 * BELL_SD)  # high - low is 1.3 sd, as in the stream
    high = np.maximum(opens, closes) + wicks[:, 0]
    low = np.maximum(np.minimum(opens, closes) - wicks[:, 1], 1)
    share = _PAST_VOLUMES[draws[:, 3] >> np.uint64(56)].astype(np.int64)
    volume = np.maximum(round(mean_lots) * share >> 16, 1)
    return np.stack([opens, high, low, closes, volume], axis=1)[::-1]
