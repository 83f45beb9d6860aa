"""Reading a run from its folder in a result, without writing there.

``runs/<config>/seed-<n>/`` holds ``samples.parquet`` (the columns of :data:`harness.worker.recorder.SAMPLE`, phase as a
word, null where a tier was not read), ``events.jsonl``, ``run.json``, where the owners were walked ``owners.parquet``
and, where the target had started processes, ``children.parquet``. The formats are told of in
:mod:`harness.worker.recorder`; what a recording older than a column does not have is read as not recorded. A run that
nobody archived, because it goes on or its soak was killed, is read from the files that it grows in.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from harness.analysis.run_facts import MOST, refuse_other_facts
from harness.analysis.runs import STATUSES, UNFINISHED, Run, damaged_run
from harness.analysis.tables import COLUMNS, no_children, no_owners, no_samples
from harness.errors import UsageError
from harness.files import read_json, refuse_special
from harness.soaks.archive import (
    OWNERS_PARQUET,
    PARQUET_FILE,
    UNUSABLE,
    facts_so_far,
    is_going_on,
    read_rows,
    read_walks,
    shown_below,
    to_frame,
    whole_lines,
)
from harness.soaks.children_file import CHILDREN_FILE, CHILDREN_PARQUET, read_children, with_phase
from harness.soaks.living import lives
from harness.soaks.result_folder import seed_of
from harness.worker.recorder import (
    COUNTED_FROM,
    EVENTS_FILE,
    OWN_FIELDS,
    RUN_FILE,
    SAMPLES_FILE,
    known_format,
)


def read_run(folder: Path) -> Run:
    """The run recorded in ``runs/<config>/seed-<n>``.

    Raises UsageError, naming the file, where one is missing or damaged, or where a run that ended holds other numbers
    of rows and events than it says it wrote.
    """
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        refuse_special(file)
    facts = _facts(folder)
    status, number = facts["status"], known_format(facts["format"], folder / RUN_FILE)
    samples = _samples(folder, may_be_missing=status in UNFINISHED)
    events = _events(folder / EVENTS_FILE, own_time_may_be_lost=number < COUNTED_FROM)
    owners, children = _owners(folder), _children(folder)
    if number >= COUNTED_FROM and status not in UNFINISHED:
        for what, found in (("rows", len(samples)), ("events", len(events))):
            if facts.get(what) != found or isinstance(facts[what], bool):
                raise UsageError(f"{folder / RUN_FILE}: {what} is {facts.get(what)!r}, and there are {found}")
    try:
        scale = float(facts["memory_scale"])
        return Run(facts["config"], facts["seed"], status, scale, samples, events, facts, owners, children=children)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{folder}: {error}") from error


def run_or_damage(folder: Path, memory_scale: float, read: Callable[[Path], Run] = read_run) -> Run:
    """The run as it can be `read`; a damaged one with the reason where it cannot, or one that has only just begun.

    `memory_scale` is that of its soak. Raises UsageError where the name of its folder has no seed.
    """
    seed = seed_of(folder)
    try:
        return read(folder)
    except UsageError as error:
        begun = not (folder / RUN_FILE).exists() and (is_going_on(folder) or lives(folder))
        status, reason = (
            ("running", "it has only just begun") if begun else ("damaged", shown_below(str(error), folder))
        )
        return damaged_run(folder.parent.name, seed, memory_scale, reason, status=status, facts={})


def _facts(folder: Path) -> dict[str, Any]:
    """What run.json tells, checked; of a run that has none, what its files tell."""
    path = folder / RUN_FILE
    if not path.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder")
    if not path.exists() and not any(folder.iterdir()):
        raise UsageError(f"{folder}: the folder is empty, nothing was recorded")
    facts = read_json(path) if path.exists() else _facts_without_file(folder)
    if not isinstance(facts, dict):
        raise UsageError(f"{path}: not a JSON object")
    known_format(facts.get("format"), path)
    if facts.get("config") != folder.parent.name:
        raise UsageError(f"{path}: config is {facts.get('config')!r}, expected {folder.parent.name!r}")
    if facts.get("seed") != seed_of(folder) or isinstance(facts["seed"], bool):
        raise UsageError(f"{path}: seed is {facts.get('seed')!r}, expected {seed_of(folder)!r}")
    status, scale = facts.get("status"), facts.get("memory_scale")
    if status not in list(STATUSES):
        raise UsageError(f"{path}: status is {status!r}, expected one of {', '.join(STATUSES)}")
    if status == "damaged":
        raise UsageError(f"{path}: {facts.get('reason')}" if facts.get("reason") else f"{path}: damaged, as it says")
    if not isinstance(scale, int | float) or isinstance(scale, bool) or scale > 1:
        raise UsageError(f"{path}: memory_scale is {scale!r}, expected a number above 0, at most 1")
    refuse_other_facts(facts, path)
    return facts


def _facts_without_file(folder: Path) -> dict[str, Any]:
    """What run.json would tell now. Raises UsageError where the job cannot be read either."""
    going_on = is_going_on(folder) or lives(folder)
    status, reason = ("running", "its soak has not ended") if going_on else ("died", "ended without a word")
    try:
        return facts_so_far(folder, read_rows(folder), status, reason)
    except UsageError as error:
        raise UsageError(f"{folder / RUN_FILE}: is missing, and {error}") from error


def _samples(folder: Path, *, may_be_missing: bool) -> pd.DataFrame:
    """The samples: of two files the one that can be read, of two such the one with more rows."""
    path = folder / PARQUET_FILE
    grown = _grown(folder)  # first: its soak may archive it now
    if path.exists():
        frame = _archived(path, grown)
    elif isinstance(grown, UsageError):
        raise grown
    elif grown is not None:
        frame = grown
    elif may_be_missing:
        return no_samples()
    else:
        raise UsageError(f"{path}: is missing")
    for name in frame.columns.intersection(list(COLUMNS)):
        if name != "phase":
            try:
                values = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
            except (ValueError, TypeError) as error:
                raise UsageError(f"{path}: {name} holds what is no number: {error}") from error
            if (beyond := np.flatnonzero(np.abs(values) > MOST)).size:
                raise UsageError(f"{path}: {name} is {values[beyond[0]]:g} in row {beyond[0] + 1}, expected a number")
    if "rss_bytes" in frame.columns and frame["rss_bytes"].isna().any():
        raise UsageError(f"{path}: rss_bytes is null in {int(frame['rss_bytes'].isna().sum())} rows")
    return frame


def _grown(folder: Path) -> pd.DataFrame | UsageError | None:
    """What samples.bin holds, or why it cannot be read; None where there is none."""
    try:
        rows = read_rows(folder)
        return to_frame(rows) if len(rows) or (folder / SAMPLES_FILE).exists() else None
    except UsageError as error:
        return error


def _archived(path: Path, grown: pd.DataFrame | UsageError | None) -> pd.DataFrame:
    """What samples.parquet holds, unless there is more in samples.bin, or it alone can be read."""
    usable = isinstance(grown, pd.DataFrame) and not grown.empty
    try:
        frame = _table(path)
    except UsageError:
        if not usable:
            raise
        frame = no_samples()
    return grown if isinstance(grown, pd.DataFrame) and len(grown) > len(frame) else frame


def _owners(folder: Path) -> pd.DataFrame:
    path = folder / OWNERS_PARQUET
    walks = None if path.exists() else read_walks(folder)
    if path.exists():
        return _table(path)
    return no_owners() if walks is None or walks.empty else walks


def _children(folder: Path) -> pd.DataFrame:
    path = folder / CHILDREN_PARQUET
    try:
        growing = no_children() if path.exists() else read_children(folder)
    except (OSError, *UNUSABLE) as error:
        if not path.exists():
            raise UsageError(f"{folder / CHILDREN_FILE}: cannot be read: {type(error).__name__}: {error}") from error
    return with_phase(_table(path)) if path.exists() else growing


def _table(path: Path) -> pd.DataFrame:
    try:
        frame: pd.DataFrame = pq.ParquetFile(path, page_checksum_verification=True).read().to_pandas()
    except (OSError, pa.ArrowException, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
    return frame


def _events(path: Path, *, own_time_may_be_lost: bool) -> tuple[dict[str, Any], ...]:
    """The events of a run, in the order in which they were written.

    Before format 3 a target's fact by the name of `t_s` stood in place of the time. What is no time is then the
    target's: the event has the time of the one before it, and the fact is in its `facts`.
    """
    events: list[dict[str, Any]] = []
    for number, line in whole_lines(path):
        try:
            event = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{path}: line {number} is damaged: {error}") from error
        if not isinstance(event, dict):
            raise UsageError(f"{path}: line {number} is not a JSON object")
        if own_time_may_be_lost and "t_s" in event and not _is_time(event["t_s"]):
            before = events[-1]["t_s"] if events else 0.0
            event = {**event, "t_s": before, OWN_FIELDS[-1]: {"t_s": event["t_s"]}}
        if not _is_time(event.get("t_s")) or not isinstance(event.get("kind"), str):
            raise UsageError(f"{path}: line {number} has no kind or no finite t_s")
        events.append(event)
    return tuple(events)


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
