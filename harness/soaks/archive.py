"""From the files a run left behind, however it ended, to files that anybody can read: Parquet, and a status."""

from __future__ import annotations

import fcntl
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.errors import UsageError
from harness.files import in_one_piece, read_json
from harness.soaks.children_file import archive_children, tree_bytes
from harness.worker.job import Job
from harness.worker.recorder import (
    EVENTS_FILE,
    NOT_READ,
    PHASES,
    ROWS,
    RUN_FILE,
    SAMPLE,
    SAMPLES_FILE,
    WALKS_FILE,
    outlived,
    read_notes,
    write_run_file,
)

PARQUET_FILE = "samples.parquet"
OWNERS_PARQUET = "owners.parquet"

PEAK_TREE = "peak_tree_bytes"
"""In run.json of a run that had children: the most that the judged process and they held together, real bytes."""

UNATTRIBUTED = "(unattributed)"
"""The owner of what the allocators hold and no path leads to: live bytes less the sum of the owners."""


def read_rows(folder: Path) -> NDArray[np.void]:
    """All whole rows of a run's samples.bin, (samples,) of the columns of its format; a torn last row is left out."""
    file = folder / SAMPLES_FILE
    if not file.exists():
        return np.zeros(0, SAMPLE)
    row = ROWS[_recorded_format(folder)]
    raw = file.read_bytes()
    return np.frombuffer(raw[: len(raw) - len(raw) % row.itemsize], row)


def _recorded_format(folder: Path) -> int:
    """The format of a run that is over or not; 1 where nothing says so yet. Raises UsageError where it is unknown."""
    run_file = folder / RUN_FILE
    facts = read_json(run_file) if run_file.exists() else read_notes(folder)
    number = facts.get("format", 1) if isinstance(facts, dict) else None
    if number not in list(ROWS):
        raise UsageError(f"{folder}: format is {number!r}, expected {' or '.join(map(str, ROWS))}")
    return int(number)


def last_row(folder: Path) -> NDArray[np.void] | None:
    """The newest whole row of a growing samples.bin, (1,) of SAMPLE, or None where there is none yet."""
    try:
        with (folder / SAMPLES_FILE).open("rb") as file:
            rows = file.seek(0, 2) // SAMPLE.itemsize
            if not rows:
                return None
            file.seek((rows - 1) * SAMPLE.itemsize)
            return np.frombuffer(file.read(SAMPLE.itemsize), SAMPLE)
    except FileNotFoundError:
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
    """The walks of the owners in a run's owners.jsonl, a row per owner; a torn line is left out.

    Columns: t_s and step of the walk, path, symbol, bytes, se, and cpu_s, what the walk cost. Every walk has one more
    row for what is unattributed, where the allocators can be read.
    """
    rows: list[tuple[float, str, str, str, float, float, float]] = []
    file = folder / WALKS_FILE
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        try:
            walk = json.loads(line)
        except ValueError:
            continue
        t_s, step, cpu_s = float(walk["t_s"]), str(walk["step"]), float(walk["cpu_s"])
        owners = [(str(path), str(symbol), float(size), float(se)) for path, symbol, size, se in walk["owners"]]
        rows += [(t_s, step, *owner, cpu_s) for owner in owners]
        if walk["live_bytes"] is not None:
            attributed = sum(size for _, symbol, size, _ in owners if not symbol)
            error = math.sqrt(sum(se * se for _, symbol, _, se in owners if not symbol))
            rows.append((t_s, step, UNATTRIBUTED, "", walk["live_bytes"] - attributed, error, cpu_s))
    return pd.DataFrame(rows, columns=["t_s", "step", "path", "symbol", "bytes", "se", "cpu_s"])


def archive_run(folder: Path, *, status: str | None = None, reason: str | None = None) -> dict[str, Any]:
    """Turn a run that has ended into Parquet files and run.json; returns the facts of run.json.

    Where the run wrote no run.json (it was killed), one is made from its samples, with `status` ("died" unless given)
    and `reason`. Doing it twice changes nothing.
    """
    rows = read_rows(folder)
    if (folder / SAMPLES_FILE).exists():
        with in_one_piece(folder / PARQUET_FILE) as partial:
            to_frame(rows).to_parquet(partial, index=False)
        (folder / SAMPLES_FILE).unlink()
    if (folder / WALKS_FILE).exists():
        with in_one_piece(folder / OWNERS_PARQUET) as partial:
            read_walks(folder).to_parquet(partial, index=False)
        (folder / WALKS_FILE).unlink()
    children = archive_children(folder)
    run_file = folder / RUN_FILE
    if not run_file.exists():
        facts = _facts_of_the_dead(folder, rows, status or "died", reason or "ended without a word")
        write_run_file(folder, facts | outlived(read_notes(folder)))
    recorded: dict[str, Any] = read_json(run_file)
    if children is not None and len(rows):
        peak = tree_bytes(rows["t_s"].astype(np.float64), rows["rss_bytes"].astype(np.float64), children).max()
        recorded[PEAK_TREE] = int(peak)
        write_run_file(folder, recorded)
    return recorded


def end_with_limit(folder: Path, held_bytes: int, limit_bytes: int, largest: str) -> dict[str, Any]:
    """Archive a run that was killed since it and what it started were beyond the memory limit; returns its facts.

    The limit is an event of the run, as where it was the judged process that saw it reached.
    """
    if not (folder / RUN_FILE).exists() and (row := last_row(folder)) is not None:
        event = {"t_s": float(row["t_s"][0]), "kind": "limit", "tree_bytes": held_bytes}
        events = (folder / EVENTS_FILE).read_bytes()
        whole = events[: events.rfind(b"\n") + 1]
        (folder / EVENTS_FILE).write_bytes(whole + json.dumps(event).encode() + b"\n")
    reason = (
        f"RSS with children reached the machine's limit of {limit_bytes / 1e6:.0f} MB; the largest child: {largest}"
    )
    return archive_run(folder, status="limit", reason=reason)


def archive_result(folders: Sequence[Path]) -> None:
    """Archive the runs in `folders` that nobody has: their supervisor was killed, too.

    Raises UsageError where one of them is still going on.
    """
    for folder in folders:
        if _is_going_on(folder):
            raise UsageError(f"{folder}: this run is still going on: wait for its soak to end")
    for folder in folders:
        archive_run(folder)


def _is_going_on(folder: Path) -> bool:
    """Whether a living process holds the lock on the run's samples.bin."""
    try:
        with (folder / SAMPLES_FILE).open("rb") as samples:
            fcntl.flock(samples, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _facts_of_the_dead(folder: Path, rows: NDArray[np.void], status: str, reason: str) -> dict[str, Any]:
    job = Job.read(folder)
    last = rows[-1] if len(rows) else np.zeros(1, rows.dtype)[0]
    t_s, wall_s = float(last["t_s"]), float(last["wall_s"])
    return {
        "format": next(number for number, row in ROWS.items() if row == rows.dtype),
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
