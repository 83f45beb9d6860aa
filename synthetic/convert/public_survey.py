"""A first reading of public market data: its symbols, their ticks and lots, when they begin and end."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from synthetic.convert.public_rows import (
    ASK,
    BID,
    CLEAR,
    SNAPSHOT,
    TRADE,
    PublicFile,
    PublicRows,
    SourceError,
    checked,
    wrong_row,
)

Tell = Callable[[str, float], None]

_DECIMALS_MOST = 12
_ROUNDING = 4 * np.finfo(np.float64).eps  # a float that was computed is that much off its decimal number
_WHOLE_MOST = 2.0**62


def short_name(symbol: str) -> str:
    """A symbol without its exchange."""
    return symbol.rpartition(":")[2]


class Steps(NamedTuple):
    """Given ticks, or lots: by symbol, and for all others; what is not given is inferred."""

    by_symbol: dict[str, float]
    others: float | None

    def of(self, symbol: str) -> float | None:
        """The step that is given for a symbol."""
        return self.by_symbol.get(symbol, self.by_symbol.get(short_name(symbol), self.others))


FOUND = Steps({}, None)


class NoStepError(ValueError):
    """A value is no decimal number of a dozen places; `place` is where it is in the array."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


class CommonStep:
    """Finds the greatest step that all values are multiples of, piece by piece.

    Quotes move by whole ticks, so enough of them show the tick.
    """

    def __init__(self) -> None:
        self._decimals = 0
        self._divisor = 0  # the greatest common one of all values, in units of the last decimal place

    @property
    def step(self) -> float | None:
        """The step so far; None before the first value that is not 0."""
        return self._divisor / 10**self._decimals if self._divisor else None

    def take(self, values: NDArray[np.float64]) -> None:
        """Take (n,) finite values of 0 or more. Raises NoStepError."""
        while True:
            whole = np.rint(values * 10.0**self._decimals)
            off = (np.abs(whole / 10.0**self._decimals - values) > _ROUNDING * values) | (whole > _WHOLE_MOST)
            if not off.any():
                break
            if self._decimals == _DECIMALS_MOST:
                raise NoStepError(int(np.argmax(off)))
            self._decimals += 1
            self._divisor *= 10
        if values.size:
            self._divisor = math.gcd(self._divisor, int(np.gcd.reduce(whole.astype(np.int64))))


@dataclass
class Seen:
    """What was seen of one symbol: its steps, messages on its book, first and last time, and the first snapshot's time
    and best bid and ask."""

    tick: CommonStep = field(default_factory=CommonStep)
    lot: CommonStep = field(default_factory=CommonStep)
    updates: int = 0
    updated_ns: int = -1
    first_ns: int = 0
    last_ns: int = 0
    snapshot_ns: int | None = None
    best: dict[int, float] = field(default_factory=dict)

    @property
    def opening(self) -> float:
        """The mid price of the first snapshot, or its best price where it has one side only."""
        return sum(self.best.values()) / len(self.best)


@dataclass
class Survey:
    """What was seen of all files. `first_ns` is each file's, 0 of an initial snapshot that has no times."""

    symbols: dict[str, Seen]
    first_ns: list[int]


def survey(files: Sequence[PublicFile], ticks: Steps, lots: Steps, tell: Tell) -> Survey:
    """Read all files once; raises SourceError."""
    seen: dict[str, Seen] = {}
    firsts: list[int] = []
    weights = shares(files)
    done = 0.0
    for file, weight in zip(files, weights, strict=True):
        first_ns = -1
        for rows, share in checked(file):
            first_ns = int(rows.time_ns[0]) if first_ns < 0 else first_ns
            for code in np.unique(rows.symbol).tolist():
                name = file.names[code]
                own = rows.at(rows.symbol == code)
                _find_steps(file, own, seen.setdefault(name, Seen()), name, (ticks, lots))
                _look(own, seen[name])
            tell("reading", done + weight * share)
        if first_ns < 0:
            raise SourceError(f"{file.path}: has no rows")
        firsts.append(first_ns)
        done += weight
    return Survey(seen, firsts)


def shares(files: Sequence[PublicFile]) -> list[float]:
    """The share of each file in the bytes of all."""
    sizes = [file.path.stat().st_size if file.path.is_file() else 0 for file in files]
    return [size / max(1, sum(sizes)) for size in sizes]


def _find_steps(file: PublicFile, rows: PublicRows, seen: Seen, name: str, given: tuple[Steps, Steps]) -> None:
    priced = rows.at(rows.kind != CLEAR)
    _, price, quantity = file.columns
    for values, step, steps, column, what in (
        (priced.price, seen.tick, given[0], price, "tick"),
        (priced.quantity, seen.lot, given[1], quantity, "lot"),
    ):
        if steps.of(name) is not None:
            continue
        try:
            step.take(values)
        except NoStepError as error:
            value, number = float(values[error.place]), int(priced.number[error.place])
            raise wrong_row(
                file,
                number,
                f"{column} = {value!r} is no decimal number of 12 places: the {what} of {name} must be given",
            ) from None


def _look(rows: PublicRows, seen: Seen) -> None:
    times = rows.time_ns[rows.kind != TRADE]
    if times.size:
        seen.updates += int(np.count_nonzero(np.diff(times))) + int(times[0] != seen.updated_ns)
        seen.updated_ns = int(times[-1])
    dated = rows.time_ns[rows.time_ns > 0]
    if dated.size:
        seen.first_ns = min(seen.first_ns or int(dated[0]), int(dated[0]))
        seen.last_ns = max(seen.last_ns, int(dated[-1]))
    levels = rows.at((rows.kind == SNAPSHOT) & (rows.quantity > 0))
    if not len(levels):
        return
    first_ns = int(levels.time_ns[0])
    if seen.snapshot_ns is None or first_ns < seen.snapshot_ns:
        seen.snapshot_ns = first_ns
        seen.best.clear()
    first = levels.at(levels.time_ns == seen.snapshot_ns)
    for side, best in ((BID, max), (ASK, min)):
        prices = first.price[first.side == side].tolist()
        if prices:
            seen.best[side] = best([*prices, seen.best.get(side, prices[0])])
