"""Trades between updates: clustered in number, size and sign, at the touch or through levels just crossed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synthetic.draws.carried import previous, running_sum
from synthetic.draws.hashes import I64, draw64, stream_keys
from synthetic.draws.quantiles import pareto
from synthetic.instrument import Instrument

_SILENT_OF_4096 = 3400  # updates without a trade
LOTS_PER_UPDATE = 89.0  # traded on average: the product of the two tables' means
_SIGN_UPDATES = 8  # updates for which the taker's side tends to last


@dataclass(frozen=True, slots=True)
class Executions:
    """Trades in the order of their updates, arrays (trades,): `update` indexes updates, `sign` is +1 for buys."""

    update: I64
    tick: I64
    lots: I64
    sign: I64


class Trades:
    """Draws the trades of updates."""

    def __init__(self, instruments: Sequence[Instrument], *, seed: int) -> None:
        names = [instrument.name for instrument in instruments]
        self._count_keys = stream_keys(seed, "trade counts", names)
        self._sign_keys = stream_keys(seed, "trade signs", names)
        self._size_keys = stream_keys(seed, "trade sizes", names)
        self._counts = np.zeros(4096, dtype=np.int64)
        self._counts[_SILENT_OF_4096:] = pareto(4096 - _SILENT_OF_4096, 135, 2, 120)
        self._sizes = pareto(4096, 180, 40, 40_000)
        self._bid = np.array([instrument.price_ticks for instrument in instruments], dtype=np.int64)
        self._ask = self._bid + 1

    def span(self, symbol: I64, sequence: I64, bid: I64, ask: I64) -> tuple[I64, I64, Executions]:
        """Best bid and ask before each update, and the trades that lead to it.

        For consecutive updates sorted by symbol, then time, all (updates,).
        """
        bits = draw64(self._count_keys[symbol], sequence)
        counts = self._counts[(bits >> np.uint64(52)).astype(np.int64)]
        before_bid, before_ask = previous(symbol, bid, self._bid), previous(symbol, ask, self._ask)
        mood = draw64(self._sign_keys[symbol], sequence // _SIGN_UPDATES) & np.uint64(1)
        sign = np.where((bits & np.uint64(7)) == 0, -1, 1) * np.where(mood == 1, 1, -1)
        sign = np.where(ask > before_ask, 1, np.where(bid < before_bid, -1, sign))
        update = np.repeat(np.arange(symbol.size, dtype=np.int64), counts)
        nth = np.arange(update.size, dtype=np.int64) - np.repeat(running_sum(counts) - counts, counts)
        draws = draw64(self._size_keys[symbol[update]], (sequence[update] << 8) + nth)
        # One in sixteen trades of a burst goes against it.
        sign = np.where((draws & np.uint64(15)) == 0, -sign[update], sign[update])
        # A burst eats its way through the levels that the update no longer has.
        upwards = np.maximum(ask - before_ask, 0)[update] * nth // counts[update]
        downwards = np.maximum(before_bid - bid, 0)[update] * nth // counts[update]
        tick = np.where(sign > 0, before_ask[update] + upwards, before_bid[update] - downwards)
        lots = self._sizes[(draws >> np.uint64(52)).astype(np.int64)]
        return before_bid, before_ask, Executions(update, tick, lots, sign)
