"""Whether a soak is being carried out: its process locks the result folder, and the lock ends with the process.

Who only reads a result writes nothing there while its soak lives. The lock is on the folder itself (flock), so that it
leaves no file behind and cannot outlive a soak that was killed. Where the file system has no such locks nothing is
held, and nobody is taken to live.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

DEEPEST = 5
"""A run lies so many folders below the result of its soak: anchors/<world>/runs/<config>/seed-<n>."""

TRIES = 100
"""Who only asks holds the lock for microseconds; a soak tries again until it is alone."""

_held: set[Path] = set()
"""What this process has locked."""


@contextlib.contextmanager
def locked(path: Path, *, tries: int = TRIES, pause_s: float = 0.01) -> Iterator[bool]:
    """Lock a result folder, or a file, until the end of the block; whether it is locked: not where another has it.

    What this process has locked already stays so.
    """
    place = path.resolve()
    if place in _held:
        yield True
        return
    descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if not _has_locked(descriptor, tries, pause_s):
            yield False
            return
        _held.add(place)
        try:
            yield True
        finally:
            _held.discard(place)
    finally:
        os.close(descriptor)


def _has_locked(descriptor: int, tries: int, pause_s: float) -> bool:
    for left in reversed(range(tries)):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if left:
                time.sleep(pause_s)
            continue
        except OSError:  # no locks here: nobody can be told apart
            return True
        return True
    return False


def lives(folder: Path) -> bool:
    """Whether another process carries out the soak that a folder is the result of, or lies in."""
    place = folder.resolve()
    return any(_locked_by_another(above) for above in (place, *place.parents[:DEEPEST]))


def _locked_by_another(place: Path) -> bool:
    if place in _held:
        return False
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False
