"""What comes home is what was sent: every file, no other, nowhere else."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.cluster import recordings
from harness.cluster.recordings import Listed, Piece, Spoiled, check, fetch, listing, plain, read_piece, unplain


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a run with files of several sizes, an empty one, and what is not taken."""
    folder = tmp_path / "there"
    (folder / "data" / "deep").mkdir(parents=True)
    (folder / "run.json").write_bytes(b"{}")
    (folder / "data" / "large").write_bytes(bytes(range(256)) * 40)
    (folder / "data" / "deep" / "empty").touch()
    (folder / "job.signature").write_text("of another machine's key")
    (folder / "link").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe")
    return folder


def pieces_of(run: Path) -> tuple[list[list[Piece]], object]:
    asked: list[list[Piece]] = []

    def ask(pieces: list[Piece]) -> Sequence[bytes]:
        asked.append(pieces)
        return [read_piece(run, piece) for piece in pieces]

    return asked, ask


def test_only_files_are_listed_in_order(run: Path) -> None:
    assert [(file.path, file.size) for file in listing(run)] == [
        ("run.json", 2),
        ("data/large", 10240),
        ("data/deep/empty", 0),
    ]
    assert unplain(plain(listing(run))) == listing(run)


def test_files_arrive_whole_in_pieces_of_bounded_size(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordings, "PIECE_BYTES", 1000)
    asked, ask = pieces_of(run)
    home = tmp_path / "home"
    home.mkdir()
    fetch(listing(run), home, ask)  # type: ignore[arg-type]
    assert listing(home) == listing(run)
    assert len(asked) == 11
    assert max(sum(length for _, _, length in pieces) for pieces in asked) == 1000


def test_what_changed_on_its_way_is_refused(run: Path, tmp_path: Path) -> None:
    files = listing(run)
    home = tmp_path / "home"
    home.mkdir()
    with pytest.raises(Spoiled, match=r"data/large: did not arrive as it was sent"):
        fetch(files, home, lambda pieces: [b"x" * length for _, _, length in pieces if length > 2] and [b"{}", b"x"])
    check(files, run)
    (run / "run.json").write_bytes(b"[]")
    with pytest.raises(Spoiled, match=r"run\.json: did not arrive"):
        check(files, run)


@pytest.mark.parametrize("path", ["../run.json", "/etc/passwd", "data/../../x", "", "a\0b", "machine.json"])
def test_nothing_is_written_outside_of_the_run_or_over_what_is_told_of_its_machine(tmp_path: Path, path: str) -> None:
    with pytest.raises(Spoiled, match="is no path of a file of a run"):
        fetch([Listed(path, 1, "0" * 64)], tmp_path, lambda _pieces: [b"x"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("told", [[("a", 1)], [("a", "x", "y")], [3]])
def test_a_listing_that_is_none_is_refused(told: list[object]) -> None:
    with pytest.raises(Spoiled, match="no listing of files"):
        unplain(told)  # type: ignore[arg-type]
