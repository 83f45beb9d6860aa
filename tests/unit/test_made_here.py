"""What counts as made here: what the user's own key has signed."""

from __future__ import annotations

import errno
import multiprocessing
from pathlib import Path

import pytest

from harness.made_here import is_made_here, key_file, sign


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file, and no key yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "job.json").write_text("{}", encoding="utf-8")
    return tmp_path / "run" / "job.json"


def test_what_is_signed_is_made_here_until_it_is_edited(file: Path) -> None:
    assert not is_made_here(file)
    sign(file)
    assert is_made_here(file)
    file.write_text("{ }", encoding="utf-8")
    assert not is_made_here(file)


def test_the_key_is_the_users_own_and_stays(file: Path) -> None:
    sign(file)
    assert key_file().stat().st_mode & 0o777 == 0o600
    key = key_file().read_bytes()
    sign(file)
    assert key_file().read_bytes() == key
    assert list(key_file().parent.iterdir()) == [key_file()]


def test_another_users_key_signs_for_nobody_else(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sign(file)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another"))
    assert not is_made_here(file)


def test_where_no_key_can_be_kept_nothing_is_made_here(file: Path, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no folder", encoding="utf-8")
    sign(file)
    assert not is_made_here(file)
    assert [beside.name for beside in file.parent.iterdir()] == ["job.json"]


def test_processes_that_sign_at_once_have_one_key(file: Path, tmp_path: Path) -> None:
    runs = [tmp_path / f"run-{number}" for number in range(4)]
    for folder in runs:
        folder.mkdir()
        (folder / "job.json").write_text("{}", encoding="utf-8")
    forks = multiprocessing.get_context("fork")
    signing = [forks.Process(target=sign, args=(folder / "job.json",)) for folder in runs]
    for process in signing:
        process.start()
    for process in signing:
        process.join()
    assert all(is_made_here(folder / "job.json") for folder in runs)


def test_what_becomes_a_file_is_signed_before_it_is_there(file: Path) -> None:
    partial = file.with_name("partial")
    partial.write_text(file.read_text() + "more")
    sign(partial, becomes=file)
    assert not is_made_here(file)
    partial.replace(file)
    assert is_made_here(file)


def test_a_signature_that_cannot_be_written_leaves_the_one_before(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sign(file)

    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        sign(file)
    assert is_made_here(file)
