"""The file of a recorded market: Parquet or CSV of one form, read in pieces, naming the row of whatever is wrong."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from synthetic.feed import RecordingError
from synthetic.recorded.columns import LONGEST_LINE, first_line, first_wrong_line, lines_of, listed, quoted

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

LONGEST_WORD = 256
"""Characters of a symbol: what is longer is no name, and a file of them takes any memory."""

_ROOM_FOR_WORDS = 1 << 22  # bytes of a column of words beyond those of its rows, which share a dictionary


def batches(path: Path) -> Iterator[Any]:
    """The record batches of the file, with the columns of SCHEMA, words perhaps as dictionaries.

    Raises RecordingError, naming file and row.
    """
    try:
        _refuse_special(path)
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
        _refuse_special(path)
        return _last_of_parquet(path) if path.suffix == ".parquet" else _last_of_csv(path)
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror or error}") from error


def _refuse_special(path: Path) -> None:
    """Refuse a pipe, which nobody may ever write to, and a device, which may never end."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise RecordingError(f"{path}: is a pipe or a device, not a file")


def _open_parquet(path: Path) -> Any:
    """The file, checked: its columns are there, once, of types that may become those of SCHEMA."""
    try:
        schema = pq.read_schema(path)
        _refuse_other_columns(path, schema.names)
        for field in SCHEMA:
            written = schema.field(field.name).type
            if not _may_become(written, field.type):
                raise RecordingError(f"{path}: column {field.name} is {written}, not {field.type}")
        file = pq.ParquetFile(path, buffer_size=_BLOCK_BYTES, pre_buffer=False, read_dictionary=_WORDS)
    except pa.ArrowException as error:
        raise RecordingError(f"{path}: is no Parquet file, or its end is missing: {first_line(error)}") from error
    _refuse_long_words(path, file.metadata)
    return file


def _refuse_long_words(path: Path, metadata: Any) -> None:
    """Refuse words that take more than any names would, before they are read: Parquet has no longest word."""
    first = 1
    for group in (metadata.row_group(number) for number in range(metadata.num_row_groups)):
        for column in (group.column(number) for number in range(group.num_columns)):
            most = _ROOM_FOR_WORDS + LONGEST_WORD * group.num_rows
            if column.path_in_schema in _WORDS and column.total_uncompressed_size > most:
                rows = f"rows {first} to {first + group.num_rows - 1}"
                size = f"{column.total_uncompressed_size / 1e6:.0f} MB"
                text = f"{column.path_in_schema} takes {size}: words have at most {LONGEST_WORD} characters"
                raise RecordingError(f"{path}: {rows}: {text}")
        first += group.num_rows


def _parquet_batches(path: Path) -> Iterator[Any]:
    with _open_parquet(path) as file:
        rows = 0
        try:
            for batch in file.iter_batches(_BATCH_ROWS, columns=SCHEMA.names, use_threads=False):
                yield _as_schema(batch)
                rows += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            raise RecordingError(f"{path}: is damaged behind row {rows}: {first_line(error)}") from error


def _as_schema(batch: Any) -> Any:
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
    _refuse_other_columns(path, _header(path))
    try:
        with pa_csv.open_csv(
            path,
            read_options=pa_csv.ReadOptions(block_size=_BLOCK_BYTES, use_threads=False),
            convert_options=pa_csv.ConvertOptions(
                column_types=SCHEMA, include_columns=SCHEMA.names, strings_can_be_null=True, null_values=[""]
            ),
        ) as reader:
            yield from reader
    except pa.ArrowException as error:
        with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
            text = first_wrong_line(lines_of(file), {field.name: field.type for field in SCHEMA}, may_be_empty=True)
        raise RecordingError(f"{path}: {text or first_line(error)}") from error


def _header(path: Path) -> list[str]:
    """The names of the columns. Raises RecordingError where the first line is none of a CSV file's."""
    with path.open("rb") as file:
        start = file.readline(LONGEST_LINE + 1)
    if b"\0" in start or len(start) > LONGEST_LINE:
        what = "has a zero byte" if b"\0" in start else f"is longer than {LONGEST_LINE:,} bytes"
        raise RecordingError(f"{path}: is no CSV file: its first line {what}")
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file_of_text:
        try:
            return next(csv.reader(lines_of(file_of_text)), [])
        except csv.Error as error:
            raise RecordingError(f"{path}: is no CSV file: its first line: {error}") from error


def _refuse_other_columns(path: Path, names: Sequence[str]) -> None:
    for name in SCHEMA.names:
        if name not in names:
            there = listed(names) or "no column"
            raise RecordingError(
                f"{path}: column {name} is missing; there are {there}; needed: {', '.join(SCHEMA.names)}"
            )
        if names.count(name) > 1:
            raise RecordingError(f"{path}: column {name} is there {names.count(name)} times")


def _last_of_parquet(path: Path) -> tuple[str, int, str]:
    with _open_parquet(path) as file:
        rows = file.metadata.num_rows
        if not rows:
            raise RecordingError(f"{path}: has no rows")
        groups = [group for group in range(file.num_row_groups) if file.metadata.row_group(group).num_rows]
        try:
            last = file.read_row_group(groups[-1], columns=["kind", "timestamp_ms"], use_threads=False)
        except pa.ArrowException as error:
            raise RecordingError(f"{path}: its last rows are damaged: {first_line(error)}") from error
        kind, time_ms = (last.column(name)[-1].as_py() for name in ("kind", "timestamp_ms"))
        return str(kind), -1 if time_ms is None else int(time_ms), f"row {rows}"


def _last_of_csv(path: Path) -> tuple[str, int, str]:
    header = _header(path)
    _refuse_other_columns(path, header)
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL_BYTES))
        tail = file.read().decode("utf-8", errors="replace")
    line = re.split("[\r\n]", tail.rstrip("\r\n"))[-1]
    try:
        cells = dict(zip(header, next(csv.reader([line]), []), strict=False))
    except csv.Error as error:
        raise RecordingError(f"{path}: the last row, {quoted(line.strip())}: {error}") from error
    time = cells.get("timestamp_ms", "")
    time_ms = int(time) if re.fullmatch("-?[0-9]{1,19}", time) else -1
    return cells.get("kind", ""), time_ms, f"the last row, {quoted(line.strip())}"
