"""A recording survives whatever ends its run, and becomes Parquet without losing a row."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness.errors import UsageError
from harness.probes.owners import Owner
from harness.soaks.archive import (
    OWNERS_PARQUET,
    PARQUET_FILE,
    archive_result,
    archive_run,
    bring_home,
    is_going_on,
    last_row,
    read_rows,
    to_frame,
)
from harness.worker import recorder as recording
from harness.worker.job import Job
from harness.worker.recorder import (
    NOT_READ,
    NOTES_FILE,
    PHASES,
    ROWS,
    SAMPLE,
    SAMPLES_FILE,
    Recorder,
    outlived,
    write_run_file,
)
from synthetic.faults.kinds import Faults
from synthetic.instrument import Instrument


def job(**changes: object) -> Job:
    fields = {
        "config": "old",
        "seed": 7,
        "real_time": False,
        "factory": "harness.null_target:build",
        "params": {"a": 1},
        "instruments": (Instrument("AAAUSDT", 0.01, 0.001, 10_000, 1),),
        "depth": 50,
        "books_per_second": 0.5,
        "candle_s": 60,
        "start_ms": 1_736_121_600_000,
        "horizon_s": 600.0,
        "warmup_s": 60.0,
        "run_on_s": 0.0,
        "settle_s": 60.0,
        "cycle_s": 5.0,
        "sample_every_s": 5.0,
        "stall_s": 60.0,
        "memory_scale": 0.1,
        "baseline_bytes": 500_000_000,
        "limit_bytes": 3_200_000_000,
    }
    return Job(**{**fields, **changes})


def record(folder: Path, samples: int) -> Recorder:
    recorder = Recorder(folder, lambda: 1.25)
    for number in range(samples):
        recorder.row["t_s"][0] = number * 5.0
        recorder.row["wall_s"][0] = number * 0.01
        recorder.row["phase"][0] = PHASES.index("load")
        recorder.row["rss_bytes"][0] = 1000 + number
        recorder.row["live_bytes"][0] = NOT_READ if number % 2 else 500
        recorder.sample()
    return recorder


@pytest.mark.parametrize("faults", [None, Faults(halts_per_hour=3, deltas_before_snapshot=True)])
def test_a_job_reads_back_as_it_was_written(tmp_path: Path, faults: Faults | None) -> None:
    written = job(season=True, faults=faults)
    written.write(tmp_path)
    assert Job.read(tmp_path) == written


def test_every_row_can_be_read_while_the_run_goes_on(tmp_path: Path) -> None:
    assert last_row(tmp_path) is None
    record(tmp_path, 3)
    assert read_rows(tmp_path)["rss_bytes"].tolist() == [1000, 1001, 1002]
    row = last_row(tmp_path)
    assert row is not None
    assert row["t_s"][0] == 10.0


def test_a_torn_last_row_is_left_out(tmp_path: Path) -> None:
    record(tmp_path, 3)
    with (tmp_path / SAMPLES_FILE).open("ab") as file:
        file.write(b"\x01" * (SAMPLE.itemsize - 1))
    assert len(read_rows(tmp_path)) == 3
    row = last_row(tmp_path)
    assert row is not None
    assert row["rss_bytes"][0] == 1002


def test_what_was_not_read_is_null(tmp_path: Path) -> None:
    record(tmp_path, 4)
    frame = to_frame(read_rows(tmp_path))
    assert frame["live_bytes"].isna().tolist() == [False, True, False, True]
    assert set(frame["phase"]) == {"load"}
    assert frame["rss_bytes"].dtype == "int64"


def test_events_carry_the_time_of_the_run(tmp_path: Path) -> None:
    recorder = record(tmp_path, 1)
    recorder.emit("cleanup", rss_bytes=5, where=Path("x"))
    assert json.loads((tmp_path / "events.jsonl").read_text()) == {
        "t_s": 1.25,
        "kind": "cleanup",
        "rss_bytes": 5,
        "where": "x",
    }


def test_what_a_target_emits_does_not_shadow_an_event_s_own_fields(tmp_path: Path) -> None:
    recorder = record(tmp_path, 1)
    recorder.emit("note", t_s="12:00", kind="mine", facts=[1], other=2)
    recorder.emit(kind="note", t_s=99.0)
    first, second = (json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines())
    assert first == {
        "t_s": 1.25,
        "kind": "note",
        "facts": {"t_s": "12:00", "kind": "mine", "facts": [1]},
        "other": 2,
    }
    assert second == {"t_s": 1.25, "kind": "note", "facts": {"t_s": 99.0}}


def finished(folder: Path, recorder: Recorder) -> dict[str, object]:
    recorder.finish({"status": "complete"})
    return json.loads((folder / "run.json").read_text())


def test_a_run_says_how_many_rows_and_events_it_wrote(tmp_path: Path) -> None:
    recorder = record(tmp_path, 3)
    for _ in range(2):
        recorder.emit("cleanup")
    told = finished(tmp_path, recorder)
    assert (told["format"], told["status"], told["rows"], told["events"]) == (3, "complete", 3, 2)


def test_events_that_a_target_removed_were_written_all_the_same(tmp_path: Path) -> None:
    recorder = record(tmp_path, 1)
    recorder.emit("cleanup")
    (tmp_path / "events.jsonl").unlink()
    assert finished(tmp_path, recorder)["events"] == 1


def test_events_of_a_forked_process_count(tmp_path: Path) -> None:
    recorder = record(tmp_path, 1)
    recorder.emit("cleanup")
    child = os.fork()
    if not child:
        recorder.emit("cleanup")
        os._exit(0)
    os.waitpid(child, 0)
    assert finished(tmp_path, recorder)["events"] == 2


def test_a_run_whose_notes_were_removed_has_failed(tmp_path: Path) -> None:
    recorder = record(tmp_path, 1)
    (tmp_path / NOTES_FILE).unlink()
    told = finished(tmp_path, recorder)
    assert told["status"] == "failed"
    assert told["reason"] == "its notes.jsonl was removed or damaged while it ran"


@pytest.mark.parametrize("line", ["[]", "5", '[["a"], 5]', '[["format"], {}]', '{"a": 1}'])
def test_what_is_no_note_is_left_out(tmp_path: Path, line: str) -> None:
    recorder = record(tmp_path, 1)
    with (tmp_path / NOTES_FILE).open("a") as notes:
        notes.write(f"{line}\n")
    assert finished(tmp_path, recorder)["status"] == "complete"


def test_a_run_is_locked_until_its_run_json_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = record(tmp_path, 1)
    seen = []
    write = recording.write_run_file
    monkeypatch.setattr(
        recording, "write_run_file", lambda folder, facts: (seen.append(is_going_on(folder)), write(folder, facts))
    )
    recorder.finish({"status": "complete"})
    assert seen == [True]
    assert not is_going_on(tmp_path)


def test_a_recording_is_never_overwritten(tmp_path: Path) -> None:
    record(tmp_path, 1)
    with pytest.raises(FileExistsError):
        Recorder(tmp_path, lambda: 0.0)


def test_a_full_disk_is_an_error_and_leaves_the_whole_rows(tmp_path: Path) -> None:
    (tmp_path / "ok").mkdir()
    recorder = record(tmp_path / "ok", 2)
    full = os.open("/dev/full", os.O_WRONLY)
    recorder._samples, samples = full, recorder._samples
    with pytest.raises(OSError, match="No space left"):
        recorder.sample()
    os.close(samples)
    os.close(full)
    assert len(read_rows(tmp_path / "ok")) == 2


def test_a_dead_run_is_archived_with_what_it_had_recorded(tmp_path: Path) -> None:
    job().write(tmp_path)
    record(tmp_path, 5)
    facts = archive_run(tmp_path, status="died", reason="killed by SIGKILL")
    assert (facts["status"], facts["reason"], facts["t_s"]) == ("died", "killed by SIGKILL", 20.0)
    assert (facts["config"], facts["seed"], facts["peak_rss_bytes"], facts["phase"]) == ("old", 7, 1004, "load")
    frame = pd.read_parquet(tmp_path / PARQUET_FILE)
    assert frame["t_s"].tolist() == [0.0, 5.0, 10.0, 15.0, 20.0]
    assert not (tmp_path / SAMPLES_FILE).exists()


def test_a_run_that_died_before_its_first_sample(tmp_path: Path) -> None:
    job().write(tmp_path)
    facts = archive_run(tmp_path)
    assert (facts["status"], facts["t_s"], facts["peak_rss_bytes"], facts["phase"]) == ("died", 0.0, 0, "start")


def test_archiving_again_changes_nothing(tmp_path: Path) -> None:
    record(tmp_path, 2)
    write_run_file(tmp_path, {"status": "complete"})
    first = archive_run(tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert archive_run(tmp_path, status="died") == first == {"format": 3, "status": "complete"}
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def record_format_1(folder: Path, samples: int) -> None:
    """What a run of format 1 leaves before it has ended: rows without a load, and nothing that says its format."""
    job().write(folder)
    rows = np.zeros(samples, ROWS[1])
    rows["t_s"] = 5.0 * np.arange(samples)
    rows["residual_bytes"] = 1000 + np.arange(samples)
    (folder / SAMPLES_FILE).write_bytes(rows.tobytes())
    (folder / NOTES_FILE).write_text('[[], {"books": 3}]\n')


def test_a_dead_run_of_format_1_is_archived_as_what_it_is(tmp_path: Path) -> None:
    record_format_1(tmp_path, 4)
    facts = archive_run(tmp_path)
    assert (facts["format"], facts["status"], facts["t_s"], facts["books"]) == (1, "died", 15.0, 3)
    frame = pd.read_parquet(tmp_path / PARQUET_FILE)
    assert frame["residual_bytes"].tolist() == [1000, 1001, 1002, 1003]
    assert list(frame.columns) == list(ROWS[1].names or ())
    assert not any(name.startswith("delivered") for name in frame.columns)


def test_a_complete_run_of_format_1_that_nobody_archived_is_read_by_its_own_format(tmp_path: Path) -> None:
    record_format_1(tmp_path, 4)
    (tmp_path / "run.json").write_text('{"format": 1, "status": "complete"}')
    assert archive_run(tmp_path)["format"] == 1
    assert pd.read_parquet(tmp_path / PARQUET_FILE)["t_s"].tolist() == [0.0, 5.0, 10.0, 15.0]


@pytest.mark.parametrize("told", [{"row_bytes": ROWS[2].itemsize}, {}])
def test_rows_of_format_3_that_end_before_the_mappings_are_read(tmp_path: Path, told: dict[str, int]) -> None:
    job().write(tmp_path)
    rows = np.zeros(4, ROWS[2])
    rows["t_s"], rows["delivered_reconnect_bytes"] = 5.0 * np.arange(4), 7
    (tmp_path / SAMPLES_FILE).write_bytes(rows.tobytes())
    (tmp_path / NOTES_FILE).write_text(json.dumps([[], {"format": 3, **told}]) + "\n")
    assert archive_run(tmp_path)["rows"] == 4
    frame = pd.read_parquet(tmp_path / PARQUET_FILE)
    assert frame["t_s"].tolist() == [0.0, 5.0, 10.0, 15.0]
    assert frame["delivered_reconnect_bytes"].tolist() == [7] * 4
    assert "mappings_bytes" not in frame.columns


@pytest.mark.parametrize("length", [7, 12, -8, 1 << 20, "many"])
def test_rows_of_a_length_that_was_never_written_are_refused(tmp_path: Path, length: object) -> None:
    record(tmp_path, 2)
    (tmp_path / NOTES_FILE).write_text(json.dumps([[], {"format": 3, "row_bytes": length}]) + "\n")
    with pytest.raises(UsageError, match="row_bytes is"):
        read_rows(tmp_path)


def test_a_dead_run_says_the_format_that_it_was_recorded_in(tmp_path: Path) -> None:
    job().write(tmp_path)
    record(tmp_path, 2)
    assert archive_run(tmp_path)["format"] == 3


@pytest.mark.parametrize("run_file", ['{"format": 9}', '{"format": []}', "[]"])
def test_rows_of_an_unknown_format_are_refused(tmp_path: Path, run_file: str) -> None:
    record(tmp_path, 2)
    (tmp_path / "run.json").write_text(run_file)
    with pytest.raises(UsageError, match="expected 1, 2 or 3"):
        archive_run(tmp_path)
    assert (tmp_path / SAMPLES_FILE).exists()


def test_rows_hold_plain_numbers_of_eight_bytes_only() -> None:
    assert all(SAMPLE[name].kind in "if" for name in SAMPLE.names or ())
    assert np.zeros(1, SAMPLE).nbytes == SAMPLE.itemsize == 8 * len(SAMPLE.names or ())


def test_walks_of_the_owners_become_a_table_that_adds_up_to_live_bytes(tmp_path: Path) -> None:
    job().write(tmp_path)
    recorder = record(tmp_path, 2)
    owners = [Owner("cache[*]", 600.0, 3.0), Owner("history[*]", 300.0, 4.0), Owner("cache[*]", 600.0, 3.0, "AAAUSDT")]
    recorder.owners(5.0, "start", 1000, 0.01, owners)
    recorder.owners(10.0, "load", None, 0.01, owners[:1])
    recorder.finish({"status": "complete"})
    with (tmp_path / "owners.jsonl").open("a") as torn:
        torn.write('{"t_s": 15.0, "st')
    archive_run(tmp_path)
    walks = pd.read_parquet(tmp_path / OWNERS_PARQUET)
    assert not (tmp_path / "owners.jsonl").exists()
    assert list(walks.columns) == ["t_s", "step", "path", "symbol", "bytes", "se", "cpu_s"]
    totals = walks[(walks["step"] == "start") & (walks["symbol"] == "")]
    assert totals["bytes"].sum() == 1000
    assert totals.set_index("path").loc["(unattributed)", ["bytes", "se"]].to_list() == [100, 5]
    assert walks[walks["t_s"] == 10.0]["path"].to_list() == ["cache[*]"]


def test_what_outlives_a_stop_is_what_was_not_there_before() -> None:
    before = {"tasks": ["run"], "threads": ["MainThread"], "open_files": ["/dev/null", "socket:[1]"]}
    after = {
        "tasks": ["run", "run", "pump"],
        "threads": ["MainThread"],
        "open_files": ["/dev/null", "pipe:[2]"],
    }
    told = outlived({"standing": {"before": before, "after": after}, "books": 3})
    assert told == {"books": 3, "outlives": {"tasks": ["pump", "run"], "threads": [], "open_files": ["pipe:[2]"]}}
    assert outlived({"standing": {"before": before}}) == {}


def test_a_run_that_is_still_going_on_is_not_archived(tmp_path: Path) -> None:
    for name in ("ended", "going"):
        (tmp_path / name).mkdir()
        job().write(tmp_path / name)
    record(tmp_path / "ended", 2).finish({"status": "complete"})
    going = record(tmp_path / "going", 2)
    folders = [tmp_path / "ended", tmp_path / "going"]
    before = sorted(file.name for file in (tmp_path / "going").iterdir())
    archive_result(folders)
    assert (tmp_path / "ended" / PARQUET_FILE).exists()
    assert sorted(file.name for file in (tmp_path / "going").iterdir()) == before
    going.finish({"status": "complete"})
    archive_result(folders)
    assert all((folder / PARQUET_FILE).exists() for folder in folders)


def test_a_run_whose_folder_is_gone_is_brought_home_as_damaged(tmp_path: Path) -> None:
    folder = tmp_path / "seed-7"
    facts = bring_home(folder, job())
    assert (facts["status"], facts["reason"]) == ("damaged", "its folder was removed while it ran")
    assert json.loads((folder / "run.json").read_text())["reason"] == facts["reason"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "run.json: cannot be read: Expecting property name"),
        ("[]", "run.json: format is None"),
        ('{"format": 3, "status": "complete"}', "run.json: reason, phase, t_s, wall_s, peak_rss_bytes: missing or no"),
        ('{"format": 99}', "run.json: format is 99"),
    ],
)
def test_a_run_with_a_bad_run_json_is_brought_home_as_damaged_and_left_as_it_is(
    tmp_path: Path, content: str, reason: str
) -> None:
    record(tmp_path, 2)
    (tmp_path / "run.json").write_text(content)
    facts = bring_home(tmp_path, job())
    assert facts["status"] == "damaged"
    assert facts["reason"].startswith(reason)
    assert (tmp_path / "run.json").read_text() == content


def test_a_job_that_a_target_removed_is_not_needed(tmp_path: Path) -> None:
    record(tmp_path, 2)
    facts = bring_home(tmp_path, job(), status="interrupted", reason="asked to end")
    assert (facts["status"], facts["seed"], facts["t_s"]) == ("interrupted", 7, 5.0)


def test_a_full_disk_is_no_damage_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("harness.soaks.archive.archive_run", full)
    with pytest.raises(OSError, match="No space left"):
        bring_home(tmp_path, job())
