"""How many rows a file holds: Parquet, CSV, JSON lines, npy without pickle, SQLite read-only.

A counter takes a path and returns (rows, damaged): rows that can be read, and those beside them that cannot, such as a
torn last line. It raises one of UNREADABLE where the whole file cannot be read.
"""

from __future__ import annotations

import csv
import json
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from harness.on_disk.patterns import FORMATS, CountedFile

UNREADABLE = (OSError, ValueError, EOFError, pa.ArrowException, csv.Error, sqlite3.Error, RecursionError)
"""What is raised where a file does not hold what its name says."""

Count = tuple[int, int]

_FIELD_MOST = min(sys.maxsize, 2**31 - 1)


def count_rows(folder: Path, file: CountedFile) -> Count:
    """Return (rows, damaged) of a file below `folder`. Raises one of UNREADABLE where it cannot be read."""
    path = folder / file.path
    kind = FORMATS.get(path.suffix)
    if kind is None:
        raise ValueError(f"no format that is read: {', '.join(FORMATS)}")
    if kind == "sqlite":
        return _sqlite(path, file.table), 0
    return _COUNTERS[kind](path)


def _parquet(path: Path) -> Count:
    return int(pq.read_metadata(path).num_rows), 0


def _csv(path: Path) -> Count:
    """Return the records; a first one without any number is a header, and so is each that repeats it later."""
    csv.field_size_limit(_FIELD_MOST)
    rows = damaged = 0
    header: list[str] | None = None
    fields = 0
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        for record in csv.reader(file):
            if not record:
                continue
            if not fields:
                fields = len(record)
                if not any(map(_is_number, record)):
                    header = record
                    continue
            if record == header:
                continue
            if len(record) == fields:
                rows += 1
            else:
                damaged += 1
    return rows, damaged


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _jsonl(path: Path) -> Count:
    rows = damaged = 0
    with path.open("rb") as file:
        for line in file:
            if not line.strip():
                continue
            try:
                json.loads(line)
                rows += 1
            except (ValueError, RecursionError):
                damaged += 1
    return rows, damaged


def _npy(path: Path) -> Count:
    """Return the length of the first axis; pickled objects are not loaded, and nothing is read but the header."""
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError as error:
        if "object" in str(error).lower() or "pickle" in str(error).lower():
            raise ValueError("holds pickled objects, which are not loaded") from error
        raise
    if not isinstance(values, np.ndarray):
        raise ValueError("is an archive, not one array")
    return (len(values) if values.ndim else 1), 0


def _sqlite(path: Path, table: str) -> int:
    """Return the rows of one table, or of all that are no view, no virtual table and not SQLite's own."""
    address = f"file:{quote(str(path.resolve()))}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as database:
        database.execute("PRAGMA trusted_schema = OFF")
        names = [
            str(name)
            for name, made_by in database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
            if not str(name).startswith("sqlite_") and not str(made_by).upper().startswith("CREATE VIRTUAL")
        ]
        if table and table not in names:
            raise ValueError(f"has no table {table}; its tables: {', '.join(names) or 'none'}")
        quoted = ('"' + name.replace('"', '""') + '"' for name in ([table] if table else names))
        return sum(int(database.execute(f"SELECT count(*) FROM {name}").fetchone()[0]) for name in quoted)


_COUNTERS: dict[str, Callable[[Path], Count]] = {"parquet": _parquet, "csv": _csv, "jsonl": _jsonl, "npy": _npy}
