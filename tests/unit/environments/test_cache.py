"""What is made once is made whole or not at all, is used by many, and is removed by nobody who did not make it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.environments import cache
from harness.environments.cache import Entry, entries, obtain, remove
from harness.environments.commands import at_once
from harness.errors import SoakError
from tests.unit.environments.conftest import let_go

LONGEST_S = 60.0


def make(partial: Path) -> dict[str, Any]:
    partial.mkdir()
    (partial / "code.py").write_text("x = 1\n")
    return {"what": "some code"}


def no_more(partial: Path) -> dict[str, Any]:
    raise AssertionError("it was made already")


def test_an_entry_is_made_once_and_told_with_its_size(cache_folder: Path, said: list[str]) -> None:
    entry = obtain("revisions", "a", make, say=said.append)
    assert entry.folder == cache_folder / "revisions" / "a"
    assert entry.size_bytes == len("x = 1\n")
    assert said == [f"made {entry.folder} (0.0 MB; `soak clean` removes it)"]
    assert obtain("revisions", "a", no_more, say=said.append) == entry
    let_go()
    assert obtain("revisions", "a", no_more, say=said.append) == entry
    assert len(said) == 1


def test_threads_that_want_one_entry_make_it_once(said: list[str]) -> None:
    made: list[Path] = []
    begun, ready = threading.Barrier(2), threading.Event()

    def make_slowly(partial: Path) -> dict[str, Any]:
        made.append(partial)
        ready.wait(LONGEST_S)
        return make(partial)

    def want(_: int) -> Entry:
        begun.wait(LONGEST_S)
        ready.set()
        return obtain("packages", "a", make_slowly, say=said.append)

    first, second = at_once(want, range(2), 2)
    assert first == second
    assert len(made) == len(said) == 1


def test_what_fails_leaves_nothing_and_what_was_killed_is_made_anew(cache_folder: Path, said: list[str]) -> None:
    def fail(partial: Path) -> dict[str, Any]:
        make(partial)
        raise OSError(28, "No space left on device")

    with pytest.raises(SoakError, match="revisions/a: cannot be made: No space left on device"):
        obtain("revisions", "a", fail, say=said.append)
    assert entries() == []
    assert not (cache_folder / "revisions" / "a.partial").exists()
    (cache_folder / "revisions" / "a.partial" / "half").mkdir(parents=True)
    (cache_folder / "revisions" / "a" / "without a record").mkdir(parents=True)
    entry = obtain("revisions", "a", make, say=said.append)
    assert [path.name for path in entry.folder.iterdir()] == ["code.py"]


def test_what_cannot_be_written_down_is_not_kept(
    cache_folder: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(table: object, path: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(cache, "write_json", full)
        with pytest.raises(SoakError, match="cannot be made: No space left on device"):
            obtain("revisions", "a", make, say=said.append)
    assert [path.suffix for path in (cache_folder / "revisions").iterdir()] == [".lock"]
    assert obtain("revisions", "a", make, say=said.append).folder.is_dir()


def test_only_what_was_made_here_is_an_entry(cache_folder: Path, said: list[str]) -> None:
    obtain("revisions", "a", make, say=said.append)
    (cache_folder / "revisions" / "mine").mkdir()
    (cache_folder / "elsewhere").mkdir()
    (cache_folder / "elsewhere.json").write_text("{}")
    assert [entry.folder.name for entry in entries()] == ["a"]


def test_what_a_process_uses_is_not_removed(said: list[str], tmp_path: Path) -> None:
    entry = obtain("revisions", "a", make, say=said.append)
    told: list[Path] = []
    assert not remove(entry, lambda gone: told.append(gone.folder))
    let_go()
    code = "from harness.environments.cache import remove, entries; print([remove(e, print) for e in entries()])"
    obtain("revisions", "a", no_more, say=said.append)
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == "[False]"
    let_go()
    assert remove(entry, lambda gone: told.append(gone.folder))
    assert told == [entry.folder]
    assert list(entry.folder.parent.iterdir()) == []


def test_who_uses_an_entry_holds_up_no_other(said: list[str]) -> None:
    entry = obtain("revisions", "a", make, say=said.append)
    let_go()
    code = "from harness.environments.cache import obtain; obtain('revisions', 'a', None, say=print); input('used')"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.read(4) == "used"
        assert obtain("revisions", "a", no_more, say=said.append) == entry
        other.communicate("\n")
    assert len(said) == 1


def test_soak_clean_lists_and_removes(said: list[str], capsys: pytest.CaptureFixture[str], cache_folder: Path) -> None:
    obtain("revisions", "a", make, say=said.append)
    keeper = cache_folder / "revisions" / "notes.txt"
    keeper.write_text("mine")
    assert main(["clean"]) == 0
    assert "0.0 MB: some code, kept: a soak uses it" in capsys.readouterr().out
    let_go()
    assert main(["clean", "--dry-run"]) == 0
    assert "without --dry-run it is removed" in capsys.readouterr().out
    assert len(entries()) == 1
    assert main(["clean"]) == 0
    assert entries() == []
    assert keeper.read_text() == "mine"
    assert main(["clean"]) == 0
    assert "Nothing to remove" in capsys.readouterr().out


def test_a_record_that_was_damaged_is_none(said: list[str]) -> None:
    folder = obtain("revisions", "a", make, say=said.append).folder
    let_go()
    cache._beside(folder, ".json").write_text("[")
    assert entries() == []
    obtain("revisions", "a", make, say=said.append)
    assert json.loads(cache._beside(folder, ".json").read_text()) == {"what": "some code"}
