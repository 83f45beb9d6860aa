"""The rows of a recorded market as checked arrays, first its instruments: whole ticks and lots, times in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthetic.draws.hashes import I64
from synthetic.feed import RecordingError
from synthetic.instrument import Instrument
from synthetic.recorded.batches import LONGEST_WORD, batches
from synthetic.recorded.columns import (
    NOTHING,
    Columns,
    first_problem,
    floats,
    is_positive,
    numbered,
    quoted,
    whole_numbers,
)
from synthetic.ticks import Scales, whole_steps

KINDS = ("instrument", "snapshot", "delta", "trade", "reconnect", "end")
INSTRUMENT, SNAPSHOT, DELTA, TRADE, RECONNECT, END = range(len(KINDS))
SIDES = ("tick", "lot", "open", "bid", "ask", "buy", "sell", "halt", "disconnect")
TICK, LOT, OPEN, BID, ASK, BUY, SELL, HALT, DISCONNECT = range(len(SIDES))

_KINDS = {word: place for place, word in enumerate(KINDS)}
_SIDES = {word: place for place, word in enumerate(SIDES)}
_ALLOWED_SIDES = {
    INSTRUMENT: (TICK, LOT, OPEN),
    SNAPSHOT: (BID, ASK),
    DELTA: (BID, ASK, NOTHING),
    TRADE: (BUY, SELL),
    RECONNECT: (HALT, DISCONNECT),
    END: (NOTHING,),
}


LATEST_MS = 4 * 10**12
"""October 2096: a time beyond is in another unit."""

_TOO_LATE = "timestamp_ms = {time_ms} is after 2096: are these milliseconds?"
_STEPS = (1e-18, 1e18)
_MOST_STEPS = 2.0**53  # of a price or quantity: with more, floats cannot tell one from the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows(Columns):
    """Rows of a recorded market; words are places in KINDS, SIDES and among the reader's names."""

    time_ms: I64
    sequence: I64


class RowReader:
    """Reads the rows of a file piece by piece; `names` are the symbols in the order of their first row."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.names: list[str] = []
        self._codes: dict[str, int] = {}
        self._known = False  # whether the instruments are, and no other symbol may come
        self._tick = self._lot = np.empty(0)
        self._scales: tuple[Scales, Scales] | None = None
        self._last_ms = -1

    def pieces(self) -> Iterator[Rows]:
        """The rows, each piece checked; raises RecordingError."""
        first = 1
        for batch in batches(self.path):
            if batch.num_rows:
                try:
                    rows = self._decoded(batch, first)
                except UnicodeDecodeError as error:
                    raise RecordingError(f"{self.path}: behind row {first - 1}: a word is no UTF-8: {error}") from error
                yield rows
                first += batch.num_rows

    def know(self, instruments: Sequence[Instrument]) -> None:
        """Expect only these from here on, in this order: prices in whole ticks, quantities in whole lots."""
        self._known = True
        self._tick = np.array([instrument.tick for instrument in instruments])
        self._lot = np.array([instrument.lot for instrument in instruments])
        self._scales = Scales(self._tick.tolist()), Scales(self._lot.tolist())

    def checked(self, rows: Rows) -> Rows:
        """Check rows behind the instruments, and round prices and quantities to the floats nearest to whole steps."""
        assert self._scales is not None
        problem = first_problem(self._problems(rows))
        if problem is not None:
            raise self.error(rows, *problem)
        self._last_ms = int(rows.time_ms[-1])
        symbol = np.maximum(rows.symbol, 0)
        price, quantity = (
            np.where(np.isnan(values), values, scales.of(symbol, np.rint(values / steps[symbol])))
            for values, steps, scales in (
                (rows.price, self._tick, self._scales[0]),
                (rows.quantity, self._lot, self._scales[1]),
            )
        )
        return replace(rows, price=price, quantity=quantity)

    def error(self, rows: Rows, at: int, text: str) -> RecordingError:
        """The error of row `at` of `rows`; braces in the text are filled from that row."""
        symbol = int(rows.symbol[at])
        facts = {
            "kind": KINDS[rows.kind[at]] if rows.kind[at] >= 0 else "?",
            "symbol": self.names[symbol] if symbol >= 0 else "?",
            "time_ms": int(rows.time_ms[at]),
            "price": float(rows.price[at]),
            "quantity": float(rows.quantity[at]),
            "tick": self._tick[symbol] if 0 <= symbol < self._tick.size else "?",
            "lot": self._lot[symbol] if 0 <= symbol < self._lot.size else "?",
        }
        return RecordingError(f"{self.path}: row {int(rows.number[at])}: {text.format(**facts)}")

    def _problems(self, rows: Rows) -> Iterator[tuple[NDArray[np.bool_], str]]:
        """What may be wrong with rows, and which ones it is (rows,)."""
        kind, side = rows.kind, rows.side
        yield kind == NOTHING, f"its kind is none of {', '.join(KINDS)}"
        yield kind == INSTRUMENT, "instruments come before everything else"
        yield (rows.symbol == NOTHING) & (kind != END), "its symbol is empty, or no instrument row above has it"
        yield rows.time_ms == NOTHING, "timestamp_ms is empty"
        yield rows.time_ms > LATEST_MS, _TOO_LATE
        before = np.concatenate([[self._last_ms], rows.time_ms[:-1]])
        yield rows.time_ms < before, "time goes back: timestamp_ms = {time_ms} is before that of the row above"
        wrong_side = np.zeros(len(rows), dtype=np.bool_)
        for which, allowed in _ALLOWED_SIDES.items():
            wrong_side |= (kind == which) & ~np.isin(side, allowed)
        yield wrong_side, "its side is not one of a {kind} row"
        is_level = (kind == SNAPSHOT) | (kind == DELTA)
        yield is_level & (rows.sequence == NOTHING), "sequence is empty"
        has_price = (is_level | (kind == TRADE)) & (side != NOTHING)
        yield has_price & ~is_positive(rows.price), "price = {price:g}: must be above 0"
        least = np.where(kind == DELTA, 0.0, np.nextafter(0, 1))
        yield (
            has_price & ~((rows.quantity >= least) & np.isfinite(rows.quantity)),
            "quantity = {quantity:g}: must be above 0; only in a delta it may be 0, where the level is gone",
        )
        symbol = np.maximum(rows.symbol, 0)
        for values, steps, text in (
            (rows.price, self._tick, "price = {price!r} is no multiple of the tick of {symbol}, {tick:g}"),
            (rows.quantity, self._lot, "quantity = {quantity!r} is no multiple of the lot of {symbol}, {lot:g}"),
        ):
            with np.errstate(invalid="ignore", over="ignore"):
                too_many = ~(values / steps[symbol] < _MOST_STEPS)
                _, away = whole_steps(np.where(too_many, 0.0, values), steps[symbol])
            yield has_price & too_many, text.replace("no multiple of", "more than 2^53 times")
            yield has_price & away, text

    def _decoded(self, batch: Any, first: int) -> Rows:
        kinds = numbered(batch.column("kind").dictionary_encode(), lambda word: _KINDS.get(word, NOTHING))
        if not self._known:
            self._learn(kinds, batch.column("symbol"), first)
        return Rows(
            number=np.arange(first, first + batch.num_rows, dtype=np.int64),
            kind=kinds,
            symbol=numbered(batch.column("symbol").dictionary_encode(), lambda word: self._codes.get(word, NOTHING)),
            side=numbered(batch.column("side").dictionary_encode(), lambda word: _SIDES.get(word, len(SIDES))),
            price=floats(batch.column("price")),
            quantity=floats(batch.column("quantity")),
            time_ms=whole_numbers(batch.column("timestamp_ms")),
            sequence=whole_numbers(batch.column("sequence")),
        )

    def _learn(self, kind: I64, symbol: Any, first: int) -> None:
        """Learn the symbols of the instrument rows at the start of a batch."""
        others = np.flatnonzero(kind != INSTRUMENT)
        named = symbol.slice(0, int(others[0]) if others.size else kind.size).to_pylist()
        for place, name in enumerate(named):
            if name is not None and name not in self._codes:
                if len(name) > LONGEST_WORD:
                    text = f"symbol = {quoted(name)}: must have at most {LONGEST_WORD} characters"
                    raise RecordingError(f"{self.path}: row {first + place}: {text}")
                self._codes[name] = len(self.names)
                self.names.append(name)


def read_header(reader: RowReader, pieces: Iterator[Rows]) -> tuple[tuple[Instrument, ...], int, Rows]:
    """The instruments in the order of their rows, the start in ms, and the checked rows that were read beyond them.

    From here on the reader knows the instruments. Raises RecordingError.
    """
    rows: Rows | None = None
    count = 0
    for piece in pieces:
        rows = piece if rows is None else rows.followed_by(piece)
        others = np.flatnonzero(rows.kind != INSTRUMENT)
        count = int(others[0]) if others.size else len(rows)
        if others.size:
            break
    if rows is None or count == 0:
        raise RecordingError(f"{reader.path}: row 1: is no instrument row; a recording begins with its instruments")
    header = rows.at(slice(count))
    problem = first_problem(
        [
            (
                (header.time_ms != header.time_ms[0]) | (header.time_ms == NOTHING),
                "timestamp_ms is not the start: it is the same in instrument rows",
            ),
            (header.time_ms > LATEST_MS, _TOO_LATE),
        ]
    )
    if problem is not None:
        raise reader.error(header, *problem)
    stated: dict[int, dict[int, float]] = {}
    for at, (symbol, side) in enumerate(zip(header.symbol.tolist(), header.side.tolist(), strict=True)):
        value = float(header.quantity[at] if side == LOT else header.price[at])
        if (text := _problem_of_instrument(symbol, side, value)) is not None:
            raise reader.error(header, at, text)
        if side in stated.setdefault(symbol, {}):
            raise reader.error(header, at, f"the {SIDES[side]} of {{symbol}} is there twice")
        stated[symbol][side] = value
    for symbol, values in stated.items():
        for side in (TICK, LOT, OPEN):
            if side not in values:
                raise RecordingError(f"{reader.path}: row {count}: {reader.names[symbol]} has no {SIDES[side]} row")
        if not 0.5 <= values[OPEN] / values[TICK] < _MOST_STEPS:
            text = f"the open of {reader.names[symbol]}, {values[OPEN]:g}, and its tick, {values[TICK]:g}, do not fit"
            raise RecordingError(f"{reader.path}: row {count}: {text} each other")
    instruments = tuple(
        Instrument(reader.names[symbol], values[TICK], values[LOT], round(values[OPEN] / values[TICK]), rank)
        for rank, (symbol, values) in enumerate(stated.items(), 1)
    )
    reader.know(instruments)
    return instruments, int(header.time_ms[0]), reader.checked(rows.at(slice(count, None)))


def _problem_of_instrument(symbol: int, side: int, value: float) -> str | None:
    """What is wrong with an instrument row; None where nothing is."""
    if symbol == NOTHING or side not in (TICK, LOT, OPEN):
        return "an instrument row has a symbol and the side tick, lot or open"
    if not 0 < value < float("inf"):
        return f"the {SIDES[side]} of {{symbol}} must be above 0"
    if side != OPEN and not _STEPS[0] <= value <= _STEPS[1]:
        return f"the {SIDES[side]} of {{symbol}} is {value:g}: must be at least {_STEPS[0]:g} and at most {_STEPS[1]:g}"
    return None
