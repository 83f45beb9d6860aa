"""Reading recordings: what a killed process leaves is read, what is damaged is named."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from harness.analysis.reading import read_run
from harness.analysis.runs import Run
from harness.errors import UsageError
from harness.soaks.archive import archive_result
from harness.worker.recorder import DELIVERED, ROWS, SAMPLE
from tests.unit.analysis.verdict.golden_recording import GOLDEN


def frame(times: list[float]) -> pd.DataFrame:
    samples = pd.DataFrame({name: np.full(len(times), np.nan) for name in SAMPLE.names})
    samples["t_s"] = times
    samples["rss_bytes"] = 5e8
    samples["phase"] = "load"
    return samples


def write_run(result: Path, config: str = "old", seed: int = 1, status: str = "complete", **changes: Any) -> Path:
    folder = result / "runs" / config / f"seed-{seed}"
    folder.mkdir(parents=True)
    (result / "scenario.toml").touch()
    frame([0.0, 5.0]).to_parquet(folder / "samples.parquet")
    (folder / "events.jsonl").write_text('{"t_s": 1.0, "kind": "flush"}\n')
    facts = {"format": 2, "config": config, "seed": seed, "status": status, "memory_scale": 0.1, **changes}
    (folder / "run.json").write_text(json.dumps(facts))
    return folder


def test_a_torn_last_event_is_left_out(tmp_path: Path) -> None:
    folder = write_run(tmp_path, status="died")
    (folder / "events.jsonl").write_text('{"t_s": 1.0, "kind": "flush"}\n{"t_s": 2.0, "ki')
    assert [event["t_s"] for event in read_run(folder).events] == [1.0]


def test_readings_of_children_that_tell_no_phase_are_read_and_the_stop_among_them_is_guessed(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    times = [0.0, 2.0, 5.0]
    table = {"t_s": times, "wall_s": times, "command": "writer", "count": 1, "rss_bytes": 9, "pss_bytes": [7, 8, 1]}
    pd.DataFrame(table).to_parquet(folder / "children.parquet")
    run = read_run(folder)
    assert run.children["phase"].tolist() == ["", "", ""]
    assert run.children_held.gb.tolist() == pytest.approx([8e-8, np.nan], nan_ok=True)


def test_a_run_that_failed_before_its_first_sample_is_read_as_empty(tmp_path: Path) -> None:
    folder = write_run(tmp_path, status="failed")
    (folder / "samples.parquet").unlink()
    (folder / "events.jsonl").unlink()
    run = read_run(folder)
    assert run.samples.empty
    assert run.events == ()
    assert run.unfinished


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("samples.parquet", b"\x00\x01 not parquet"),
        ("samples.parquet", b""),
        ("run.json", b"{"),
        ("run.json", b"[]"),
        ("run.json", b"\xff\xfe"),
        ("events.jsonl", b'{"t_s": 1.0\n{"t_s": 2.0, "kind": "flush"}\n'),
        ("events.jsonl", b"\xff\xff\n\n"),
        ("events.jsonl", b"[1]\n"),
        ("events.jsonl", b"[" * 100_000),
        ("run.json", b"[" * 100_000),
        ("owners.jsonl", b"[" * 100_000),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    folder = write_run(tmp_path)
    (folder / name).write_bytes(content)
    with pytest.raises(UsageError, match=name):
        read_run(folder)


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e300])
def test_a_number_beyond_all_that_is_measured_is_named_with_its_row(tmp_path: Path, value: float) -> None:
    folder = write_run(tmp_path)
    samples = frame([0.0, 5.0])
    samples.loc[1, "rss_bytes"] = value
    samples.to_parquet(folder / "samples.parquet")
    with pytest.raises(UsageError, match=r"samples\.parquet: rss_bytes is .*(inf|e\+300) in row 2, expected a number"):
        read_run(folder)


@pytest.mark.parametrize("name", ["samples.parquet", "run.json", "events.jsonl", "samples.bin", "children.jsonl"])
def test_a_pipe_or_a_device_in_place_of_a_file_is_named_and_not_waited_for(tmp_path: Path, name: str) -> None:
    for number, make in ((1, os.mkfifo), (2, lambda path: path.symlink_to("/dev/zero"))):
        folder = write_run(tmp_path, seed=number)
        (folder / name).unlink(missing_ok=True)
        make(folder / name)
        with pytest.raises(UsageError, match=f"{name}: cannot be read: it is a pipe or a device, not a file"):
            read_run(folder)
        archive_result([folder])  # and does nothing


def rows_of(count: int, phase: int = 2) -> bytes:
    """So many rows of samples.bin in format 2."""
    rows = np.zeros(count, ROWS[2])
    rows["t_s"] = np.arange(count)
    rows["phase"] = phase
    return rows.tobytes()


@pytest.mark.parametrize("grown", [b"", b"abc", rows_of(1), rows_of(3, phase=-5), b"\xff" * 5000])
def test_of_two_recordings_of_one_run_the_good_one_is_used_and_kept(tmp_path: Path, grown: bytes) -> None:
    folder = write_run(tmp_path)
    (folder / "samples.bin").write_bytes(grown)
    assert len(read_run(folder).samples) == 2
    archive_result([folder])
    assert len(read_run(folder).samples) == 2
    assert len(pd.read_parquet(folder / "samples.parquet")) == 2


def test_what_a_killed_process_left_half_done_is_taken_away_when_its_run_is_archived(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    (folder / "rehearsal" / "training").mkdir(parents=True)
    (folder / "rehearsal" / "training" / "A-000001.parquet").touch()
    (folder / "samples.parquet.17.partial").touch()
    (folder / "own").mkdir()
    (folder / "own" / "target.partial").touch()
    archive_result([folder])
    assert not (folder / "rehearsal").exists()
    assert sorted(path.name for path in folder.rglob("*.partial")) == ["target.partial"]


def test_the_rows_that_grew_are_used_where_the_archived_ones_are_damaged_or_fewer(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    (folder / "samples.bin").write_bytes(rows_of(3))
    assert len(read_run(folder).samples) == 3
    (folder / "samples.parquet").write_bytes(b"")
    assert len(read_run(folder).samples) == 3
    archive_result([folder])
    assert len(pd.read_parquet(folder / "samples.parquet")) == 3
    assert not (folder / "samples.bin").exists()


def test_a_samples_file_of_what_no_run_writes_is_named_with_its_row(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    (folder / "samples.parquet").unlink()
    (folder / "samples.bin").write_bytes(rows_of(2) + rows_of(1, phase=77))
    with pytest.raises(UsageError, match=r"samples\.bin: row 3 is damaged: phase is 77, expected 0 to 5"):
        read_run(folder)
    (folder / "samples.bin").unlink()
    (folder / "samples.bin").mkdir()
    with pytest.raises(UsageError, match=r"samples\.bin: cannot be read: Is a directory"):
        read_run(folder)


@pytest.mark.parametrize("name", ["samples.parquet", "run.json"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    folder = write_run(tmp_path)
    (folder / name).unlink()
    with pytest.raises(UsageError, match=name):
        read_run(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 4}, "format is 4, expected 1, 2 or 3"),
        ({"format": None}, "format is None, expected 1, 2 or 3"),
        ({"format": [1]}, "expected 1, 2 or 3"),
        ({"format": True}, "format is True, expected 1, 2 or 3"),
        ({"t_s": "12:00"}, "t_s is '12:00', expected a number"),
        ({"wall_s": float("nan")}, "wall_s is nan, expected a number"),
        ({"counters": []}, r"counters is \[\], expected a table"),
        ({"stop": {"before": 5}}, "stop.before is 5, expected a table"),
        ({"seed": 3}, "seed is 3, expected 1"),
        ({"config": "fixed"}, "config is 'fixed', expected 'old'"),
        ({"memory_scale": None}, "memory_scale is None"),
        ({"memory_scale": -1.0}, "memory_scale -1.0 is not a positive number"),
        ({"status": "fine"}, "status is 'fine'"),
        ({"memory_scale": 1e300}, "memory_scale is 1e\\+300, expected a number above 0, at most 1"),
        ({"memory_scale": True}, "memory_scale is True, expected a number"),
        ({"reason": float("inf")}, "reason is inf, expected text"),
        ({"cpu_s": 1e300}, "cpu_s is 1e\\+300, expected a number"),
        ({"stop": {"before": {"rss_bytes": float("inf")}}}, "stop.before.rss_bytes is inf, expected a number"),
        ({"outlives": {"tasks": 5}}, "outlives.tasks is 5, expected a list"),
        ({"pinned": {"survivors": 1.0}}, "pinned.survivors is 1.0, expected a list"),
        ({"pinned": {"survivors": [5]}}, "pinned.survivors.0 is 5, expected a table"),
        ({"pinned": {"survivors": [{"bytes": "many"}]}}, "pinned.survivors.0.bytes is 'many', expected a number"),
        ({"restarts": {"first": {}}}, "restarts.first is 'first', expected digits"),
        ({"counters": {"lost": True}}, "counters.lost is True, expected a number"),
    ],
)
def test_a_run_json_that_contradicts_its_folder_is_refused(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    folder = write_run(tmp_path)
    facts = {**json.loads((folder / "run.json").read_text()), **changes}
    (folder / "run.json").write_text(json.dumps(facts))
    with pytest.raises(UsageError, match=message):
        read_run(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"samples": frame([5.0, 0.0])}, "increasing"),
        ({"samples": frame([0.0, np.nan])}, "finite"),
        ({"samples": frame([0.0]).drop(columns="cpu_s")}, "no column cpu_s"),
        ({"samples": frame([])}, "no samples"),
        ({"samples": frame([0.0]).assign(phase="lunch")}, "lunch"),
        ({"events": ({"t_s": 1.0},)}, "no kind"),
        ({"events": ({"t_s": None, "kind": "flush"},)}, "finite t_s"),
        ({"status": "fine"}, "fine"),
        ({"memory_scale": 0.0}, "memory_scale"),
    ],
)
def test_an_impossible_run_cannot_be_made(changes: dict[str, Any], message: str) -> None:
    run = Run("old", 1, "complete", 0.1, frame([0.0, 5.0]), (), {})
    with pytest.raises(ValueError, match=message):
        replace(run, **changes)


def test_owners_are_read_where_they_were_walked(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    assert read_run(folder).owners.empty
    row = {"t_s": 5.0, "step": "load", "path": "events[*]", "symbol": "", "bytes": 1e6, "se": 0.0}
    pd.DataFrame([row]).to_parquet(folder / "owners.parquet")
    assert read_run(folder).owners.to_dict("records") == [row]
    pd.DataFrame([{"t_s": 5.0, "path": "events[*]"}]).to_parquet(folder / "owners.parquet")
    with pytest.raises(UsageError, match="owners have no column step, symbol, bytes, se"):
        read_run(folder)


def test_a_recording_of_format_1_is_read_and_has_no_load() -> None:
    run = read_run(GOLDEN / "runs" / "old" / "seed-1")
    assert run.facts["format"] == 1
    assert run.status == "complete"
    assert run.samples["rss_bytes"].min() > 0
    assert run.load is None


def test_the_load_is_read_where_it_was_recorded(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    assert read_run(folder).load is None  # format 2, but its columns are null
    recorded = frame([0.0, 5.0])
    for number, (count, size) in enumerate(DELIVERED.values(), start=1):
        recorded[count] = [0, number]
        recorded[size] = [0, 100 * number]
    recorded.to_parquet(folder / "samples.parquet")
    load = read_run(folder).load
    assert load is not None
    assert (load.t_s.tolist(), load.events.tolist(), load.bytes.tolist()) == ([0.0, 5.0], [0.0, 15.0], [0.0, 1500.0])
    with pytest.raises(ValueError, match="read-only"):
        load.events[0] = 1
    recorded.loc[1, "delivered_trades"] = np.nan
    recorded.to_parquet(folder / "samples.parquet")
    assert read_run(folder).load is None


def test_a_run_without_a_sample_has_no_load(tmp_path: Path) -> None:
    folder = write_run(tmp_path, status="failed")
    (folder / "samples.parquet").unlink()
    assert read_run(folder).load is None


def test_columns_that_an_old_recording_lacks_are_null(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    old = frame([0.0, 5.0])[["t_s", "wall_s", "cpu_s", "phase", "rss_bytes", "live_bytes"]]
    old.to_parquet(folder / "samples.parquet")
    run = read_run(folder)
    assert np.isnan(run.column("pymalloc_free_bytes")).all()
    assert np.isnan(run.column("tasks")).all()
    old.drop(columns="rss_bytes").to_parquet(folder / "samples.parquet")
    with pytest.raises(UsageError, match="samples have no column rss_bytes"):
        read_run(folder)
