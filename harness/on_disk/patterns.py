"""Which files of a run's data folder a pattern such as ``features/**/*.parquet`` names, and none outside of it.

A pattern is relative to that folder. Of an SQLite database it may name a table: ``trades.sqlite#trades``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from harness.files import is_special

FORMATS: dict[str, str] = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".npy": "npy",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
    ".db": "sqlite",
}
"""What is read, by the ending of a file's name."""

SHOWN = 5
"""So many names of files are told where none matches."""

_WILD = frozenset("*?[")


@dataclass(frozen=True, order=True)
class CountedFile:
    """A file to count: its path in the data folder, and the table of a database, empty for all."""

    path: str
    table: str = ""


def refusal_of(pattern: str) -> str | None:
    """Return why `pattern` cannot be used, None where it can."""
    path, _, table = pattern.partition("#")
    parts = PurePosixPath(path).parts
    if not parts or "\0" in pattern or pattern != pattern.strip():
        return 'must be a pattern of files, such as "features/**/*.parquet"'
    if PurePosixPath(path).is_absolute() or ".." in parts:
        return "must lie inside the run's data folder: relative, without .."
    if any("**" in part and part != "**" for part in parts):
        return "** must be a whole part of the path, as in features/**/*.parquet"
    ending = PurePosixPath(path).suffix
    if ending not in FORMATS and not _WILD & set(ending or parts[-1]):
        return f"must end as a file that is read: {', '.join(FORMATS)}"
    if table and FORMATS.get(ending) != "sqlite":
        return "#table is for SQLite databases: .sqlite, .sqlite3, .db"
    return None


def matching(folder: Path, pattern: str) -> list[CountedFile]:
    """Return the ordinary files below `folder` that `pattern` matches, sorted; what links lead outside is left out."""
    path, _, table = pattern.partition("#")
    root = folder.resolve()
    inside = (file for file in root.glob(path) if file.resolve().is_relative_to(root))
    return sorted(
        CountedFile(str(file.relative_to(root)), table) for file in inside if file.is_file() and not is_special(file)
    )


def there(folder: Path) -> list[str]:
    """Return the first few files below `folder`, for who looks for others."""
    return _first(
        str((Path(parent) / name).relative_to(folder))
        for parent, _, names in sorted(os.walk(folder))
        for name in sorted(names)
    )


def _first(names: Iterable[str]) -> list[str]:
    return [name for name, _ in zip(names, range(SHOWN), strict=False)]
