"""What is made once and used again: checked-out revisions, environments. Below the user's cache, and nowhere else.

An entry is a folder with a record beside it, ``NAME.json``, which is written last: what has none was not made here, or
not to its end. Who makes an entry, or removes one, holds its lock alone; who uses one shares it until its process ends,
so that nobody's code is removed under a soak. An entry is made beside its place and renamed into it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.errors import SoakError
from harness.files import write_json

Say = Callable[[str], None]

KINDS: Final = ("revisions", "packages", "beside")
"""The folders of the cache: worktrees, virtual environments, and the modules that judged processes get beside them."""

_RECORD, _LOCK, _PARTIAL = ".json", ".lock", ".partial"

_in_use: dict[Path, int] = {}
"""Entries that this process uses, with the descriptors of their locks; they end with it."""

_turns: defaultdict[Path, threading.Lock] = defaultdict(threading.Lock)
"""Whose turn it is among the threads of this process that want one entry; the locks of files tell processes apart."""


@dataclass(frozen=True)
class Entry:
    """One entry: its folder, and what its record says of it."""

    folder: Path
    about: dict[str, Any]

    @property
    def size_bytes(self) -> int:
        """What its files take; links are not followed."""
        return sum(
            os.lstat(os.path.join(folder, name)).st_size
            for folder, _, names in os.walk(self.folder, onerror=None)
            for name in names
        )


def say_to_stderr(text: str) -> None:
    """Say what is about to be done, or was, to whoever waits for it."""
    print(f"soak: {text}", file=sys.stderr, flush=True)


def root() -> Path:
    """Where the cache lies: in the folder for what can be made again (XDG Base Directory Specification)."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(cache) if os.path.isabs(cache) else Path.home() / ".cache") / "collector-soak"


def obtain(kind: str, name: str, make: Callable[[Path], dict[str, Any]], *, say: Say) -> Entry:
    """The entry of that name, in use until this process ends; where there is none it is made.

    `make` fills the folder that it is told, which becomes the entry, and returns what the record says of it. Raises
    SoakError where the cache cannot be written, and what `make` raises; then nothing stays. Threads that want the same
    entry wait for one another.
    """
    folder = root() / kind / name
    with _turns[folder]:
        return _obtained(folder, make, say)


def _obtained(folder: Path, make: Callable[[Path], dict[str, Any]], say: Say) -> Entry:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        waiting = _once(lambda: say(f"waiting for another process that makes {folder}"))
        if folder not in _in_use:
            _in_use[folder] = _opened(folder, waiting)
        entry = _read(folder)
        if entry is None:
            _lock(_in_use[folder], fcntl.LOCK_EX, waiting)
            entry = _read(folder)  # another may have made it meanwhile
            if entry is None:
                entry = _made(folder, make)
                say(f"made {folder} ({entry.size_bytes / 1e6:.1f} MB; `soak clean` removes it)")
            _lock(_in_use[folder], fcntl.LOCK_SH, waiting)
    except OSError as error:
        _release(folder)
        raise SoakError(f"{folder}: cannot be made: {error.strerror or error}") from error
    except BaseException:
        _release(folder)
        raise
    return entry


def final(partial: Path) -> Path:
    """The path that an entry has once what is made at `partial` is renamed."""
    return partial.with_name(partial.name.removesuffix(_PARTIAL))


def entries() -> list[Entry]:
    """All entries that were made here, by kind and name."""
    records = (record for kind in KINDS for record in sorted((root() / kind).glob(f"*{_RECORD}")))
    there = (_read(record.with_name(record.name.removesuffix(_RECORD))) for record in records)
    return [entry for entry in there if entry is not None]


def remove(entry: Entry, forget: Callable[[Entry], None]) -> bool:
    """Remove an entry, once `forget` has told others that it goes; False where a process uses it."""
    with _alone(entry.folder) as alone:
        if not alone:
            return False
        forget(entry)
        _discard(entry.folder)
        _beside(entry.folder, _RECORD).unlink(missing_ok=True)
        _beside(entry.folder, _LOCK).unlink(missing_ok=True)
        return True


def _made(folder: Path, make: Callable[[Path], dict[str, Any]]) -> Entry:
    partial = _beside(folder, _PARTIAL)
    for left in (partial, folder):  # of one that was killed
        _discard(left)
    try:
        about = make(partial)
        partial.rename(folder)
        write_json(about, _beside(folder, _RECORD))
    except BaseException:
        for left in (partial, folder):
            _discard(left)
        raise
    return Entry(folder, about)


def _read(folder: Path) -> Entry | None:
    try:
        about = json.loads(_beside(folder, _RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return Entry(folder, about) if isinstance(about, dict) and folder.is_dir() and not folder.is_symlink() else None


def _discard(folder: Path) -> None:
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


def _beside(folder: Path, suffix: str) -> Path:
    return folder.with_name(folder.name + suffix)


def _once(say: Callable[[], None]) -> Callable[[], None]:
    """Say something the first time only."""
    said: list[bool] = []

    def tell() -> None:
        if not said:
            said.append(True)
            say()

    return tell


def _opened(folder: Path, waiting: Callable[[], None]) -> int:
    """Open the lock of an entry, and share it; one that was removed with its entry meanwhile is opened anew.

    Who uses an entry shares it for hours: only who makes it is waited for.
    """
    file = _beside(folder, _LOCK)
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        _lock(descriptor, fcntl.LOCK_SH, waiting)
        if os.fstat(descriptor).st_nlink:  # it is still the file of that name
            return descriptor
        os.close(descriptor)


def _lock(descriptor: int, how: int, waiting: Callable[[], None]) -> None:
    with contextlib.suppress(OSError):  # a file system without locks: nobody can be told apart
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(descriptor, how)


def _release(folder: Path) -> None:
    if (descriptor := _in_use.pop(folder, None)) is not None:
        os.close(descriptor)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    if folder in _in_use:
        yield False
        return
    descriptor = os.open(_beside(folder, _LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        except OSError:  # no locks here
            yield True
        else:
            yield True
    finally:
        os.close(descriptor)
