"""The stylised facts of a market's tape, each with the band in which markets are found.

The first table must hold, since memory depends on it: how many levels vanish, how bursty updates are, how unequal the
symbols. The second is reported. Figures are medians over symbols unless a row says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from synthetic.facts import measures
from synthetic.facts.tape import SymbolTape, Tape

TOP = 5  # symbols that count as top
_OVER_A_DAY = ("zero", "season", "Hill tail", "excess kurtosis", "autocorrelation of", "cross-correlation")
_LARGE_TICK = 1.5  # median spread in ticks below which a symbol is a large-tick one


@dataclass(frozen=True, slots=True)
class Fact:
    """One row: its value (NaN where the tape cannot tell), the band [low, high], and whether it must hold.

    `over_a_day`: it is measured over all of the tape's seconds, a day of them where there is one; not over its detail.
    """

    name: str
    value: float
    low: float
    high: float
    must: bool
    over_a_day: bool = False

    @property
    def has_band(self) -> bool:
        """Whether there is a band at all; some values are only shown."""
        return math.isfinite(self.low) or math.isfinite(self.high)

    @property
    def holds(self) -> bool | None:
        """Whether the value lies in the band; None where one of the two is missing."""
        return None if math.isnan(self.value) or not self.has_band else self.low <= self.value <= self.high


def facts(tape: Tape, ticks: Mapping[str, float]) -> list[Fact]:
    """Both tables of one tape; `ticks` gives each symbol's price step. `tape.symbols` are in order of activity.

    Raises ValueError where the tape has no symbol.
    """
    if not tape.symbols:
        raise ValueError("the tape has no symbol: there is nothing to measure")
    return [
        Fact(name, value, low, high, must, name.startswith(_OVER_A_DAY))
        for table, must in ((required(tape, ticks), True), (reported(tape), False))
        for name, value, low, high in table
    ]


def combined(runs: Sequence[list[Fact]]) -> list[Fact]:
    """Row by row the median over tapes, such as those of several seeds."""
    return [replace(rows[0], value=_median([row.value for row in rows])) for rows in zip(*runs, strict=True)]


Row = tuple[str, float, float, float]


def required(tape: Tape, ticks: Mapping[str, float]) -> list[Row]:
    """The first table: name, value, low, high."""
    spreads = {s.name: measures.spread_ticks(s, ticks[s.name]) for s in tape.symbols}
    one_tick = [share for share, median in spreads.values() if median < _LARGE_TICK]
    wide = [median for _, median in spreads.values() if median >= _LARGE_TICK]
    top, tail = tape.symbols[0], tape.symbols[-max(1, len(tape.symbols) // 5) :]
    adjacent = _over(tape.symbols, lambda s: measures.adjacent_share(s, ticks[s.name]))
    branching = _over(tape.symbols, lambda s: measures.branching_ratio(s, tape))
    return [
        ("spread of one tick, share of time, large-tick symbols", _median(one_tick), 0.9, 1.0),
        ("median spread in ticks, small-tick symbols", _median(wide), 2, 20),
        ("crossed books, all symbols", float(sum(s.crossed for s in tape.symbols)), 0, 0),
        ("zero 1 s returns, share, top symbols", _over(tape.symbols[:TOP], measures.zero_share), 0.2, 0.7),
        ("levels unchanged per 100 ms, top symbol", measures.unchanged_share(top, tape), 0.3, 0.6),
        ("levels unchanged per 100 ms, tail", _over(tail, lambda s: measures.unchanged_share(s, tape)), 0.75, 1.0),
        ("neighbouring levels one tick apart", adjacent, 0.15, 0.8),
        ("levels per delta, p99 / p50", _over(tape.symbols, measures.delta_ratio), 8, math.inf),
        ("trade arrivals, coefficient of variation", _over(tape.symbols, measures.arrival_variation), 2, 5),
        ("trade arrivals, branching ratio", branching, 0.8, 0.97),
        ("activity against rank, log-log slope", measures.activity_slope(tape), -1.3, -0.7),
        ("season, peak hour UTC", measures.season(tape)[0], 14, 18),
        ("season, peak over trough", measures.season(tape)[1], 1.5, 3),
    ]


def reported(tape: Tape) -> list[Row]:
    """The second table: name, value, low, high."""
    symbols = tape.symbols
    returns = {step_s: [measures.log_returns(s, step_s) for s in symbols] for step_s in (1, 60, 3600)}
    kurtosis = {step_s: _median([measures.excess_kurtosis(r) for r in rows]) for step_s, rows in returns.items()}
    falling = float(kurtosis[1] > kurtosis[60] > kurtosis[3600]) if not math.isnan(kurtosis[3600]) else math.nan
    seconds, minutes = returns[1], returns[60]
    rows: list[Row] = [
        ("Hill tail exponent of |1 m returns|", _median([measures.hill(np.abs(r)) for r in minutes]), 2.2, 5),
        ("excess kurtosis, 1 s", kurtosis[1], 4, 60),
        ("excess kurtosis, 1 m", kurtosis[60], 2, 40),
        ("excess kurtosis, 1 h", kurtosis[3600], -math.inf, math.inf),
        ("excess kurtosis falls 1 s > 1 m > 1 h", falling, 1, 1),
        ("autocorrelation of returns, 1 s", _median([measures.autocorrelation(r, 1) for r in seconds]), -0.03, 0.03),
        ("autocorrelation of returns, 1 m", _median([measures.autocorrelation(r, 1) for r in minutes]), -0.08, 0.08),
    ]
    for lag, least in ((1, 0.15), (60, 0.06), (600, 0.02)):
        value = _median([measures.autocorrelation(np.abs(r), lag) for r in seconds])
        rows.append((f"autocorrelation of |1 s returns|, lag {lag}", value, least, 1))
    rows += [
        ("cumulative depth against level, exponent", _over(symbols, measures.depth_exponent), 0.4, 0.9),
        ("log-sd of quantity", _over(symbols, measures.quantity_spread), 1.5, 2.8),
    ]
    for step_ms, low, high in ((100, 0.7, 1.0), (1000, 0.15, 0.7), (10_000, -math.inf, 0.15)):
        value = _median([measures.imbalance_autocorrelation(s, tape, step_ms) for s in symbols])
        rows.append((f"top-of-book imbalance autocorrelation, {step_ms / 1000:g} s", value, low, high))
    signs = _over(symbols, lambda s: measures.autocorrelation(s.trades[:, 3], 1))
    across_m, across_s = measures.cross_correlation(minutes), measures.cross_correlation(seconds)
    return [
        *rows,
        ("trade size, Hill tail exponent", _over(symbols, lambda s: measures.hill(s.trades[:, 2])), 1.2, 3),
        ("trade sign autocorrelation", signs, 0.3, 0.85),
        ("cross-correlation of returns, 1 m", across_m, 0.3, 0.7),
        ("cross-correlation, 1 s less than 1 m", across_m - across_s, 0, 1),
    ]


def _over(symbols: Sequence[SymbolTape], measure: Callable[[SymbolTape], float]) -> float:
    return _median([measure(symbol) for symbol in symbols])


def _median(values: Iterable[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return float(np.median(known)) if known else math.nan
