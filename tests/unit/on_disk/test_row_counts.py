"""Rows of files in every format that is read, sound and damaged."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness.on_disk.patterns import CountedFile
from harness.on_disk.row_counts import UNREADABLE, count_rows


def rows_of(folder: Path, name: str, content: str = "", table: str = "") -> tuple[int, int]:
    if content:
        (folder / name).write_text(content, encoding="utf-8")
    return count_rows(folder, CountedFile(name, table))


def test_the_rows_of_parquet_are_told_by_its_footer_and_a_torn_file_has_none(tmp_path: Path) -> None:
    pd.DataFrame({"price": range(7)}).to_parquet(tmp_path / "a.parquet")
    assert rows_of(tmp_path, "a.parquet") == (7, 0)
    (tmp_path / "torn.parquet").write_bytes((tmp_path / "a.parquet").read_bytes()[:-9])
    with pytest.raises(UNREADABLE):
        rows_of(tmp_path, "torn.parquet")


@pytest.mark.parametrize(
    ("content", "counted"),
    [
        ("time,price\n1,2\n3,4\n", (2, 0)),
        ("1,2\n3,4\n", (2, 0)),  # without a header
        ("time,price\n1,2\ntime,price\n3,4\n\n", (2, 0)),  # appended by a writer that repeats it
        ('time,note\n1,"two\nlines"\n', (1, 0)),
        ("time,price\n1,2\n3", (1, 1)),  # the process died while it wrote
        ("time,price\n", (0, 0)),
    ],
)
def test_the_rows_of_csv_are_records_without_their_header(
    tmp_path: Path, content: str, counted: tuple[int, int]
) -> None:
    assert rows_of(tmp_path, "a.csv", content) == counted


def test_a_torn_line_of_json_is_damaged(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "a.jsonl", '{"a": 1}\n\n{"a": 2}\n{"a"') == (2, 1)


def test_an_npy_has_as_many_rows_as_its_first_axis_and_its_pickles_are_not_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((5, 112)))
    assert rows_of(tmp_path, "a.npy") == (5, 0)
    np.save(tmp_path / "b.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="holds pickled objects, which are not loaded"):
        rows_of(tmp_path, "b.npy")


def test_the_tables_of_a_database_are_counted_one_or_all_and_nothing_is_written_to_it(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as database:
        database.execute('CREATE TABLE "the trades" (price)')
        database.execute("CREATE TABLE books (price)")
        database.executemany('INSERT INTO "the trades" VALUES (?)', [(1,), (2,)])
        database.execute("INSERT INTO books VALUES (3)")
    database.close()
    before = (tmp_path / "a.db").read_bytes()
    assert rows_of(tmp_path, "a.db") == (3, 0)
    assert rows_of(tmp_path, "a.db", table="the trades") == (2, 0)
    with pytest.raises(ValueError, match="has no table trade; its tables: the trades, books"):
        rows_of(tmp_path, "a.db", table="trade")
    assert [file.name for file in tmp_path.iterdir()] == ["a.db"]
    assert (tmp_path / "a.db").read_bytes() == before


def test_a_file_of_another_format_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no format that is read: \.parquet"):
        rows_of(tmp_path, "a.h5", "x")
