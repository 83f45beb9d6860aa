"""Estimators behind the stylised facts, of one symbol, a series or a tape. NaN where there is too little to tell."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synthetic.facts.tape import CELL_MS, SymbolTape, Tape

F64 = NDArray[np.float64]

_HILL_SHARE = 0.05


def spread_ticks(symbol: SymbolTape, tick: float) -> tuple[float, float]:
    """The share of time in which the spread is one tick, and its median in ticks, both weighted by time."""
    quotes = symbol.quotes
    if len(quotes) < 2:
        return math.nan, math.nan
    spread = np.rint((quotes[:-1, 2] - quotes[:-1, 1]) / tick)
    lasted = np.diff(quotes[:, 0])
    order = np.argsort(spread)
    cumulated = np.cumsum(lasted[order])
    median = spread[order][np.searchsorted(cumulated, cumulated[-1] / 2)]
    return float(lasted[spread == 1].sum() / lasted.sum()), float(median)


def on_grid(symbol: SymbolTape, tape: Tape, step_ms: int) -> F64:
    """The quotes in force at every `step_ms` of the tape's detail from the first on: (times, 5)."""
    quotes = symbol.quotes
    times = np.arange(tape.start_ms, tape.detail_end_ms, step_ms, dtype=np.float64)
    in_force = np.searchsorted(quotes[:, 0], times, side="right") - 1
    return np.asarray(quotes[in_force[in_force >= 0]])


def mids(symbol: SymbolTape, step_s: int) -> F64:
    """Mid prices every `step_s` seconds, from the first there is."""
    every = symbol.mids[::step_s]
    return np.asarray(every[~np.isnan(every)])


def log_returns(symbol: SymbolTape, step_s: int) -> F64:
    """Log returns of the mid over `step_s` seconds."""
    return np.diff(np.log(mids(symbol, step_s)))


def zero_share(symbol: SymbolTape) -> float:
    """The share of seconds in which the mid does not move."""
    moves = np.diff(mids(symbol, 1))
    return float((moves == 0).mean()) if moves.size else math.nan


def unchanged_share(symbol: SymbolTape, tape: Tape) -> float:
    """The mean share of levels that are the same 100 ms later; intervals without an update count as unchanged."""
    if not symbol.unchanged.size:
        return math.nan
    intervals = (tape.detail_end_ms - tape.start_ms) // CELL_MS
    active = np.unique(symbol.quotes[:, 0] // CELL_MS).size / intervals
    return float(1 - active * (1 - symbol.unchanged.mean()))


def adjacent_share(symbol: SymbolTape, tick: float) -> float:
    """The share of neighbouring levels one tick apart, both sides."""
    gaps = [np.abs(np.diff(side[:, 0])) for book in symbol.samples for side in (book.bids, book.asks)]
    return float((np.rint(np.concatenate(gaps) / tick) == 1).mean()) if gaps else math.nan


def delta_ratio(symbol: SymbolTape) -> float:
    """99th percentile over median of levels per delta."""
    sizes = symbol.delta_sizes
    return float(np.percentile(sizes, 99) / max(1.0, float(np.median(sizes)))) if sizes.size > 500 else math.nan


def arrival_variation(symbol: SymbolTape) -> float:
    """The coefficient of variation of times between trades."""
    gaps = np.diff(symbol.trades[:, 0])
    return float(gaps.std() / gaps.mean()) if gaps.size > 100 else math.nan


def branching_ratio(symbol: SymbolTape, tape: Tape) -> float:
    """1 - 1 / sqrt(F), where F is the Fano factor of trades in ten seconds: how many trades follow from another."""
    edges = np.arange(tape.start_ms, tape.detail_end_ms + 1, 10_000)
    counts, _ = np.histogram(symbol.trades[:, 0], edges)
    if counts.size < 30 or counts.sum() < 100:
        return math.nan
    return float(1 - 1 / np.sqrt(counts.var() / counts.mean()))


def activity_slope(tape: Tape) -> float:
    """The slope of log books against log rank."""
    counts = np.array([symbol.books for symbol in tape.symbols if symbol.books], dtype=np.float64)
    if counts.size < 5:
        return math.nan
    return float(np.polyfit(np.log(np.arange(1, counts.size + 1)), np.log(counts), 1)[0])


def season(tape: Tape) -> tuple[float, float]:
    """The busiest hour UTC, 0 to 24, and its books over those of the quietest; NaN for less than a day.

    The day's first harmonic, not its raw hours: single hours of one day are bursts.
    """
    if tape.hours is None:
        return math.nan, math.nan
    wave = np.fft.rfft(tape.hours)
    swing = 2 * np.abs(wave[1]) / wave[0].real
    peak = -np.angle(wave[1]) * 24 / (2 * np.pi) + 0.5
    return float(peak % 24), float((1 + swing) / (1 - swing))


def hill(values: F64) -> float:
    """Hill's estimate of the tail exponent from the largest 5 %."""
    values = np.sort(values[values > 0])
    count = int(_HILL_SHARE * values.size)
    if count < 10:
        return math.nan
    return float(1 / np.mean(np.log(values[-count:] / values[-count - 1])))


def excess_kurtosis(values: F64) -> float:
    """Kurtosis less that of a normal."""
    if values.size < 20 or values.std() == 0:
        return math.nan
    centred = values - values.mean()
    return float((centred**4).mean() / (centred**2).mean() ** 2 - 3)


def autocorrelation(values: F64, lag: int) -> float:
    """Correlation of a series with itself `lag` steps earlier."""
    if values.size < lag + 20 or values.std() == 0:
        return math.nan
    centred = values - values.mean()
    return float((centred[lag:] * centred[:-lag]).mean() / (centred**2).mean())


def mean_depth(symbol: SymbolTape) -> F64:
    """Cumulated quantity by level of the mean side of the sampled books, as deep as all of them: (levels,)."""
    sides = [side[:, 1] for book in symbol.samples for side in (book.bids, book.asks)]
    levels = min((side.size for side in sides), default=0)
    return np.cumsum(np.mean([side[:levels] for side in sides], axis=0)) if levels else np.empty(0)


def depth_exponent(symbol: SymbolTape) -> float:
    """The slope of log cumulated quantity against log level, of the mean book."""
    depth = mean_depth(symbol)
    if depth.size < 3:
        return math.nan
    return float(np.polyfit(np.log(np.arange(1, depth.size + 1)), np.log(depth), 1)[0])


def quantity_spread(symbol: SymbolTape) -> float:
    """The standard deviation of log quantity over levels and books."""
    if not symbol.samples:
        return math.nan
    return float(np.log(np.concatenate([np.concatenate([b.bids, b.asks])[:, 1] for b in symbol.samples])).std())


def imbalance_autocorrelation(symbol: SymbolTape, tape: Tape, step_ms: int) -> float:
    """Autocorrelation over `step_ms` of (bid quantity - ask quantity) / (their sum) at the touch."""
    quotes = on_grid(symbol, tape, step_ms)
    return autocorrelation((quotes[:, 3] - quotes[:, 4]) / (quotes[:, 3] + quotes[:, 4]), 1)


def cross_correlation(returns: Sequence[F64]) -> float:
    """The median correlation of pairs of symbols."""
    length = min((r.size for r in returns), default=0)
    rows = [r[-length:] for r in returns if length and r[-length:].std() > 0]
    if len(rows) < 2 or length < 20:
        return math.nan
    return float(np.median(np.asarray(np.corrcoef(rows))[np.triu_indices(len(rows), 1)]))
