"""From the files a run left behind, however it ended, to files that anybody can read: Parquet, and a status."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from harness.errors import UsageError
from harness.files import is_special, read_json, refuse_special, write_table
from harness.soaks.children_file import archive_children, tree_bytes
from harness.worker.job import JOB_FILE, REHEARSAL_FOLDER, Job
from harness.worker.recorder import (
    COUNTED_FROM,
    EVENTS_FILE,
    FED,
    FORMAT,
    NOT_READ,
    PHASES,
    RUN_FILE,
    SAMPLE,
    SAMPLES_FILE,
    WALKS_FILE,
    known_format,
    outlived,
    read_notes,
    row_of,
    write_run_file,
)
from harness.worker.trouble_table import read_trouble

PARQUET_FILE = "samples.parquet"
OWNERS_PARQUET = "owners.parquet"

PEAK_TREE = "peak_tree_bytes"
"""In run.json of a run that had children: the most that the judged process and they held together, real bytes."""

DAMAGED = "damaged"
"""The status of a run whose files are missing, cannot be read, or do not agree with one another."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS})
"""Errors of a disk that takes no more: they end a soak. What else goes wrong with the files of a run is that run's."""

UNUSABLE = (UsageError, ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError)
"""What reading a file raises that a target wrote, or a user edited."""

_NUMBERS = ("t_s", "wall_s", "peak_rss_bytes")
"""What run.json tells of how far a run got."""

UNATTRIBUTED = "(unattributed)"
"""The owner of what the allocators hold and no path leads to: live bytes less the sum of the owners."""


def read_rows(folder: Path) -> NDArray[np.void]:
    """All whole rows of a run's samples.bin, (samples,) of the columns of its format; a torn last row is left out.

    Raises UsageError, naming the file, where it cannot be read or holds what no run writes.
    """
    file = folder / SAMPLES_FILE
    refuse_special(file)
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        return np.zeros(0, SAMPLE)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror or error}") from error
    number, row_bytes = _recorded(folder)
    try:
        row = row_of(number, row_bytes, len(raw))
    except ValueError as error:
        raise UsageError(f"{folder / RUN_FILE}: {error}") from error
    rows = np.frombuffer(raw[: len(raw) - len(raw) % row.itemsize], row)
    wrong = np.flatnonzero((rows["phase"] < 0) | (rows["phase"] >= len(PHASES)))
    if wrong.size:
        phase = int(rows["phase"][wrong[0]])
        raise UsageError(f"{file}: row {wrong[0] + 1} is damaged: phase is {phase}, expected 0 to {len(PHASES) - 1}")
    return rows


def recorded_format(folder: Path) -> int:
    """The format of a run that is over or not, 1 where samples do not say it. Raises UsageError where it is unknown."""
    return _recorded(folder)[0]


def _recorded(folder: Path) -> tuple[int, object]:
    """The format, and how many bytes its rows have, None where it does not say."""
    run_file = folder / RUN_FILE
    facts = {} if run_file.exists() else read_notes(folder)
    if not facts and run_file.exists():  # or it has ended meanwhile: its notes are in there now
        facts = read_json(run_file)
    silent = 1 if (folder / SAMPLES_FILE).exists() or (folder / PARQUET_FILE).exists() else FORMAT
    facts = facts if isinstance(facts, dict) else {"format": None}
    return known_format(facts.get("format", silent), run_file), facts.get("row_bytes")


def last_row(folder: Path) -> NDArray[np.void] | None:
    """The newest whole row of a growing samples.bin, (1,) of SAMPLE, or None where there is none yet or no more."""
    try:
        with (folder / SAMPLES_FILE).open("rb") as file:
            rows = file.seek(0, 2) // SAMPLE.itemsize
            if not rows:
                return None
            file.seek((rows - 1) * SAMPLE.itemsize)
            raw = file.read(SAMPLE.itemsize)
            return np.frombuffer(raw, SAMPLE) if len(raw) == SAMPLE.itemsize else None
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def to_frame(rows: NDArray[np.void]) -> pd.DataFrame:
    """The rows as a table: the phase by name, a tier that was not read as null."""
    columns: dict[str, Any] = {}
    for name in rows.dtype.names or ():
        values = rows[name]
        if name == "phase":
            columns[name] = np.array(PHASES)[values] if len(values) else np.array([], dtype=str)
        elif values.dtype.kind == "i" and name != "rss_bytes":
            columns[name] = pd.array(values, dtype="Int64")
            columns[name][values == NOT_READ] = pd.NA
        else:
            columns[name] = values
    return pd.DataFrame(columns)


def read_walks(folder: Path) -> pd.DataFrame:
    """The walks of the owners in a run's owners.jsonl, a row per owner; a torn last line is left out.

    Columns: t_s and step of the walk, path, symbol, bytes, se, and cpu_s, what the walk cost. Every walk has one more
    row for what is unattributed, where the allocators can be read. Raises UsageError, naming the line, where one is no
    walk.
    """
    rows: list[tuple[float, str, str, str, float, float, float]] = []
    file = folder / WALKS_FILE
    for number, line in whole_lines(file):
        try:
            rows += _rows_of(json.loads(line))
        except UNUSABLE as error:
            raise UsageError(f"{file}: line {number} is damaged: {type(error).__name__}: {error}") from error
    return pd.DataFrame(rows, columns=["t_s", "step", "path", "symbol", "bytes", "se", "cpu_s"])


def whole_lines(file: Path) -> list[tuple[int, bytes]]:
    """The lines of a file of JSON lines with their numbers, from 1; no empty one, none where the file is missing.

    A last line that is torn, since the process died while it wrote it, is left out.
    """
    try:
        lines = file.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    try:
        json.loads(lines[-1])
    except RecursionError:
        pass  # told by who reads it
    except ValueError:
        lines.pop()
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def _rows_of(walk: dict[str, Any]) -> list[tuple[float, str, str, str, float, float, float]]:
    t_s, step, cpu_s = float(walk["t_s"]), str(walk["step"]), float(walk["cpu_s"])
    owners = [(str(path), str(symbol), float(size), float(se)) for path, symbol, size, se in walk["owners"]]
    rows = [(t_s, step, *owner, cpu_s) for owner in owners]
    if walk["live_bytes"] is not None:
        attributed = sum(size for _, symbol, size, _ in owners if not symbol)
        error = math.sqrt(sum(se * se for _, symbol, _, se in owners if not symbol))
        rows.append((t_s, step, UNATTRIBUTED, "", walk["live_bytes"] - attributed, error, cpu_s))
    return rows


def archive_run(
    folder: Path, *, status: str | None = None, reason: str | None = None, job: Job | None = None
) -> dict[str, Any]:
    """Turn a run that has ended into Parquet files and run.json; returns the facts of run.json.

    Where the run wrote no run.json (it was killed), one is made from its samples, with `status` ("died" unless given)
    and `reason`; its `job` is read from its folder where it is not given. Doing it twice changes nothing.
    """
    rows = read_rows(folder)
    if (folder / SAMPLES_FILE).exists():
        if not _is_archived(folder / PARQUET_FILE, len(rows)):
            write_table(to_frame(rows), folder / PARQUET_FILE)
        (folder / SAMPLES_FILE).unlink()
    if (folder / WALKS_FILE).exists():
        write_table(read_walks(folder), folder / OWNERS_PARQUET)
        (folder / WALKS_FILE).unlink()
    children = archive_children(folder)
    _clear(folder)
    run_file = folder / RUN_FILE
    if not run_file.exists():
        write_run_file(folder, facts_so_far(folder, rows, status or "died", reason or "ended without a word", job))
    recorded: dict[str, Any] = read_json(run_file)
    if children is not None and len(rows):
        t_s, rss_bytes = rows["t_s"].astype(np.float64), rows["rss_bytes"].astype(np.float64)
        fed = np.isin(rows["phase"], [PHASES.index(phase) for phase in FED])
        recorded[PEAK_TREE] = int(tree_bytes(t_s, rss_bytes, children, fed).max())
        write_run_file(folder, recorded)
    return recorded


def _clear(folder: Path) -> None:
    """Take away what a process that was killed left half-done: its rehearsal, and files that it was writing."""
    shutil.rmtree(folder / REHEARSAL_FOLDER, ignore_errors=True)
    for partial in (*folder.glob("*.parquet.*.partial"), folder / f"{RUN_FILE}.partial"):
        with contextlib.suppress(OSError):
            partial.unlink()


def _is_archived(file: Path, rows: int) -> bool:
    """Whether these rows, or more, were archived before: an empty samples.bin must not take their place."""
    try:
        return int(pq.read_metadata(file).num_rows) >= max(1, rows)
    except (OSError, pa.ArrowException):
        return False


def bring_home(folder: Path, job: Job, *, status: str | None = None, reason: str | None = None) -> dict[str, Any]:
    """Archive the run of a soak, however its files look; returns the facts of run.json, or those of a damaged run.

    What a target did to the files of its run is the outcome of that run: its recording stays as it is for those who
    read it, and one whose folder is gone is written down as damaged. Raises OSError where the disk is full.
    """
    damage = ""
    facts: object = None
    try:
        if folder.is_dir():
            facts = archive_run(folder, status=status, reason=reason, job=job)
        else:
            damage = "its folder was removed while it ran"
    except OSError as error:
        if error.errno in FULL:
            raise
        damage = f"{error.filename or folder}: {error.strerror or error}"
    except UNUSABLE as error:
        damage = str(error)
    if isinstance(facts, dict) and not damage:
        lacking = [name for name in ("status", "reason", "phase", *_NUMBERS) if name not in facts]
        lacking += [name for name in _NUMBERS if name in facts and not isinstance(facts[name], int | float)]
        damage = f"{RUN_FILE}: {', '.join(lacking)}: missing or no number" if lacking else ""
        if not damage and isinstance(facts["status"], str):
            return facts
    told = {"status": DAMAGED, "reason": shown_below(damage or f"{RUN_FILE}: not a JSON object", folder)}
    lost = {**job.identity(), **told, "phase": PHASES[0], **dict.fromkeys(_NUMBERS, 0)}
    if not folder.is_dir():
        folder.mkdir(parents=True)
        job.write(folder)
        write_run_file(folder, lost)
    return lost


def end_with_limit(folder: Path, job: Job, held_bytes: int, largest: str) -> dict[str, Any]:
    """Bring a run home that was killed since it and what it started were beyond the memory limit; returns its facts.

    The limit is an event of the run, as where it was the judged process that saw it reached.
    """
    if not (folder / RUN_FILE).exists() and (row := last_row(folder)) is not None:
        event = {"t_s": float(row["t_s"][0]), "kind": "limit", "tree_bytes": held_bytes}
        with contextlib.suppress(FileNotFoundError, IsADirectoryError):  # what is missing is told by those who read it
            events = (folder / EVENTS_FILE).read_bytes()
            whole = events[: events.rfind(b"\n") + 1]
            (folder / EVENTS_FILE).write_bytes(whole + json.dumps(event).encode() + b"\n")
    limit = f"{job.limit_bytes / 1e6:.0f} MB"
    reason = f"RSS with children reached the machine's limit of {limit}; the largest child: {largest}"
    return bring_home(folder, job, status="limit", reason=reason)


def shown_below(text: str, folder: Path) -> str:
    """A message on one line that names files by their place in the folder of the run that it is about."""
    for shown in (str(folder.resolve()), str(folder)):
        text = text.replace(f"{shown}/", "").replace(shown, folder.name)
    return " ".join(text.split())


def archive_result(folders: Sequence[Path]) -> None:
    """Archive the runs in `folders` that nobody has: their supervisor was killed, too.

    Those that still go on and those that cannot be archived stay as they are: whoever reads them says so.
    """
    for folder in folders:
        if not is_going_on(folder) and not any(map(is_special, folder.iterdir())):
            with contextlib.suppress(OSError, *UNUSABLE):
                archive_run(folder)


def is_going_on(folder: Path) -> bool:
    """Whether a living process holds the lock on the run's samples.bin."""
    if is_special(folder / SAMPLES_FILE):
        return False
    try:
        with (folder / SAMPLES_FILE).open("rb") as samples:
            fcntl.flock(samples, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def facts_so_far(
    folder: Path, rows: NDArray[np.void], status: str, reason: str, job: Job | None = None
) -> dict[str, Any]:
    """What run.json would tell of a run that wrote none, off its rows, its notes and its job (read if not given).

    Raises UsageError where the job cannot be read.
    """
    if job is None:
        try:
            job = Job.read(folder)
        except (OSError, *UNUSABLE) as error:
            told = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
            raise UsageError(f"{folder / JOB_FILE}: cannot be read: {told}") from error
    last = rows[-1] if len(rows) else np.zeros(1, rows.dtype)[0]
    t_s, wall_s = float(last["t_s"]), float(last["wall_s"])
    number = recorded_format(folder)
    found = {"rows": len(rows), "events": len(whole_lines(folder / EVENTS_FILE))} if number >= COUNTED_FROM else {}
    return outlived(read_notes(folder)) | {
        "format": number,
        **found,
        **({"trouble": trouble} if (trouble := read_trouble(folder)) else {}),
        **job.identity(),
        "status": status,
        "reason": reason,
        "phase": PHASES[int(last["phase"])],
        "t_s": t_s,
        "peak_rss_bytes": int(rows["rss_bytes"].max(initial=0)),
        "cpu_s": float(last["cpu_s"]),
        "wall_s": wall_s,
        "acceleration": t_s / wall_s if wall_s else None,
    }
