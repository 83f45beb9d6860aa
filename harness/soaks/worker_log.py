"""What a judged process printed: ``worker.log``, of which the head and the tail are kept, however much it prints.

While the run goes on, the middle of the file is given back to the disk as a hole: the process that writes it notices
nothing, its file is as long as what it wrote. When the run is home the file is written anew without the hole.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path

LOG_FILE = "worker.log"

HEAD_BYTES = TAIL_BYTES = 500_000
"""What is kept of its beginning and of its end."""

_LOOSE_BYTES = 1_000_000
"""What may lie between them while the run goes on, before it is given back."""

_PUNCH_HOLE, _KEEP_SIZE = 0x02, 0x01
"""Modes of fallocate(2), linux/falloc.h."""

_LAST_BYTES = 20_000
"""How far from the end the last line is looked for."""


def bound_growing(descriptor: int, head: int = HEAD_BYTES, tail: int = TAIL_BYTES, loose: int = _LOOSE_BYTES) -> None:
    """Give the middle of a log that is open for writing back to the disk, where the file system can do that."""
    found = os.fstat(descriptor)
    if min(found.st_size, found.st_blocks * 512) > head + tail + loose and (punch := _punch()) is not None:
        punch(descriptor, head, found.st_size - tail - head)


def bound_ended(folder: Path, head: int = HEAD_BYTES, tail: int = TAIL_BYTES) -> None:
    """Write the log of a run that has ended anew, with how much is left out, where it is longer than head and tail.

    Lines are kept whole, where they are shorter than what is kept. A log that is no file stays as it is.
    """
    path = folder / LOG_FILE
    with contextlib.suppress(FileNotFoundError):
        size = path.lstat().st_size
        if size <= head + tail or path.is_symlink() or not path.is_file():
            return
        with path.open("rb") as log:
            first = log.read(head)
            log.seek(size - tail)
            last = log.read(tail)
        first = first[: first.rfind(b"\n") + 1] or first
        last = last[last.find(b"\n") + 1 :] or last
        left_out = f"... {size - len(first) - len(last):,} bytes are left out here ...\n".encode()
        partial = folder / f"{LOG_FILE}.partial"
        partial.write_bytes(first.rstrip(b"\n") + b"\n" + left_out + last)
        partial.replace(path)


def last_line(folder: Path) -> str:
    """The last line that a run printed; empty where there is none, as where the target removed the file."""
    path = folder / LOG_FILE
    if not path.is_file():
        return ""
    with contextlib.suppress(OSError), path.open("rb") as log:
        log.seek(max(log.seek(0, os.SEEK_END) - _LAST_BYTES, 0))
        lines = log.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""
    return ""


@functools.cache
def _punch() -> Callable[[int, int, int], None] | None:
    """A function that makes a hole of so many bytes at an offset of an open file; None where the system has none."""
    if not sys.platform.startswith("linux"):
        return None
    call = getattr(ctypes.CDLL(None, use_errno=True), "fallocate64", None)
    if call is None:
        return None
    call.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)

    def punch(descriptor: int, offset: int, count: int) -> None:
        call(descriptor, _PUNCH_HOLE | _KEEP_SIZE, offset, count)  # one that cannot leaves the file as it is

    return punch
