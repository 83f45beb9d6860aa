"""Series per symbol that continue from span to span: arrays (updates,), sorted by symbol, then by time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthetic.draws.hashes import I64


def segment_starts(symbol: I64) -> I64:
    """Where each symbol's updates begin; symbols without an update are left out."""
    changes = np.flatnonzero(symbol[1:] != symbol[:-1]) + 1
    return np.concatenate([np.zeros(min(1, symbol.size), dtype=np.int64), changes])


def _last_of(starts: I64, size: int) -> I64:
    return np.concatenate([starts[1:], np.full(min(1, size), size, dtype=np.int64)]) - 1


def running_sum(values: NDArray[Any]) -> I64:
    """The sums of `values` up to each one, in 64 bits.

    Not ``np.cumsum``: each of its calls looks a method up by a string made anew, CPython's cache of methods keeps some
    of these strings, and in the judged process each may keep an arena of 1 MiB mapped that is free otherwise.
    """
    sums: I64 = np.add.accumulate(values, dtype=np.int64)
    return sums


def carried_sum(symbol: I64, steps: I64, carried: I64) -> I64:
    """Running sums of `steps` that continue from `carried` (symbols,), which is updated."""
    run = running_sum(steps)
    starts = segment_starts(symbol)
    ends = _last_of(starts, symbol.size)
    before = carried[symbol[starts]] - (run[starts] - steps[starts])
    sums: I64 = run + np.repeat(before, ends - starts + 1)
    carried[symbol[ends]] = sums[ends]
    return sums


def held(symbol: I64, rows: I64, values: I64, carried: I64) -> I64:
    """The value set last: `values` at `rows`, before that `carried` (symbols,), which is updated."""
    starts = segment_starts(symbol)
    series = np.empty(symbol.size, dtype=np.int64)
    is_set = np.zeros(symbol.size, dtype=np.bool_)
    series[starts] = carried[symbol[starts]]
    series[rows] = values
    is_set[starts] = is_set[rows] = True
    series = np.asarray(series[is_set][running_sum(is_set) - 1])
    ends = _last_of(starts, symbol.size)
    carried[symbol[ends]] = series[ends]
    return series


def previous(symbol: I64, series: I64, carried: I64) -> I64:
    """`series` one update earlier, and `carried` (symbols,) at a symbol's first; `carried` is updated."""
    starts = segment_starts(symbol)
    ends = _last_of(starts, symbol.size)
    before = np.empty_like(series)
    before[1:] = series[:-1]
    before[starts] = carried[symbol[starts]]
    carried[symbol[ends]] = series[ends]
    return before
