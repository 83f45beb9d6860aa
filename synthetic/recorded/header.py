"""The first rows of a recorded market: its instruments and its start."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from synthetic.feed import RecordingError
from synthetic.instrument import Instrument
from synthetic.recorded.columns import NOTHING
from synthetic.recorded.rows import INSTRUMENT, LOT, OPEN, SIDES, TICK, RowReader, Rows


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
    later = np.flatnonzero((header.time_ms != header.time_ms[0]) | (header.time_ms == NOTHING))
    if later.size:
        raise reader.error(header, int(later[0]), "timestamp_ms is not the start: it is the same in instrument rows")
    stated: dict[int, dict[int, float]] = {}
    for at, (symbol, side) in enumerate(zip(header.symbol.tolist(), header.side.tolist(), strict=True)):
        value = float(header.quantity[at] if side == LOT else header.price[at])
        if symbol == NOTHING or side not in (TICK, LOT, OPEN):
            raise reader.error(header, at, "an instrument row has a symbol and the side tick, lot or open")
        if not 0 < value < float("inf"):
            raise reader.error(header, at, f"the {SIDES[side]} of {{symbol}} must be above 0")
        if side in stated.setdefault(symbol, {}):
            raise reader.error(header, at, f"the {SIDES[side]} of {{symbol}} is there twice")
        stated[symbol][side] = value
    for symbol, values in stated.items():
        for side in (TICK, LOT, OPEN):
            if side not in values:
                raise RecordingError(f"{reader.path}: row {count}: {reader.names[symbol]} has no {SIDES[side]} row")
    instruments = tuple(
        Instrument(reader.names[symbol], values[TICK], values[LOT], round(values[OPEN] / values[TICK]), rank)
        for rank, (symbol, values) in enumerate(stated.items(), 1)
    )
    reader.know(instruments)
    return instruments, int(header.time_ms[0]), reader.checked(rows.at(slice(count, None)))
