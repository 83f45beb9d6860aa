"""All rows that runs left, counted in a process apart and noted in their run.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.on_disk.asking import counts_of
from harness.on_disk.counting import count_folder
from harness.on_disk.noting import note_rows_on_disk


def run_with(folder: Path, status: str = "complete", **facts: Any) -> Path:
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "rows.csv").write_text("price\n1\n2\n", encoding="utf-8")
    (folder / "run.json").write_text(json.dumps({"status": status, **facts}), encoding="utf-8")
    return folder


def noted(folder: Path) -> Any:
    return json.loads((folder / "run.json").read_text(encoding="utf-8")).get("on_disk")


def test_a_file_of_two_patterns_counts_once_and_one_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    run_with(tmp_path)
    (tmp_path / "data" / "torn.parquet").write_bytes(b"PAR1")
    counted = count_folder(tmp_path / "data", ["*.csv", "rows.*", "*.parquet", "*.npy"])
    assert (counted["rows"], counted["files"], counted["unreadable"]) == (2, 2, 1)
    assert counted["trouble"][0].startswith("torn.parquet: ")
    assert (counted["unmatched"], counted["there"]) == (["*.npy"], ["rows.csv", "torn.parquet"])


def test_runs_that_are_over_are_counted_once_and_others_are_not(tmp_path: Path) -> None:
    runs = [run_with(tmp_path / status, status) for status in ("complete", "limit", "interrupted")]
    note_rows_on_disk([*runs, tmp_path / "none"], ["*.csv"])
    assert [counted and counted["rows"] for counted in map(noted, runs)] == [2, 2, None]
    (runs[0] / "data" / "more.csv").write_text("price\n3\n", encoding="utf-8")
    note_rows_on_disk(runs, ["*.csv"])
    assert noted(runs[0])["rows"] == 2  # nothing is counted again
    note_rows_on_disk(runs, ["more.csv"])
    assert noted(runs[0])["rows"] == 1  # but other files are


def test_what_is_not_counted_in_time_says_so(tmp_path: Path) -> None:
    run_with(tmp_path)
    (answer,) = counts_of([tmp_path / "data"], ["*.csv"], patience_s=0)
    assert (answer["rows"], answer["trouble"]) == (None, ["not counted within 0 s"])
