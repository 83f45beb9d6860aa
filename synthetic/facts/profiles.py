"""Curves of a tape, for a picture of it: tails, autocorrelations, activity by rank, a book over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthetic.facts.tape import SymbolTape, Tape

F64 = NDArray[np.float64]


def tail(values: F64) -> tuple[F64, F64]:
    """How often a magnitude is exceeded: magnitudes in standard deviations, rising, and the shares above them."""
    sizes = np.sort(np.abs(values[values != 0]))
    if not sizes.size:
        return np.empty(0), np.empty(0)
    return sizes / values.std(), np.arange(sizes.size, 0, -1) / values.size


def autocorrelations(values: F64, lags: int) -> F64:
    """Autocorrelations at the lags 1 to `lags`, fewer where the series is short; none where it does not move."""
    most = min(lags, values.size // 4)
    if most < 1 or values.std() == 0:
        return np.empty(0)
    size = 1 << int(np.ceil(np.log2(2 * values.size)))
    spectrum = np.fft.rfft(values - values.mean(), size)
    covariances = np.fft.irfft(np.abs(spectrum) ** 2, size)[: most + 1]
    counts = values.size - np.arange(most + 1)
    return np.asarray((covariances / counts)[1:] / (covariances[0] / values.size))


def activity(tape: Tape) -> F64:
    """Books per second of every symbol, the most active first: (symbols,)."""
    return np.array([symbol.books for symbol in tape.symbols]) * 1000.0 / (tape.end_ms - tape.start_ms)


@dataclass(frozen=True, slots=True)
class Heat:
    """A book over time: `lots` (prices, times) of quantity at `price` (prices,) and `time_s` (times,), 0 where none.

    Bids are positive, asks negative. `bid` and `ask` (times,) are the best prices.
    """

    time_s: F64
    price: F64
    lots: F64
    bid: F64
    ask: F64


def heat(symbol: SymbolTape, tick: float, *, seconds: int, ticks: int) -> Heat | None:
    """The sampled books of the first `seconds`, with `ticks` beyond the best prices; None where there is none."""
    books = [book for book in symbol.samples if book.timestamp_ms < symbol.start_ms + 1000 * seconds]
    if not books:
        return None
    bid, ask = np.array([book.bids[0, 0] for book in books]), np.array([book.asks[0, 0] for book in books])
    lowest, highest = round(float(bid.min()) / tick) - ticks, round(float(ask.max()) / tick) + ticks
    lots = np.zeros((highest - lowest + 1, len(books)))
    for at, book in enumerate(books):
        for side, sign in ((book.bids, 1), (book.asks, -1)):
            row = np.rint(side[:, 0] / tick).astype(np.int64) - lowest
            inside = (row >= 0) & (row < lots.shape[0])
            lots[row[inside], at] = sign * side[inside, 1]
    times = (np.array([book.timestamp_ms for book in books]) - symbol.start_ms) / 1000
    return Heat(times, np.arange(lowest, highest + 1, dtype=np.float64) * tick, lots, bid, ask)
