"""Public market data as arrays, whatever files it comes from: levels of books, trades, and the checks of a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from synthetic.draws.hashes import I64
from synthetic.recorded.columns import Columns, first_problem, is_positive

CHANGE, SNAPSHOT, CLEAR, TRADE = range(4)
BID, ASK = range(2)  # the side of a level; of a trade the taker's: BID bought, ASK sold
NEITHER = -1  # of a trade: it is not known; of a CLEAR: both

NS_PER_MS = 1_000_000
ROWS_AT_ONCE = 1 << 13
_EARLIEST_NS, _LATEST_NS = 10**17, 4 * 10**18  # March 1973 and October 2096: a time beyond is in another unit


class SourceError(ValueError):
    """Market data that cannot be converted; the message names the file and, where it can, the row."""


class RepairableError(SourceError):
    """Market data that can be converted once it is repaired."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicRows(Columns):
    """Rows of public market data: `symbol` is a place among the file's names, `time_ns` when the row was received.

    CHANGE and SNAPSHOT rows are a level's new quantity, 0 where it is gone; a CLEAR row takes its side's levels away,
    from the best one to its price, or all of them where that is not finite.
    """

    time_ns: I64


class PublicFile(Protocol):
    """One file of market data.

    `names` are its symbols, known as far as `pieces` has come. `columns` are its words for time, price and quantity.
    `restarts` says whether the first row of a snapshot voids all levels before it; else CLEAR rows do. `left_out`
    counts what it did not hand out, by reason, in the last reading.
    """

    path: Path
    names: list[str]
    columns: tuple[str, str, str]
    restarts: bool
    left_out: Counter[str]

    def pieces(self) -> Iterator[tuple[PublicRows, float]]:
        """The rows from the start, and what share of the file is read then; raises SourceError."""


def wrong_row(file: PublicFile, number: int, text: str) -> SourceError:
    """The error of one row."""
    return SourceError(f"{file.path}: row {number}: {text}")


def checked(file: PublicFile) -> Iterator[tuple[PublicRows, float]]:
    """The pieces of a file, their times in order, their prices and quantities numbers of the right sign.

    Raises SourceError.
    """
    last_ns = 0
    for rows, share in file.pieces():
        if len(rows):
            _check(file, rows, last_ns)
            last_ns = int(rows.time_ns[-1])
            yield rows, share


def _check(file: PublicFile, rows: PublicRows, last_ns: int) -> None:
    time, price, quantity = file.columns
    is_priced = rows.kind != CLEAR
    before = np.concatenate([[last_ns], rows.time_ns[:-1]])
    in_unit = (rows.time_ns >= _EARLIEST_NS) & (rows.time_ns <= _LATEST_NS)
    undated = (rows.time_ns == 0) & (rows.kind == SNAPSHOT)
    problems = [
        (rows.time_ns < 0, f"{time} is empty or below 0"),
        (~in_unit & ~undated, f"{time} is no time of this format between 1973 and 2096: is it in another unit?"),
        (rows.time_ns < before, f"time goes back: {time} is before that of the row above"),
        (is_priced & ~is_positive(rows.price), f"{price} = {{price:g}}: must be above 0"),
        (
            is_priced & ~((rows.quantity >= 0) & np.isfinite(rows.quantity)),
            f"{quantity} = {{quantity:g}}: must not be below 0",
        ),
        ((rows.kind == TRADE) & (rows.quantity == 0), f"{quantity} = 0: a trade's must be above 0"),
    ]
    problem = first_problem(problems)
    if problem is not None:
        at, text = problem
        values = {"price": float(rows.price[at]), "quantity": float(rows.quantity[at])}
        raise wrong_row(file, int(rows.number[at]), text.format(**values))
