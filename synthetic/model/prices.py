"""Where the market is: correlated, clustered price paths in integer ticks, and the spread around them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synthetic.draws.carried import carried_sum, held, running_sum, segment_starts
from synthetic.draws.clusters import Cascade
from synthetic.draws.hashes import BELL_SD, I64, bell, draw64, stream_keys
from synthetic.draws.quantiles import ONE, pareto
from synthetic.instrument import Instrument
from synthetic.model.arrivals import Updates, updates_per_cell

_WIDEST = 24  # gaps of bid and ask from the reference price together, in ticks
_SUB = 1 << 16  # parts of a tick
_STEP_SD = 23170  # 65536 / sqrt(8): of a step of the factor
_LARGE_TICK_BELOW = 12_000  # opening price in ticks
_ONE_TICK_MOST = 80_000  # the largest move per update is set for this price: returns of about 1e-4 per second
_FACTOR_STEPS = 8  # of the common factor per cell
# (cells, sd of log2 in 1024ths) of the whole market's volatility, from a second to over an hour at the full rate
_MARKET_LEVELS = ((4, 330), (16, 350), (64, 370), (256, 390), (1024, 430), (4096, 450), (16384, 400))
_OWN_LEVELS = ((16, 370), (128, 370), (1024, 370))  # (updates, sd of log2 in 1024ths) of a symbol's own volatility
_OPEN_CELLS = 4  # cells for which quotes may move, or may not
_OPEN_OF_256 = 256  # spells in which they may, times the market's volatility
_GAP_UPDATES = 16  # updates that a spread lasts at least, and until quotes may move


def sd_per_update(instrument: Instrument) -> float:
    """Standard deviation of a symbol's price per update, in ticks, before clustering."""
    return min(0.16 + instrument.price_ticks / _ONE_TICK_MOST, 1.0)


class Prices:
    """Best prices per update: the bid at or below a reference tick, the ask above it."""

    def __init__(self, instruments: Sequence[Instrument], *, seed: int, lowest: int) -> None:
        """No reference tick is ever below `lowest`, nor below a quarter of where it began."""
        names = [instrument.name for instrument in instruments]
        opening = np.array([instrument.price_ticks for instrument in instruments], dtype=np.int64)
        self.floor = np.maximum(opening // 4, lowest)  # paths are reflected there
        self._opening = opening
        per_update = np.array([sd_per_update(instrument) for instrument in instruments])
        per_cell = per_update * np.sqrt([updates_per_cell(instrument) for instrument in instruments])
        self._own_sd = (per_update * 0.7 * _SUB * ONE / BELL_SD).astype(np.int64)
        self._factor_sd = (per_cell * 0.7 * _SUB).astype(np.int64)
        self._factor_keys = stream_keys(seed, "factor", [""])
        self._volatility = Cascade([""], seed=seed, purpose="market volatility", levels=_MARKET_LEVELS)
        self._own_keys = stream_keys(seed, "price", names)
        self._own_volatility = Cascade(names, seed=seed, purpose="volatility", levels=_OWN_LEVELS)
        self._open_keys = stream_keys(seed, "gate", names)
        self._gap_keys = stream_keys(seed, "spread", names)
        wide = np.minimum(pareto(256, 160, 2, _WIDEST) - 1, _WIDEST)
        narrow = np.zeros(256, dtype=np.int64)
        narrow[250:] = 1
        self._gaps = np.where((opening < _LARGE_TICK_BELOW)[:, None], narrow, wide)
        self._factor = 0  # where the factor stands, in 65536ths of its standard deviation per cell
        self._own = np.zeros(opening.size, dtype=np.int64)  # own path, in parts of a tick
        self._at = opening.copy()  # the reference tick of the quotes
        self._gap = np.zeros(opening.size, dtype=np.int64)

    def span(self, updates: Updates, first_cell: int, cells: int, sequence: I64) -> tuple[I64, I64]:
        """Best bid and ask in ticks, both (updates,), for consecutive spans of cells; `sequence` counts per symbol."""
        symbol = updates.symbol
        volatility = self._volatility.grid(np.arange(first_cell, first_cell + cells, dtype=np.int64))[0].astype(
            np.int64
        )
        wanted = self._latent(updates, first_cell, volatility, sequence)
        chance = (volatility * _OPEN_OF_256 >> 16)[updates.cell - first_cell]
        opened = (draw64(self._open_keys[symbol], updates.cell // _OPEN_CELLS) >> np.uint64(56)).astype(
            np.int64
        ) < chance
        at = self._follow(symbol, wanted, opened)
        bits = draw64(self._gap_keys[symbol], sequence // _GAP_UPDATES)
        gaps = self._gaps[symbol, (bits >> np.uint64(56)).astype(np.int64)]
        gap = held(symbol, np.flatnonzero(opened), gaps[opened], self._gap)
        floor = self.floor[symbol]
        reference = floor + np.abs(at - floor)
        return reference - (gap >> 1), reference + 1 + gap - (gap >> 1)

    def _latent(self, updates: Updates, first_cell: int, volatility: I64, sequence: I64) -> I64:
        """Where prices would be if quotes could move at once and by parts of a tick; `volatility` is (cells,)."""
        symbol, local = updates.symbol, updates.cell - first_cell
        factor = self._factor_path(first_cell, volatility)
        common = factor[local * _FACTOR_STEPS + (updates.part * _FACTOR_STEPS >> 16)] * self._factor_sd[symbol] >> 16
        sd = (self._own_sd[symbol] * self._own_volatility.of(symbol, sequence).astype(np.int64)) >> 16
        steps = bell(draw64(self._own_keys[symbol], sequence)) * ((sd * volatility[local]) >> 16) >> 16
        own = carried_sum(symbol, steps, self._own)
        return np.asarray(self._opening[symbol] * _SUB + _SUB // 2 + common + own)

    def _factor_path(self, first_cell: int, volatility: I64) -> I64:
        """The factor that moves all symbols, _FACTOR_STEPS times a cell, in 65536ths of its sd per cell."""
        at = np.arange(first_cell * _FACTOR_STEPS, (first_cell + volatility.size) * _FACTOR_STEPS, dtype=np.int64)
        steps = bell(draw64(self._factor_keys, at)) * _STEP_SD // BELL_SD
        path: I64 = self._factor + running_sum(steps * np.repeat(volatility, _FACTOR_STEPS) >> 16)
        self._factor = int(path[-1])
        return path

    def _follow(self, symbol: I64, wanted: I64, opened: NDArray[np.bool_]) -> I64:
        """The reference tick at each update: it goes to where the price is wanted once that is a whole tick away.

        So a price that has moved turns back only after a whole tick, and does not bounce. Only open updates can move.
        """
        starts = segment_starts(symbol)
        open_rows = np.flatnonzero(opened)
        edges = [*np.searchsorted(open_rows, starts).tolist(), open_rows.size]
        targets = wanted[open_rows].tolist()
        moved, moved_to = [], []
        for which, start, stop in zip(symbol[starts].tolist(), edges, edges[1:], strict=False):
            low = (int(self._at[which]) << 16) - _SUB // 2
            high = low + 2 * _SUB
            for row, target in enumerate(targets[start:stop], start):
                if not low <= target < high:
                    moved.append(row)
                    moved_to.append(target >> 16)
                    low = (target >> 16 << 16) - _SUB // 2
                    high = low + 2 * _SUB
        rows = open_rows[np.array(moved, dtype=np.int64)]
        return held(symbol, rows, np.array(moved_to, dtype=np.int64), self._at)
