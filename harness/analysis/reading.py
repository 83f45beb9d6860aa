"""Reading a run from its folder in a result.

``runs/<config>/seed-<n>/`` holds ``samples.parquet`` (the columns of :data:`harness.worker.recorder.SAMPLE`, phase as a
word, null where a tier was not read), ``events.jsonl``, ``run.json``, where the owners were walked ``owners.parquet``
and, where the target had started processes, ``children.parquet``. The formats are told of in
:mod:`harness.worker.recorder`; what a recording older than a column does not have is read as not recorded.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from harness.analysis.runs import COLUMNS, STATUSES, UNFINISHED, Run, no_children, no_owners
from harness.errors import UsageError
from harness.files import read_json
from harness.soaks.archive import OWNERS_PARQUET, PARQUET_FILE
from harness.soaks.children_file import CHILDREN_PARQUET
from harness.soaks.result_folder import seed_of
from harness.worker.recorder import EVENTS_FILE, ROWS, RUN_FILE


def read_run(folder: Path) -> Run:
    """The run recorded in ``runs/<config>/seed-<n>``. Raises UsageError, naming the file that is missing or damaged."""
    path = folder / RUN_FILE
    facts = read_json(path)
    if not isinstance(facts, dict):
        raise UsageError(f"{path}: not a JSON object")
    if facts.get("format") not in list(ROWS):
        raise UsageError(f"{path}: format is {facts.get('format')!r}, expected {' or '.join(map(str, ROWS))}")
    for key, value in (("config", folder.parent.name), ("seed", seed_of(folder))):
        if facts.get(key) != value:
            raise UsageError(f"{path}: {key} is {facts.get(key)!r}, expected {value!r}")
    status, scale = facts.get("status"), facts.get("memory_scale")
    if status not in STATUSES:
        raise UsageError(f"{path}: status is {status!r}, expected one of {', '.join(STATUSES)}")
    if not isinstance(scale, int | float):
        raise UsageError(f"{path}: memory_scale is {scale!r}, expected a number")
    samples = _samples(folder / PARQUET_FILE, may_be_missing=status in UNFINISHED)
    events = _events(folder / EVENTS_FILE)
    owners = _table(folder / OWNERS_PARQUET) if (folder / OWNERS_PARQUET).exists() else no_owners()
    children = _table(folder / CHILDREN_PARQUET) if (folder / CHILDREN_PARQUET).exists() else no_children()
    try:
        return Run(
            facts["config"], facts["seed"], status, float(scale), samples, events, facts, owners, children=children
        )
    except ValueError as error:
        raise UsageError(f"{folder}: {error}") from error


def _samples(path: Path, *, may_be_missing: bool) -> pd.DataFrame:
    if may_be_missing and not path.exists():
        return pd.DataFrame({name: pd.Series(dtype=object if name == "phase" else np.float64) for name in COLUMNS})
    return _table(path)


def _table(path: Path) -> pd.DataFrame:
    try:
        frame: pd.DataFrame = pq.ParquetFile(path).read().to_pandas()
    except (OSError, pa.ArrowException) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
    return frame


def _events(path: Path) -> tuple[dict[str, Any], ...]:
    if not path.exists():
        return ()
    lines = path.read_bytes().split(b"\n")
    events = []
    for number, line in enumerate(lines, start=1):
        try:
            event = json.loads(line) if line.strip() else None
        except ValueError as error:
            if number == len(lines):  # no newline after it: the process died while it wrote this line
                break
            raise UsageError(f"{path}: line {number} is damaged: {error}") from error
        if event is None:
            continue
        if not isinstance(event, dict):
            raise UsageError(f"{path}: line {number} is not a JSON object")
        events.append(event)
    return tuple(events)
