"""A folder of a run's own as the working directory and home of a target: relative paths lead there."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


def move_into(folder: Path) -> None:
    """Make `folder` the working directory, and HOME, of this process and of those that it will start."""
    os.chdir(folder)
    os.environ["HOME"] = str(folder.resolve())


@contextlib.contextmanager
def moved_into(folder: Path | None) -> Iterator[None]:
    """For a while `folder` is the working directory and HOME; None changes nothing."""
    if folder is None:
        yield
        return
    before, home = Path.cwd(), os.environ.get("HOME")
    move_into(folder)
    try:
        yield
    finally:
        os.chdir(before)
        os.environ.pop("HOME", None)
        if home is not None:
            os.environ["HOME"] = home
