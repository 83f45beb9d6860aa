"""Writing a file in one piece, and reading JSON that a user may have damaged."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

LARGEST_JSON_BYTES = 64_000_000
"""No JSON file of a result comes near it."""


@contextlib.contextmanager
def in_one_piece(path: Path) -> Iterator[Path]:
    """A path to write to that becomes `path` at the end: a reader finds the whole file or the one before it.

    Processes that write the same file at the same time do not write into each other's.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        partial.unlink(missing_ok=True)  # a link that lies there is not written through
        yield partial
        partial.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet, in one piece, with checksums by which damage is seen."""
    with in_one_piece(path) as partial:
        table.to_parquet(partial, index=False, write_page_checksum=True)


def write_json(table: Mapping[str, Any], path: Path) -> None:
    """Write a JSON object in one piece. Raises ValueError where it holds a number that is not finite."""
    text = json.dumps(table, indent=1, allow_nan=False) + "\n"
    with in_one_piece(path) as partial:
        partial.write_text(text, encoding="utf-8")


def is_special(path: Path) -> bool:
    """Whether it is a pipe, on which a reader may wait for ever, or a device, which may never end."""
    return path.exists() and not path.is_file() and not path.is_dir()


def refuse_special(path: Path) -> None:
    """Raise UsageError where `path` is a pipe or a device."""
    if is_special(path):
        raise UsageError(f"{path}: cannot be read: it is a pipe or a device, not a file")


def read_json(path: Path) -> Any:
    """What a JSON file holds. Raises UsageError, naming the file, where it is missing, damaged or no file at all."""
    refuse_special(path)
    try:
        if (size := path.stat().st_size) > LARGEST_JSON_BYTES:
            raise UsageError(
                f"{path}: cannot be read: it has {size:,} bytes, at most {LARGEST_JSON_BYTES:,} are written"
            )
        return json.loads(path.read_text(encoding="utf-8"))
    except RecursionError as error:
        raise UsageError(f"{path}: cannot be read: it is nested too deeply") from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
