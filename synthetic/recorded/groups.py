"""The rows of a recorded market in groups that belong together: those of one update, or a single trade or reconnect."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from synthetic.recorded.rows import ASK, BID, DELTA, END, SNAPSHOT, RowReader, Rows

F64 = NDArray[np.float64]


class Group(NamedTuple):
    """Rows `start` to `stop` of `rows`, and what is the same in all of them."""

    rows: Rows
    start: int
    stop: int
    kind: int
    symbol: int
    time_ms: int
    sequence: int

    def sides(self) -> tuple[tuple[F64, F64], tuple[F64, F64]]:
        """Prices and quantities of the bids, and of the asks."""
        span = slice(self.start, self.stop)
        side, price, quantity = self.rows.side[span], self.rows.price[span], self.rows.quantity[span]
        is_bid, is_ask = side == BID, side == ASK
        bids, asks = int(is_bid.sum()), int(is_ask.sum())
        if is_bid[:bids].all() and is_ask[bids : bids + asks].all():  # as they are usually written
            return (price[:bids], quantity[:bids]), (price[bids : bids + asks], quantity[bids : bids + asks])
        return (price[is_bid], quantity[is_bid]), (price[is_ask], quantity[is_ask])


def grouped(reader: RowReader, first: Rows, pieces: Iterator[Rows]) -> Iterator[Group]:
    """The groups of the checked rows `first` and of the pieces behind them. Raises RecordingError."""
    held = first
    more = True
    while more:
        piece = next(pieces, None)
        more = piece is not None
        if piece is not None:
            checked = reader.checked(piece)
            held = held.followed_by(checked) if len(held) else checked
        edges = _edges(held)
        starts, stops = edges[:-1], edges[1:]
        if more:  # the last group may go on in the next piece
            starts, stops = starts[:-1], stops[:-1]
        columns = (held.kind[starts], held.symbol[starts], held.time_ms[starts], held.sequence[starts])
        for start, stop, kind, symbol, time_ms, sequence in zip(
            starts.tolist(), stops.tolist(), *(column.tolist() for column in columns), strict=True
        ):
            if kind == END and stop < len(held):
                raise reader.error(held, stop, "there are rows behind the end row")
            yield Group(held, start, stop, kind, symbol, time_ms, sequence)
        held = held.at(slice(int(stops[-1]) if stops.size else 0, None))


def count_updates(pieces: Iterator[Rows]) -> int:
    """How many snapshots and deltas there are."""
    updates = 0
    held: Rows | None = None
    for piece in pieces:
        rows = piece if held is None else held.followed_by(piece)
        starts = _edges(rows)[:-1]
        if held is not None:
            starts = starts[1:]  # the first row was counted in the piece before
        updates += int(np.isin(rows.kind[starts], (SNAPSHOT, DELTA)).sum())
        held = rows.at(slice(len(rows) - 1, None))
    return updates


def _edges(rows: Rows) -> NDArray[np.int64]:
    """Where groups begin, and the end of the last one; nothing where there is no row."""
    if not len(rows):
        return np.empty(0, dtype=np.int64)
    differs = (rows.kind[1:] != SNAPSHOT) & (rows.kind[1:] != DELTA)
    for column in (rows.kind, rows.symbol, rows.sequence, rows.time_ms):
        differs |= column[1:] != column[:-1]
    return np.concatenate([[0], np.flatnonzero(differs) + 1, [len(rows)]]).astype(np.int64)


class HashedRows:
    """A hash of rows, the same however many are taken at once: each column has its own."""

    def __init__(self, start_ms: int) -> None:
        self._start_ms = start_ms
        self._columns = [hashlib.sha256() for _ in range(7)]
        self._rows: Rows | None = None
        self._start = self._stop = 0

    def take(self, group: Group) -> None:
        """Add a group, which is the next one."""
        if group.rows is not self._rows:
            self._flush()
            self._rows, self._start = group.rows, group.start
        self._stop = group.stop

    def hexdigest(self) -> str:
        """The hash of all rows so far: kinds, symbols, times from the start, sequences, sides, prices, quantities."""
        self._flush()
        return hashlib.sha256(b"".join(column.digest() for column in self._columns)).hexdigest()

    def _flush(self) -> None:
        if self._rows is None:
            return
        rows, self._start = self._rows.at(slice(self._start, self._stop)), self._stop
        times_ms = rows.time_ms - self._start_ms
        columns = (rows.kind, rows.symbol, times_ms, rows.sequence, rows.side, rows.price, rows.quantity)
        for seen, column in zip(self._columns, columns, strict=True):
            seen.update(column.astype(column.dtype.newbyteorder("<")).tobytes())
