"""A day of a market's best prices without its books, a hundred times faster: what the facts of hours need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthetic.instrument import Instrument
from synthetic.model.books import Books
from synthetic.model.window import RawStream, Window

_DEPTH = 50  # decides the lowest price a market may fall to, and nothing else here
_CANDLE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Day:
    """`mids` (symbols, seconds): mid price at every second from the start on, NaN before a symbol's first update.

    `hours` (24,): book updates of all symbols in each hour of the day, UTC.
    """

    names: tuple[str, ...]
    mids: NDArray[np.float64]
    hours: NDArray[np.int64]


def day_of(
    instruments: Sequence[Instrument],
    *,
    seed: int,
    start_ms: int,
    books_per_second: float,
    hours: float = 24.0,
    season: bool = False,
) -> Day:
    """Draw the first `hours` of the market that `Market` streams with these arguments."""
    raw = RawStream(
        instruments,
        seed=seed,
        books=Books(instruments, seed=seed, depth=_DEPTH),
        books_per_second=books_per_second,
        candle_ms=_CANDLE_MS,
        season_from_ms=start_ms if season else None,
        faults=None,
    )
    ticks = np.array([instrument.tick for instrument in instruments])
    seconds = max(1, int(hours * 3600))
    mids = np.full((len(instruments), seconds), np.nan)
    counts = np.zeros(24, dtype=np.int64)
    end_ms = 0
    while end_ms < 1000 * seconds:
        window = raw.next_window()
        end_ms = window.end_ms
        _write_down(window, ticks, mids)
        within = window.time_ms[window.time_ms < 1000 * seconds]
        counts += np.bincount((start_ms + within) // 3_600_000 % 24, minlength=24)
    return Day(tuple(instrument.name for instrument in instruments), _held(mids), counts)


def _write_down(window: Window, ticks: NDArray[np.float64], mids: NDArray[np.float64]) -> None:
    """Put the window's mids where the next whole second is; of updates of one symbol and second the last one stays."""
    second = -(-window.time_ms // 1000)
    kept = second < mids.shape[1]
    symbol = window.symbol[kept]
    mids[symbol, second[kept]] = (window.bid[kept] + window.ask[kept]) * ticks[symbol] / 2


def _held(mids: NDArray[np.float64]) -> NDArray[np.float64]:
    """Every mid held until the next one, (symbols, seconds)."""
    last = np.where(np.isnan(mids), 0, np.arange(mids.shape[1]))
    np.maximum.accumulate(last, axis=1, out=last)
    return np.take_along_axis(mids, last, axis=1)
