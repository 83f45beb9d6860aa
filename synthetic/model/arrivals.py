"""When and how often each symbol updates: clustered, unequal arrivals on a grid of cells of virtual time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synthetic.draws.carried import running_sum
from synthetic.draws.clusters import Cascade
from synthetic.draws.hashes import I64, U64, draw64, stream_keys
from synthetic.draws.quantiles import ONE, exponential_quantiles
from synthetic.instrument import Instrument

CELLS_PER_S = 4.0  # of a market of 50 symbols at the full rate
_FULL_RATE = 5.0  # books per second and symbol
_TOP_PER_CELL = 11.0  # updates of rank 1 per cell
# (seconds, sd of log2 in 1024ths) of a symbol's own activity and of the whole market's. None is slow: a soak of hours
# must get the feed that was asked for, so a mean over 5000 s varies by 1 % (one standard deviation, over 8 seeds).
_OWN_LEVELS = ((1, 700), (8, 600), (64, 400), (512, 100))
_MARKET_LEVELS = ((2, 300), (16, 150))
# Activity by hour UTC in 1000ths of the day's mean: the afternoon of Europe and morning of America is busiest.
_SEASON = np.array([
    745, 715, 690, 670, 660, 670, 700, 760, 845, 940, 1040, 1140,
    1230, 1310, 1365, 1390, 1385, 1345, 1280, 1190, 1095, 1005, 945, 885,
])  # fmt: skip
_HOUR_MS = 3_600_000


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
    """Update times per symbol. A cell holds the same expected number of a symbol's updates at every feed rate."""

    def __init__(
        self, instruments: Sequence[Instrument], *, seed: int, books_per_second: float, season_from_ms: int | None
    ) -> None:
        """Where `season_from_ms` is the start's time since the epoch, activity follows the hour of the day."""
        expected = [updates_per_cell(instrument) for instrument in instruments]
        names = [instrument.name for instrument in instruments]
        self.cell_us = max(1, round(1e6 * sum(expected) / len(expected) / books_per_second))
        self.updates_per_cell = sum(expected)
        self._rate = np.array([int(rate * ONE) for rate in expected], dtype=np.uint64)
        self._count_keys = stream_keys(seed, "arrival counts", names)
        self._place_keys = stream_keys(seed, "arrival places", names)
        # Lengths are cut in cells of the nominal size: another symbol stretches time and leaves every draw in place.
        cells_per_s = CELLS_PER_S * books_per_second / _FULL_RATE
        own, market = (
            [(max(1, round(length_s * cells_per_s)), sd) for length_s, sd in levels]
            for levels in (_OWN_LEVELS, _MARKET_LEVELS)
        )
        self._own = Cascade(names, seed=seed, purpose="activity", levels=own)
        self._market = Cascade([""], seed=seed, purpose="market activity", levels=market)
        self._season_from_ms = season_from_ms
        waits = exponential_quantiles(4096)
        self._burst = np.array([wait * ONE * len(waits) // sum(waits) for wait in waits], dtype=np.uint64)

    def span(self, first_cell: int, cells: int) -> Updates:
        """The updates in cells [first_cell, first_cell + cells)."""
        counts = self._counts(np.arange(first_cell, first_cell + cells, dtype=np.int64)).ravel()  # symbol by symbol
        pair = np.repeat(np.arange(counts.size, dtype=np.int64), counts)
        nth = np.arange(pair.size, dtype=np.int64) - np.repeat(running_sum(counts) - counts, counts)
        symbol = pair // cells
        cell = pair - symbol * cells + first_cell
        place = (draw64(self._place_keys[symbol], (cell << 12) + nth) >> np.uint64(32)).astype(np.int64)
        # One integer sorts by symbol, cell and place at once: symbols and cells are in order already.
        place = np.sort((pair << 32) + place) & 0xFFFFFFFF
        offset_us = ((place.astype(np.uint64) * np.uint64(self.cell_us)) >> np.uint64(32)).astype(np.int64)
        return Updates(symbol=symbol, time_us=cell * self.cell_us + offset_us, cell=cell, part=place >> 16)

    def _counts(self, cells: I64) -> I64:
        """Updates per symbol and cell, shape (symbols, cells)."""
        level = (self._own.grid(cells) * self._market.grid(cells)) >> np.uint64(16)
        bits = draw64(self._count_keys[:, None], cells)
        level = (level * self._burst[bits >> np.uint64(52)]) >> np.uint64(16)
        if self._season_from_ms is not None:
            level = level * self._season(cells, self._season_from_ms) // np.uint64(1000)
        expected = (level * self._rate[:, None]) >> np.uint64(16)
        counts = (expected + (bits & np.uint64(ONE - 1))) >> np.uint64(16)
        capped: I64 = np.minimum(counts, np.uint64(4095)).astype(np.int64)
        return capped

    def _season(self, cells: I64, start_ms: int) -> U64:
        """Activity by the hour in which a cell begins, straight between hours, in 1000ths of the day's mean."""
        time_ms = start_ms + cells * self.cell_us // 1000
        hour, part = np.divmod(time_ms, _HOUR_MS)
        now, following = _SEASON[hour % 24], _SEASON[(hour + 1) % 24]
        activity: U64 = (now + (following - now) * part // _HOUR_MS).astype(np.uint64)
        return activity
