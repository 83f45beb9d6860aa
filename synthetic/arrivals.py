"""When symbols update: clustered, unequal arrivals on a grid of cells of virtual time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synthetic.draws import I64, U64, draw64, stream_keys
from synthetic.instrument import Instrument
from synthetic.tables import ONE, exponential_quantiles, multipliers

FULL_RATE = 5.0  # books per second and symbol at which a cell lasts a quarter of a second for 50 symbols
_TOP_PER_CELL = 11.0  # updates of rank 1 per cell
# Clusters on several timescales: (seconds, sd of log2 in 1024ths) of a symbol's own activity and of the whole market's.
# The slow ones are mild, so that a five-hour mean stays within two per cent of what was asked.
_OWN_LEVELS = ((1.0, 800), (8.0, 600), (64.0, 450), (512.0, 250), (4096.0, 150))
_COMMON_LEVELS = ((2.0, 300), (16.0, 250), (128.0, 150))


def updates_per_cell(instrument: Instrument) -> float:
    """Expected updates of a symbol per cell: rank^(-7/8). Square roots are exact everywhere, powers are not."""
    return _TOP_PER_CELL * math.sqrt(math.sqrt(math.sqrt(instrument.rank))) / instrument.rank


@dataclass(frozen=True, slots=True)
class Updates:
    """The updates of a span of cells, sorted by symbol and then by time; all arrays (updates,).

    `symbol` indexes the instruments, `time_us` counts from the start, `cell` from cell 0; `part` is the place in the
    cell in 65536ths.
    """

    symbol: I64
    time_us: I64
    cell: I64
    part: I64


class Arrivals:
    """Update times per symbol. Cells hold the same expected number of updates at every feed rate."""

    def __init__(self, instruments: Sequence[Instrument], *, seed: int, books_per_second: float) -> None:
        expected = [updates_per_cell(instrument) for instrument in instruments]
        names = [instrument.name for instrument in instruments]
        self.cell_us = max(1, round(1e6 * sum(expected) / len(expected) / books_per_second))
        self.updates_per_cell = sum(expected)
        self._rate = np.array([int(rate * ONE) for rate in expected], dtype=np.uint64)
        self._count_keys = stream_keys(seed, "arrival counts", names)
        self._place_keys = stream_keys(seed, "arrival places", names)
        # Durations are cut in cells of the nominal size: adding a symbol stretches time and leaves every draw in place.
        cells_per_s = 4.0 * books_per_second / FULL_RATE
        self._own = [
            (
                stream_keys(seed, f"activity {level_s}", names),
                max(1, round(level_s * cells_per_s)),
                multipliers(256, sd),
            )
            for level_s, sd in _OWN_LEVELS
        ]
        self._common = [
            (
                stream_keys(seed, f"market activity {level_s}", [""]),
                max(1, round(level_s * cells_per_s)),
                multipliers(256, sd),
            )
            for level_s, sd in _COMMON_LEVELS
        ]
        self._burst = np.array(
            [min(20 * ONE, e * ONE * 4096 // sum(exponential_quantiles(4096))) for e in exponential_quantiles(4096)],
            dtype=np.uint64,
        )

    def span(self, first_cell: int, cells: int) -> Updates:
        """The updates in cells [first_cell, first_cell + cells)."""
        counts = self._counts(np.arange(first_cell, first_cell + cells, dtype=np.int64))
        flat = counts.ravel()  # symbol-major
        total = int(flat.sum())
        pair = np.repeat(np.arange(flat.size, dtype=np.int64), flat)
        nth = np.arange(total, dtype=np.int64) - np.repeat(np.cumsum(flat) - flat, flat)
        symbol = pair // cells
        local_cell = pair - symbol * cells
        place = draw64(self._place_keys[symbol], ((local_cell + first_cell) << 12) + nth) >> np.uint64(32)
        offset_us = ((place * np.uint64(self.cell_us)) >> np.uint64(32)).astype(np.int64)
        # One integer sorts by symbol, cell and place at once; equal times cannot differ in anything that shows.
        key = (pair << 32) + place.astype(np.int64)
        order = np.argsort(key, kind="stable")
        return Updates(
            symbol=symbol,
            time_us=((local_cell + first_cell) * self.cell_us + offset_us)[order],
            cell=local_cell + first_cell,
            part=(place[order] >> np.uint64(16)).astype(np.int64),
        )

    def _counts(self, cells: I64) -> I64:
        """Updates per symbol and cell, shape (symbols, cells)."""
        level = np.full((self._rate.size, cells.size), ONE, dtype=np.uint64)
        for keys, length, table in self._own:
            level = (level * _drawn(table, keys[:, None], cells // length)) >> np.uint64(16)
        for keys, length, table in self._common:
            level = (level * _drawn(table, keys, cells // length)) >> np.uint64(16)
        bits = draw64(self._count_keys[:, None], cells)
        level = (level * self._burst[bits >> np.uint64(52)]) >> np.uint64(16)
        expected = (level * self._rate[:, None]) >> np.uint64(16)
        counts = (expected + (bits & np.uint64(ONE - 1))) >> np.uint64(16)
        capped: I64 = np.minimum(counts, np.uint64(4095)).astype(np.int64)
        return capped


def _drawn(table: U64, keys: U64, counters: I64) -> U64:
    """One entry of a table of 256 per key and counter, broadcast."""
    return np.asarray(table[draw64(keys, counters) >> np.uint64(56)])
