"""The file of a recorded market: Parquet or CSV of one form, read in pieces, naming the row of whatever is wrong."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from synthetic.feed import RecordingError
from synthetic.recorded.columns import first_line, first_wrong_line

SCHEMA = pa.schema(
    [
        ("kind", pa.string()),
        ("symbol", pa.string()),
        ("timestamp_ms", pa.int64()),
        ("sequence", pa.int64()),
        ("side", pa.string()),
        ("price", pa.float64()),
        ("quantity", pa.float64()),
    ]
)
"""The columns of the file. Others may be there; they are not read."""

_BATCH_ROWS = 1 << 15
_BLOCK_BYTES = 1 << 20
_TAIL_BYTES = 1 << 12
_WORDS = ["kind", "symbol", "side"]


def batches(path: Path) -> Iterator[Any]:
    """The record batches of the file, with the columns of SCHEMA, words perhaps as dictionaries.

    Raises RecordingError, naming file and row.
    """
    try:
        if path.suffix == ".parquet":
            yield from _parquet_batches(path)
        elif path.suffix == ".csv":
            yield from _csv_batches(path)
        else:
            raise RecordingError(f"{path}: a recording is a .parquet or a .csv file")
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror or error}") from error


def last_row(path: Path) -> tuple[str, int, str]:
    """Kind and time (ms; -1 where it has none) of the last row, and its name in messages; without reading the rest."""
    try:
        return _last_of_parquet(path) if path.suffix == ".parquet" else _last_of_csv(path)
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror or error}") from error


def _open_parquet(path: Path) -> Any:
    try:
        return pq.ParquetFile(path, buffer_size=_BLOCK_BYTES, pre_buffer=False, read_dictionary=_WORDS)
    except pa.ArrowInvalid as error:
        raise RecordingError(f"{path}: is no Parquet file, or its end is missing: {first_line(error)}") from error


def _parquet_batches(path: Path) -> Iterator[Any]:
    with _open_parquet(path) as file:
        _refuse_missing(path, file.schema_arrow.names)
        rows = 0
        try:
            for batch in file.iter_batches(_BATCH_ROWS, columns=SCHEMA.names, use_threads=False):
                yield _as_schema(path, batch, file.schema_arrow)
                rows += batch.num_rows
        except (pa.ArrowInvalid, OSError) as error:
            raise RecordingError(f"{path}: is damaged behind row {rows}: {first_line(error)}") from error


def _as_schema(path: Path, batch: Any, written: Any) -> Any:
    for field in SCHEMA:
        if not _may_become(written.field(field.name).type, field.type):
            raise RecordingError(f"{path}: column {field.name} is {written.field(field.name).type}, not {field.type}")
    columns = [batch.column(field.name) for field in SCHEMA]
    words = [pa.types.is_dictionary(column.type) for column in columns]
    return pa.RecordBatch.from_arrays(
        [
            column if is_word else column.cast(field.type)
            for column, is_word, field in zip(columns, words, SCHEMA, strict=True)
        ],
        names=SCHEMA.names,
    )


def _may_become(written: Any, wanted: Any) -> bool:
    if wanted == pa.string():
        return bool(
            pa.types.is_string(written)
            or pa.types.is_large_string(written)
            or (pa.types.is_dictionary(written) and pa.types.is_string(written.value_type))
        )
    if wanted == pa.int64():
        return bool(pa.types.is_integer(written) or pa.types.is_null(written))
    return bool(pa.types.is_floating(written) or pa.types.is_integer(written) or pa.types.is_null(written))


def _csv_batches(path: Path) -> Iterator[Any]:
    _refuse_missing(path, _header(path))
    try:
        with pa_csv.open_csv(
            path,
            read_options=pa_csv.ReadOptions(block_size=_BLOCK_BYTES, use_threads=False),
            convert_options=pa_csv.ConvertOptions(
                column_types=SCHEMA, include_columns=SCHEMA.names, strings_can_be_null=True, null_values=[""]
            ),
        ) as reader:
            yield from reader
    except pa.ArrowInvalid as error:
        with path.open(encoding="utf-8-sig", newline="", errors="replace") as lines:
            text = first_wrong_line(lines, {field.name: field.type for field in SCHEMA}, may_be_empty=True)
        raise RecordingError(f"{path}: {text or first_line(error)}") from error


def _header(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        return next(csv.reader(file), [])


def _refuse_missing(path: Path, names: list[str]) -> None:
    for name in SCHEMA.names:
        if name not in names:
            there = ", ".join(names) if names else "no column"
            raise RecordingError(
                f"{path}: column {name} is missing; there are {there}; needed: {', '.join(SCHEMA.names)}"
            )


def _last_of_parquet(path: Path) -> tuple[str, int, str]:
    with _open_parquet(path) as file:
        _refuse_missing(path, file.schema_arrow.names)
        rows = file.metadata.num_rows
        if not rows:
            raise RecordingError(f"{path}: has no rows")
        groups = [group for group in range(file.num_row_groups) if file.metadata.row_group(group).num_rows]
        last = file.read_row_group(groups[-1], columns=["kind", "timestamp_ms"], use_threads=False)
        kind, time_ms = (last.column(name)[-1].as_py() for name in ("kind", "timestamp_ms"))
        return str(kind), -1 if time_ms is None else int(time_ms), f"row {rows}"


def _last_of_csv(path: Path) -> tuple[str, int, str]:
    header = _header(path)
    _refuse_missing(path, header)
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL_BYTES))
        tail = file.read().decode("utf-8", errors="replace")
    line = tail.rstrip("\r\n").rpartition("\n")[2]
    cells = dict(zip(header, next(csv.reader([line]), []), strict=False))
    time = cells.get("timestamp_ms", "")
    return cells.get("kind", ""), int(time) if time.lstrip("-").isdecimal() else -1, f"the last row, {line.strip()!r}"
