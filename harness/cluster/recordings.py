"""A run's files on their way home: listed with digests where they were written, fetched in pieces, checked here.

Only files are taken, by paths below the folder of the run: no link, no pipe, no signature of another machine's.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from harness.cluster.conditions import MACHINE_FILE, digest_of
from harness.errors import SoakError
from harness.made_here import SUFFIX

PIECE_BYTES: Final = 4_000_000
"""So much is asked for at once."""

MOST_FILES: Final = 500
"""Of so many files at once."""

Piece = tuple[str, int, int]
"""A path below the folder of a run, an offset and a length in bytes."""


@dataclass(frozen=True)
class Listed:
    """A file of a run: its path below the run's folder, its bytes, its SHA-256."""

    path: str
    size: int
    digest: str


class Spoiled(SoakError):
    """What arrived is not what was sent."""


def listing(run: Path) -> list[Listed]:
    """Return every file of a run's folder, in order of their paths."""
    listed = []
    for folder, folders, names in os.walk(run):
        folders.sort()
        for name in sorted(names):
            file = Path(folder) / name
            if file.is_file() and not file.is_symlink() and file.suffix != SUFFIX:
                listed.append(Listed(file.relative_to(run).as_posix(), file.stat().st_size, digest_of(file)))
    return listed


def read_piece(run: Path, piece: Piece) -> bytes:
    """Return a piece of a file of a run; fewer bytes where the file has no more."""
    path, offset, length = piece
    with (run / inner(path)).open("rb") as file:
        file.seek(offset)
        return file.read(length)


def inner(path: str) -> PurePosixPath:
    """Return a path that was told. Raises Spoiled where it leads out of a run's folder."""
    told = PurePosixPath(path)
    if not told.parts or told.is_absolute() or ".." in told.parts or "\0" in path or path == MACHINE_FILE:
        raise Spoiled(f"{path!r} is no path of a file of a run")
    return told


def requests(files: Sequence[Listed]) -> Iterator[list[Piece]]:
    """Return what is asked for, one request after another: pieces in the order of the files, none too large."""
    asked: list[Piece] = []
    left = PIECE_BYTES
    for file in files:
        offset = 0
        while offset < file.size:
            length = min(file.size - offset, left)
            asked.append((file.path, offset, length))
            offset, left = offset + length, left - length
            if not left or len(asked) >= MOST_FILES:
                yield asked
                asked, left = [], PIECE_BYTES
    if asked:
        yield asked


def fetch(files: Sequence[Listed], into: Path, ask: Callable[[list[Piece]], Sequence[bytes]]) -> None:
    """Write the files of a run, whose pieces `ask` returns, into a folder. Raises Spoiled where one is another."""
    for file in files:
        target = into / inner(file.path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    for pieces in requests(files):
        for (path, _, _), content in zip(pieces, ask(pieces), strict=True):
            with (into / inner(path)).open("ab") as target_file:
                target_file.write(content)
    check(files, into)


def check(files: Sequence[Listed], there: Path) -> None:
    """Raise Spoiled where a file is missing, or is not as it was listed."""
    for file in files:
        path = there / inner(file.path)
        if not path.is_file() or path.stat().st_size != file.size or digest_of(path) != file.digest:
            raise Spoiled(f"{file.path}: did not arrive as it was sent")


def put(arrived: Path, run: Path) -> None:
    """Move what arrived to where a run is recorded, in place of what is there."""
    shutil.rmtree(run, ignore_errors=True)
    run.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(arrived, run)


def plain(files: Sequence[Listed]) -> list[tuple[str, int, str]]:
    """Return a listing as plain data; `unplain` is the way back."""
    return [(file.path, file.size, file.digest) for file in files]


def unplain(files: Sequence[Sequence[Any]]) -> list[Listed]:
    """Return the listing that plain data tell of. Raises Spoiled where they do not."""
    try:
        return [Listed(str(path), int(size), str(digest)) for path, size, digest in files]
    except (TypeError, ValueError) as error:
        raise Spoiled(f"no listing of files: {error}") from error
