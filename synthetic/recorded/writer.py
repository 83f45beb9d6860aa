"""Write any stream as a recorded market, so that reading it gives the stream again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from synthetic.events import Book, Delta, Event, Reconnect, Trade
from synthetic.instrument import Instrument
from synthetic.recorded.batches import SCHEMA
from synthetic.ticks import Scale

_ROWS_AT_ONCE = 1 << 16
_NO_PRICE = np.full((1, 2), np.nan)

_Head = tuple[str, str | None, int, int | None]  # kind, symbol, time in ms, sequence


def write_recording(
    path: Path | str, events: Iterable[Event], *, instruments: Sequence[Instrument], start_ms: int, end_ms: int
) -> None:
    """Write `events`, which cover [start_ms, end_ms), as Parquet or CSV, as the path ends.

    Deltas are enough, and books are enough; where both are there, a book is written only where the deltas do not lead
    to it. Candles are left out: reading makes them of the trades. Raises ValueError where the path ends otherwise,
    time or a symbol's sequence goes back, or a symbol is no instrument.
    """
    path = Path(path)
    if path.suffix not in (".parquet", ".csv"):
        raise ValueError(f"{path}: a recording is a .parquet or a .csv file")
    with path.open("wb") as file, _table_writer(path, file) as writer:
        writing = _Writing(writer, instruments, start_ms)
        for event in events:
            writing.write(event)
        writing.end(end_ms)


def _table_writer(path: Path, file: Any) -> Any:
    if path.suffix == ".parquet":
        return pq.ParquetWriter(file, SCHEMA, compression="zstd")
    return pa_csv.CSVWriter(file, SCHEMA, write_options=pa_csv.WriteOptions(quoting_style="none"))


class _Writing:
    """One file being written: rows are collected, and written many at once."""

    def __init__(self, writer: Any, instruments: Sequence[Instrument], start_ms: int) -> None:
        self._writer = writer
        self._heads: list[tuple[str, str | None, int, int | None, str | None, int]] = []
        self._levels: list[NDArray[np.float64]] = []
        self._rows = 0
        self._time_ms = start_ms
        self._sequence = {instrument.name: 0 for instrument in instruments}
        self._void = {instrument.name: True for instrument in instruments}
        for instrument in instruments:
            opening = Scale(instrument.tick)(instrument.price_ticks)
            for side, price, quantity in (
                ("tick", instrument.tick, np.nan),
                ("lot", np.nan, instrument.lot),
                ("open", opening, np.nan),
            ):
                head = ("instrument", instrument.name, start_ms, None)
                self._put(head, side, np.array([[price, quantity]]))

    def write(self, event: Event) -> None:
        """Write one event's rows."""
        if event.symbol not in self._sequence:
            raise ValueError(f"{event.symbol} is no instrument of the recording")
        if event.timestamp_ms < self._time_ms:
            raise ValueError(f"{event.symbol}: time goes back from {self._time_ms} to {event.timestamp_ms}")
        if isinstance(event, Trade):
            levels = np.array([[event.price, event.quantity]])
            self._put(("trade", event.symbol, event.timestamp_ms, None), event.side, levels)
        elif isinstance(event, Reconnect):
            self._void[event.symbol] = True
            self._put(("reconnect", event.symbol, event.timestamp_ms, None), event.reason, _NO_PRICE)
        elif isinstance(event, Delta):
            self._write_delta(event)
        elif isinstance(event, Book):
            self._write_book(event)
        else:
            return
        self._time_ms = event.timestamp_ms

    def end(self, end_ms: int) -> None:
        """Write the last row."""
        if end_ms < self._time_ms:
            raise ValueError(f"end_ms = {end_ms}: the last event is at {self._time_ms}")
        self._put(("end", None, end_ms, None), None, _NO_PRICE)
        self._flush()

    def _write_delta(self, delta: Delta) -> None:
        last = self._sequence[delta.symbol]
        if delta.sequence <= last:
            raise ValueError(f"{delta.symbol}: delta {delta.sequence} comes after {last}; ask the stream for books")
        if self._void[delta.symbol]:
            self._put_levels("snapshot", delta)  # the whole book, as the first one is, and the first after a reconnect
        elif delta.sequence == last + 1:
            self._put_levels("delta", delta)
        else:
            self._void[delta.symbol] = True  # its book comes next

    def _write_book(self, book: Book) -> None:
        if book.sequence > self._sequence[book.symbol]:
            self._put_levels("snapshot", book)

    def _put_levels(self, kind: str, event: Book | Delta) -> None:
        head = (kind, event.symbol, event.timestamp_ms, event.sequence)
        if not len(event.bids) and not len(event.asks):
            self._put(head, None, _NO_PRICE)
        for side, levels in (("bid", event.bids), ("ask", event.asks)):
            if len(levels):
                self._put(head, side, levels)
        self._sequence[event.symbol], self._void[event.symbol] = event.sequence, False

    def _put(self, head: _Head, side: str | None, levels: NDArray[np.float64]) -> None:
        self._heads.append((*head, side, len(levels)))
        self._levels.append(levels)
        self._rows += len(levels)
        if self._rows >= _ROWS_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        *columns, counts = zip(*self._heads, strict=True)
        which = pa.array(np.repeat(np.arange(len(counts)), counts))
        levels = np.concatenate(self._levels)
        heads = [pa.array(c, type=field.type).take(which) for c, field in zip(columns, list(SCHEMA)[:5], strict=True)]
        numbers = [pa.array(levels[:, column], mask=np.isnan(levels[:, column])) for column in (0, 1)]
        self._writer.write(pa.RecordBatch.from_arrays([*heads, *numbers], schema=SCHEMA))
        self._heads, self._levels, self._rows = [], [], 0
