"""The rows that the runs of a table left on disk, counted when all of them are over, and noted in their run.json."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.files import read_json
from harness.on_disk.asking import counts_of
from harness.worker.job import DATA_FOLDER
from harness.worker.recorder import RUN_FILE, write_run_file

ON_DISK = "on_disk"
"""The key of run.json."""

_NOT_COUNTED = frozenset({"refused", "interrupted", "damaged"})


def note_rows_on_disk(folders: Iterable[Path], patterns: Sequence[str]) -> None:
    """Count what the runs in `folders` left, unless that was done, and note it.

    A run that was interrupted is carried out again, and one whose files are damaged is told as that: both are left out.
    """
    if not patterns:
        return
    due = {folder: facts for folder in folders if (facts := _facts(folder)) and _is_due(facts, patterns)}
    if not due:
        return
    answers = counts_of([folder / DATA_FOLDER for folder in due], patterns)
    for (folder, facts), answer in zip(due.items(), answers, strict=True):
        write_run_file(folder, {**facts, ON_DISK: answer})


def _facts(folder: Path) -> dict[str, Any]:
    """What run.json tells, nothing where it cannot be read."""
    with contextlib.suppress(UsageError, OSError):
        facts = read_json(folder / RUN_FILE)
        return facts if isinstance(facts, dict) else {}
    return {}


def _is_due(facts: dict[str, Any], patterns: Sequence[str]) -> bool:
    counted = facts.get(ON_DISK)
    again = not isinstance(counted, dict) or counted.get("patterns") != list(patterns) or counted.get("rows") is None
    return again and facts.get("status") not in _NOT_COUNTED
