"""The rows of a recording as checked arrays: prices whole ticks, quantities whole lots, times that never go back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthetic.draws.hashes import I64
from synthetic.feed import RecordingError
from synthetic.instrument import Instrument
from synthetic.recorded.batches import batches
from synthetic.ticks import Scales

KINDS = ("instrument", "snapshot", "delta", "trade", "reconnect", "end")
INSTRUMENT, SNAPSHOT, DELTA, TRADE, RECONNECT, END = range(len(KINDS))
SIDES = ("tick", "lot", "open", "bid", "ask", "buy", "sell", "halt", "disconnect")
TICK, LOT, OPEN, BID, ASK, BUY, SELL, HALT, DISCONNECT = range(len(SIDES))
NOTHING = -1  # an empty cell; of a kind, side or symbol also an unknown word

_ALLOWED_SIDES = {
    INSTRUMENT: (TICK, LOT, OPEN),
    SNAPSHOT: (BID, ASK),
    DELTA: (BID, ASK, NOTHING),
    TRADE: (BUY, SELL),
    RECONNECT: (HALT, DISCONNECT),
    END: (NOTHING,),
}


@dataclass(frozen=True, slots=True)
class Rows:
    """Consecutive rows, all arrays (rows,); words are places in KINDS, SIDES and among the names. `first` is the number
    of the first one, counted from 1 below the header. Empty cells are NOTHING or NaN."""

    first: int
    kind: I64
    symbol: I64
    time_ms: I64
    sequence: I64
    side: I64
    price: NDArray[np.float64]
    quantity: NDArray[np.float64]

    def __len__(self) -> int:
        return int(self.kind.size)

    def part(self, start: int, stop: int) -> Rows:
        """The rows from `start` to `stop`, as views."""
        return Rows(self.first + start, *(getattr(self, field.name)[start:stop] for field in fields(self)[1:]))


def joined(one: Rows, other: Rows) -> Rows:
    """Two pieces that follow one another as one."""
    names = [field.name for field in fields(Rows)][1:]
    return Rows(one.first, *(np.concatenate([getattr(one, name), getattr(other, name)]) for name in names))


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
                yield self._decoded(batch, first)
                first += batch.num_rows

    def know(self, instruments: Sequence[Instrument]) -> None:
        """From here on rows are of these, in this order; their prices are whole ticks, their quantities whole lots."""
        self._known = True
        self._tick = np.array([instrument.tick for instrument in instruments])
        self._lot = np.array([instrument.lot for instrument in instruments])
        self._scales = Scales(self._tick.tolist()), Scales(self._lot.tolist())

    def checked(self, rows: Rows) -> Rows:
        """Rows behind the instruments, their prices and quantities the nearest floats to whole ticks and lots."""
        assert self._scales is not None
        problems = list(self._problems(rows))
        wrong = [(int(np.argmax(bad)), text) for bad, text in problems if bad.any()]
        if wrong:
            at, text = min(wrong, key=lambda found: found[0])
            raise self.error(rows, at, text)
        self._last_ms = int(rows.time_ms[-1])
        symbol = np.maximum(rows.symbol, 0)
        price, quantity = (
            np.where(np.isnan(values), values, scales.of(symbol, np.rint(values / steps[symbol])))
            for values, steps, scales in (
                (rows.price, self._tick, self._scales[0]),
                (rows.quantity, self._lot, self._scales[1]),
            )
        )
        return Rows(rows.first, rows.kind, rows.symbol, rows.time_ms, rows.sequence, rows.side, price, quantity)

    def error(self, rows: Rows, at: int, text: str) -> RecordingError:
        """The error of the row at place `at` of `rows`; braces in the text are filled from that row."""
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
        return RecordingError(f"{self.path}: row {rows.first + at}: {text.format(**facts)}")

    def _problems(self, rows: Rows) -> Iterator[tuple[NDArray[np.bool_], str]]:
        """Which rows are wrong in what way, all (rows,)."""
        kind, side = rows.kind, rows.side
        yield kind == NOTHING, f"its kind is none of {', '.join(KINDS)}"
        yield kind == INSTRUMENT, "instruments come before everything else"
        yield (rows.symbol == NOTHING) & (kind != END), "its symbol is empty, or no instrument row above has it"
        yield rows.time_ms == NOTHING, "timestamp_ms is empty"
        before = np.concatenate([[self._last_ms], rows.time_ms[:-1]])
        yield rows.time_ms < before, "time goes back: timestamp_ms = {time_ms} is before that of the row above"
        wrong_side = np.zeros(len(rows), dtype=np.bool_)
        for which, allowed in _ALLOWED_SIDES.items():
            wrong_side |= (kind == which) & ~np.isin(side, allowed)
        yield wrong_side, "its side is not one of a {kind} row"
        is_level = (kind == SNAPSHOT) | (kind == DELTA)
        yield is_level & (rows.sequence == NOTHING), "sequence is empty"
        has_price = (is_level | (kind == TRADE)) & (side != NOTHING)
        yield has_price & ~((rows.price > 0) & np.isfinite(rows.price)), "price = {price:g}: must be above 0"
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
            with np.errstate(invalid="ignore"):
                whole = values / steps[symbol]
                away = np.abs(whole - np.rint(whole)) > 1e-4 + 1e-9 * np.abs(whole)
            yield has_price & away, text

    def _decoded(self, batch: Any, first: int) -> Rows:
        kind = _places(batch.column("kind"), {word: place for place, word in enumerate(KINDS)})
        if not self._known:
            self._learn(kind, batch.column("symbol"))
        return Rows(
            first,
            kind,
            _places(batch.column("symbol"), self._codes),
            _whole(batch.column("timestamp_ms")),
            _whole(batch.column("sequence")),
            _places(batch.column("side"), {word: place for place, word in enumerate(SIDES)}, other=len(SIDES)),
            _real(batch.column("price")),
            _real(batch.column("quantity")),
        )

    def _learn(self, kind: I64, symbol: Any) -> None:
        """Take the symbols of the instrument rows with which a batch begins."""
        others = np.flatnonzero(kind != INSTRUMENT)
        for name in symbol.slice(0, int(others[0]) if others.size else kind.size).to_pylist():
            if name is not None and name not in self._codes:
                self._codes[name] = len(self.names)
                self.names.append(name)


def _places(column: Any, codes: dict[str, int], *, other: int = NOTHING) -> I64:
    """Words as places: NOTHING for an empty cell, `other` for a word that has none."""
    encoded = column.dictionary_encode()
    table = np.array([codes.get(word, other) for word in encoded.dictionary.to_pylist()] + [NOTHING], dtype=np.int64)
    return np.asarray(table[encoded.indices.fill_null(len(table) - 1).to_numpy(zero_copy_only=False)])


def _whole(column: Any) -> I64:
    return np.asarray(column.fill_null(NOTHING).to_numpy(zero_copy_only=False), dtype=np.int64)


def _real(column: Any) -> NDArray[np.float64]:
    return np.asarray(column.fill_null(np.nan).to_numpy(zero_copy_only=False), dtype=np.float64)
