"""The CSV files of Tardis.dev, plain or gzipped: incremental_book_L2 and trades.

Format: docs.tardis.dev, "Downloadable CSV files", "Data types". A message's rows have one `local_timestamp`, in
microseconds; a snapshot begins where `is_snapshot` becomes true, and voids the book before it.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from synthetic.convert.public_rows import ASK, BID, CHANGE, NEITHER, SNAPSHOT, TRADE, PublicRows, SourceError, wrong_row
from synthetic.draws.hashes import I64
from synthetic.recorded.columns import (
    LONGEST_LINE,
    by_word,
    first_line,
    first_wrong_line,
    floats,
    lines_of,
    listed,
    numbered,
    quoted,
    whole_numbers,
)

_TYPES = {
    "exchange": pa.string(),
    "symbol": pa.string(),
    "local_timestamp": pa.int64(),
    "side": pa.string(),
    "price": pa.float64(),
    "amount": pa.float64(),
}
_BOOK_TYPES = {**_TYPES, "is_snapshot": pa.bool_()}
_LEVEL_SIDES = {"bid": BID, "ask": ASK}
_TRADE_SIDES = {"buy": BID, "sell": ASK, "unknown": NEITHER}
_WRONG = -2
_LATEST_US = 2**53  # far beyond any allowed one, and no overflow in nanoseconds
_BLOCK_BYTES = 1 << 19
_GZIP = b"\x1f\x8b"


class TardisFile:
    """One file, of any number of symbols; they are named `exchange:symbol`. Raises SourceError while it is read."""

    columns = ("local_timestamp", "price", "amount")
    restarts = True

    def __init__(self, path: Path) -> None:
        self.path = path
        self.names: list[str] = []
        self.left_out: Counter[str] = Counter()
        self._codes: dict[tuple[str, str], int] = {}

    def pieces(self) -> Iterator[tuple[PublicRows, float]]:
        """The rows, and what share of the file is read then; raises SourceError."""
        self.left_out.clear()
        number = 1
        try:
            types = self._types()
            size = max(1, self.path.stat().st_size)
            with self.path.open("rb") as raw, self._table(raw, types) as reader:
                for batch in reader:
                    yield self._decoded(batch, number), min(1.0, raw.tell() / size)
                    number += batch.num_rows
        except pa.ArrowException as error:
            text = self._first_wrong_row(types) or f"behind row {number - 1}: {first_line(error)}"
            raise SourceError(f"{self.path}: {text}") from error
        except (OSError, EOFError, zlib.error) as error:
            text = error.strerror if isinstance(error, OSError) and error.strerror else first_line(error)
            raise SourceError(f"{self.path}: cannot be read behind row {number - 1}: {text}") from error

    def _open(self) -> IO[bytes]:
        with self.path.open("rb") as file:
            gzipped = file.read(2) == _GZIP
        return cast(IO[bytes], gzip.open(self.path)) if gzipped else self.path.open("rb")

    def _table(self, raw: IO[bytes], types: dict[str, Any]) -> Any:
        gzipped = raw.read(2) == _GZIP
        raw.seek(0)
        return pa_csv.open_csv(
            gzip.open(raw) if gzipped else raw,
            read_options=pa_csv.ReadOptions(block_size=_BLOCK_BYTES, use_threads=False),
            convert_options=pa_csv.ConvertOptions(column_types=types, include_columns=list(types)),
        )

    def _types(self) -> dict[str, Any]:
        """The columns to be read; whether it is a file of books or of trades is what its header says."""
        with self._open() as file:
            start = file.readline(LONGEST_LINE).decode("utf-8", errors="replace").rstrip("\r\n")
        header = start.split(",")
        types = _BOOK_TYPES if "is_snapshot" in header else {**_TYPES, "id": pa.string()}
        missing = [name for name in types if name not in header]
        if missing or "liquidations" in self.path.name:
            raise SourceError(
                f"{self.path}: is no file of incremental_book_L2 or trades; its columns: {listed(header)}"
            )
        return types

    def _decoded(self, batch: Any, first: int) -> PublicRows:
        is_book = "is_snapshot" in batch.schema.names
        words = batch.column("side").dictionary_encode()
        sides = _LEVEL_SIDES if is_book else _TRADE_SIDES
        side = numbered(words, lambda word: sides.get(word, _WRONG), empty=_WRONG)
        if (side == _WRONG).any():
            at = int(np.argmax(side == _WRONG))
            word = batch.column("side")[at].as_py()
            raise wrong_row(self, first + at, f"side = {quoted(str(word or ''))}: must be {' or '.join(sides)}")
        kind = np.full(len(side), TRADE, dtype=np.int64)
        if is_book:
            flag = batch.column("is_snapshot")
            if flag.null_count:
                raise wrong_row(self, first + int(np.argmax(flag.is_null())), "is_snapshot is empty")
            kind = np.where(flag.to_numpy(zero_copy_only=False), SNAPSHOT, CHANGE).astype(np.int64)
        return PublicRows(
            number=np.arange(first, first + len(side), dtype=np.int64),
            kind=kind,
            symbol=self._symbols(batch),
            side=side,
            price=floats(batch.column("price")),
            quantity=floats(batch.column("amount")),
            time_ns=np.minimum(whole_numbers(batch.column("local_timestamp")), _LATEST_US) * 1000,
        )

    def _symbols(self, batch: Any) -> I64:
        exchange, symbol = (batch.column(name).dictionary_encode() for name in ("exchange", "symbol"))
        exchanges, symbols = exchange.dictionary.to_pylist(), symbol.dictionary.to_pylist()
        of_exchange = by_word(exchange, range(len(exchanges)), empty=_WRONG)
        pair = of_exchange * len(symbols) + by_word(symbol, range(len(symbols)), empty=_WRONG)
        codes = np.zeros(len(exchanges) * len(symbols), dtype=np.int64)
        for code in np.unique(pair).tolist():
            key = exchanges[code // len(symbols)], symbols[code % len(symbols)]
            if key not in self._codes:
                self._codes[key] = len(self.names)
                self.names.append(":".join(key))
            codes[code] = self._codes[key]
        return np.asarray(codes[pair], dtype=np.int64)

    def _first_wrong_row(self, types: dict[str, Any]) -> str | None:
        with self._open() as file:
            lines = io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="")
            return first_wrong_line(lines_of(lines), types, may_be_empty=False)
