"""The event arrays of hftbacktest 2 (.npz, .npy): NumPy's own format, so that hftbacktest itself is not needed.

Format: hftbacktest.readthedocs.io, "Data" and "Constants". An event is what the low byte of `ev` says; its flags say
who saw it (exchange, receiver) and on which side. Only what the receiver saw is read, at `local_ts`, in nanoseconds.
"""

from __future__ import annotations

import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from synthetic.convert.public_rows import (
    ASK,
    BID,
    CHANGE,
    CLEAR,
    NEITHER,
    ROWS_AT_ONCE,
    SNAPSHOT,
    TRADE,
    PublicRows,
    SourceError,
    wrong_row,
)

_LOCAL_EVENT, _BUY_EVENT, _SELL_EVENT = (1 << bit for bit in (30, 29, 28))
_KINDS = {1: CHANGE, 2: TRADE, 3: CLEAR, 4: SNAPSHOT}
_SINGLE_ORDERS = (10, 11, 12, 13)  # added, cancelled, modified, filled
_OTHER = -1
_LONGEST_EVENT = 1 << 10  # bytes; one of hftbacktest has 64
_FIELDS = ("ev", "local_ts", "px", "qty")


class HftbacktestFile:
    """One file of events of one symbol, whose name is `symbol` or the file's name up to its first underscore.

    A file may be an initial snapshot, which has no times. Raises SourceError while it is read.
    """

    columns = ("local_ts", "px", "qty")
    restarts = False

    def __init__(self, path: Path, symbol: str | None = None) -> None:
        self.path = path
        self.names = [symbol or path.stem.partition("_")[0]]
        self.left_out: Counter[str] = Counter()

    def pieces(self) -> Iterator[tuple[PublicRows, float]]:
        """The rows that the receiver saw, and what share of the file is read then; raises SourceError."""
        self.left_out.clear()
        try:
            with self.path.open("rb") as file:
                if self.path.suffix == ".npy":
                    yield from self._events(file)
                else:
                    with zipfile.ZipFile(file) as archive, archive.open(self._member(archive)) as member:
                        yield from self._events(member)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise SourceError(f"{self.path}: is no .npz file, or it is damaged: {error}") from error
        except OSError as error:
            raise SourceError(f"{self.path}: cannot be read: {error.strerror or error}") from error

    def _member(self, archive: zipfile.ZipFile) -> str:
        arrays = [name for name in archive.namelist() if name.endswith(".npy")]
        if "data.npy" not in arrays and len(arrays) != 1:
            raise SourceError(f"{self.path}: there is no array called data; there are {', '.join(arrays) or 'none'}")
        return "data.npy" if "data.npy" in arrays else arrays[0]

    def _events(self, file: IO[bytes]) -> Iterator[tuple[PublicRows, float]]:
        count, dtype = self._header(file)
        done = 0
        seen = False
        while done < count:
            due = min(ROWS_AT_ONCE, count - done)
            data = file.read(due * dtype.itemsize)
            if len(data) < due * dtype.itemsize:
                raise SourceError(f"{self.path}: is cut off in row {done + len(data) // dtype.itemsize + 1} of {count}")
            rows = self._decoded(np.frombuffer(data, dtype=dtype), done + 1)
            done += due
            seen = seen or len(rows) > 0
            yield rows, done / count
        if not seen:
            raise SourceError(f"{self.path}: no event of its {count} is a book's or a trade and flagged LOCAL_EVENT")

    def _header(self, file: IO[bytes]) -> tuple[int, np.dtype[Any]]:
        """The number of events and their dtype; no pickle is ever read."""
        try:
            version = npy.read_magic(file)
            shape, _, dtype = npy.read_array_header_1_0(file) if version == (1, 0) else npy.read_array_header_2_0(file)
        except ValueError as error:
            raise SourceError(f"{self.path}: holds no array of NumPy's format: {error}") from error
        fields: Mapping[str, Any] = dtype.fields or {}
        known = all(name in fields and fields[name][0].kind in "iuf" for name in _FIELDS)
        if not known or len(shape) != 1 or dtype.hasobject or dtype.itemsize > _LONGEST_EVENT:
            raise SourceError(
                f"{self.path}: holds no events of hftbacktest 2: the array is {dtype} of shape {shape}; it needs the "
                f"fields {', '.join(_FIELDS)} (hftbacktest.data.utils.migration2 converts files of version 1)"
            )
        return int(shape[0]), dtype

    def _decoded(self, events: Any, first: int) -> PublicRows:
        flags = events["ev"].astype(np.uint64)
        code = (flags & np.uint64(0xFF)).astype(np.int64)
        local = (flags & np.uint64(_LOCAL_EVENT)) != 0
        single = local & np.isin(code, _SINGLE_ORDERS)
        if single.any():
            at = int(np.argmax(single))
            raise wrong_row(
                self, first + at, f"ev is event {code[at]}, of a single order (L3): books of levels are needed"
            )
        kind = np.full(code.size, _OTHER, dtype=np.int64)
        for number, meaning in _KINDS.items():
            kind[code == number] = meaning
        side = np.where((flags & np.uint64(_BUY_EVENT)) != 0, BID, NEITHER)
        side = np.where((flags & np.uint64(_SELL_EVENT)) != 0, ASK, side)
        sideless = local & ((kind == CHANGE) | (kind == SNAPSHOT)) & (side == NEITHER)
        if sideless.any():
            raise wrong_row(
                self, first + int(np.argmax(sideless)), "ev says of no side: it needs BUY_EVENT or SELL_EVENT"
            )
        if others := np.count_nonzero(local & (kind == _OTHER)):
            self.left_out["events of other kinds than levels and trades"] += int(others)
        here = np.flatnonzero(local & (kind != _OTHER))
        return PublicRows(
            number=first + here,
            kind=kind[here],
            symbol=np.zeros(here.size, dtype=np.int64),
            side=side[here].astype(np.int64),
            price=events["px"][here].astype(np.float64),
            quantity=events["qty"][here].astype(np.float64),
            time_ns=events["local_ts"][here].astype(np.int64),
        )
