"""Where the market is: correlated, clustered price paths in integer ticks, and the spread around them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synthetic.arrivals import Updates, updates_per_cell
from synthetic.draws import BELL_SD, I64, bell, carried_sum, draw64, stream_keys
from synthetic.instrument import Instrument
from synthetic.tables import ONE, multipliers, pareto

MAX_GAP = 12  # ticks by which the best level of one side may lie away from the reference price
_SUB = 1 << 16  # parts of a tick
_LARGE_TICK_BELOW = 12_000  # opening price in ticks
_ONE_TICK_MOST = 80_000  # the largest move per update is set for this price: returns of about 1e-4 per second
_FACTOR_LEVELS = ((1, 500), (64, 400), (1024, 300))  # (cells, sd of log2 in 1024ths)
_OWN_LEVELS = ((8, 400), (64, 400), (1024, 300))  # (updates, sd of log2 in 1024ths)
_OPEN_CELLS = 4  # quotes may move, or may not, for this many cells
_OPEN_OF_256 = 140
_GAP_UPDATES = 16  # a spread lasts about so many updates


def sd_per_update(instrument: Instrument) -> float:
    """Standard deviation of a symbol's price per update, in ticks, before clustering."""
    return min(0.12 + instrument.price_ticks / _ONE_TICK_MOST, 1.0)


class Prices:
    """Best prices per update: the bid at or below a reference tick, the ask above it."""

    def __init__(self, instruments: Sequence[Instrument], *, seed: int) -> None:
        names = [instrument.name for instrument in instruments]
        opening = np.array([instrument.price_ticks for instrument in instruments], dtype=np.int64)
        self._floor = opening // 4  # reflected there, so that no price ever nears zero
        self._opening = opening
        per_update = np.array([sd_per_update(instrument) for instrument in instruments])
        per_cell = per_update * np.sqrt([updates_per_cell(instrument) for instrument in instruments])
        self._own_sd = (per_update * 0.7 * _SUB * ONE / BELL_SD).astype(np.int64)
        self._factor_sd = (per_cell * 0.7 * _SUB).astype(np.int64)
        self._factor_keys = stream_keys(seed, "factor", [""])
        self._factor_levels = [
            (stream_keys(seed, f"factor volatility {length}", [""]), length, multipliers(256, sd))
            for length, sd in _FACTOR_LEVELS
        ]
        self._own_keys = stream_keys(seed, "price", names)
        self._own_levels = [
            (stream_keys(seed, f"volatility {length}", names), length, multipliers(256, sd))
            for length, sd in _OWN_LEVELS
        ]
        self._open_keys = stream_keys(seed, "gate", names)
        self._gap_keys = stream_keys(seed, "spread", names)
        wide = np.minimum(pareto(256, 160, 2, 2 * MAX_GAP) - 1, 2 * MAX_GAP)
        narrow = np.zeros(256, dtype=np.int64)
        narrow[250:] = 1
        self._gaps = np.where((opening < _LARGE_TICK_BELOW)[:, None], narrow, wide)
        self._factor = 0  # the factor at the next cell, in 65536ths of its standard deviation per cell
        self._own = np.zeros(opening.size, dtype=np.int64)  # own path, in parts of a tick
        self._at = [int(ticks) * _SUB for ticks in opening]  # where quotes stand, in parts of a tick
        self._gap = [0] * opening.size

    def span(self, updates: Updates, first_cell: int, cells: int, sequence: I64) -> tuple[I64, I64]:
        """Best bid and ask in ticks, both (updates,), for consecutive spans of cells; `sequence` counts per symbol."""
        symbol = updates.symbol
        wanted = self._latent(updates, first_cell, cells, sequence)
        opened = (draw64(self._open_keys[symbol], updates.cell // _OPEN_CELLS) >> np.uint64(56)) < _OPEN_OF_256
        bits = draw64(self._gap_keys[symbol], sequence // _GAP_UPDATES)
        gaps = self._gaps[symbol, (bits >> np.uint64(56)).astype(np.int64)]
        at, gap = self._follow(symbol, wanted, opened, gaps)
        floor = self._floor[symbol]
        reference = floor + np.abs((at >> 16) - floor)
        return reference - (gap >> 1), reference + 1 + gap - (gap >> 1)

    def _latent(self, updates: Updates, first_cell: int, cells: int, sequence: I64) -> I64:
        """Where the price would be if quotes could move at once and by parts of a tick."""
        factor = self._factor_path(first_cell, cells)
        local = updates.cell - first_cell
        moved = factor[local] + (((factor[local + 1] - factor[local]) * updates.part) >> 16)
        common = (moved * self._factor_sd[updates.symbol]) >> 16
        steps = bell(draw64(self._own_keys[updates.symbol], sequence))
        level = np.full(steps.size, ONE, dtype=np.uint64)
        for keys, length, table in self._own_levels:
            level = (level * table[draw64(keys[updates.symbol], sequence // length) >> np.uint64(56)]) >> np.uint64(16)
        # 65536ths x 65536ths: the larger of the two factors keeps its low bits
        steps = (steps * ((self._own_sd[updates.symbol] * level.astype(np.int64)) >> 16)) >> 16
        own = carried_sum(updates.symbol, steps, self._own)
        return np.asarray(self._opening[updates.symbol] * _SUB + _SUB // 2 + common + own)

    def _factor_path(self, first_cell: int, cells: int) -> I64:
        """The market-wide factor at the edges of the cells, shape (cells + 1,), in 65536ths of its sd per cell."""
        at = np.arange(first_cell, first_cell + cells, dtype=np.int64)
        steps = bell(draw64(self._factor_keys, at)) * _SUB // BELL_SD
        level = np.full(cells, ONE, dtype=np.uint64)
        for keys, length, table in self._factor_levels:
            level = (level * table[draw64(keys, at // length) >> np.uint64(56)]) >> np.uint64(16)
        path = np.empty(cells + 1, dtype=np.int64)
        path[0] = self._factor
        path[1:] = self._factor + np.cumsum((steps * level.astype(np.int64)) >> 16)
        self._factor = int(path[-1])
        return path

    def _follow(self, symbols: I64, wanted: I64, opened: NDArray[np.bool_], gaps: I64) -> tuple[I64, I64]:
        """Quotes follow while they may, and turn back only after a whole tick: then prices do not bounce."""
        half = _SUB // 2
        at_now, gap_now = self._at, self._gap
        at_all, gap_all = [], []
        for symbol, target, is_open, gap in zip(
            symbols.tolist(), wanted.tolist(), opened.tolist(), gaps.tolist(), strict=True
        ):
            if is_open:
                at = at_now[symbol]
                if target - half > at:
                    at_now[symbol] = target - half
                elif target + half < at:
                    at_now[symbol] = target + half
                gap_now[symbol] = gap
            at_all.append(at_now[symbol])
            gap_all.append(gap_now[symbol])
        return np.array(at_all, dtype=np.int64), np.array(gap_all, dtype=np.int64)
