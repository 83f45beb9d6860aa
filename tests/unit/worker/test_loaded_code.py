"""Where the code of a target came from, and what of it should have come from its config's own."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.worker.loaded_code import contents, loaded_code, put_first, strays


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Two folders with a module of the same name; whatever is imported of them is forgotten again."""
    for name in ("own", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "traded_bot.py").write_text("def build(params, environment): ...\n")
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("PYTHONPATH", "inherited")
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    return tmp_path / "own", tmp_path / "other"


def test_the_file_that_was_loaded_is_told(folders: tuple[Path, Path]) -> None:
    own, _ = folders
    put_first([str(own)])
    importlib.import_module("traded_bot")
    told = loaded_code("traded_bot:build", [str(own)])
    assert told["factory"] == str(own / "traded_bot.py")
    assert told["elsewhere"] == []
    assert told["numpy"] == np.__version__
    file = str(own / "traded_bot.py")
    assert told["state"][file] == contents(file)
    assert not [name for name in told["state"] if "/harness/" in name]
    (own / "traded_bot.py").write_text("def build(params, environment): return None\n")
    assert told["state"][file] != contents(file)


def test_a_module_that_the_folder_has_and_that_came_from_elsewhere_is_told(folders: tuple[Path, Path]) -> None:
    own, other = folders
    put_first([str(other)])
    importlib.import_module("traded_bot")
    assert strays("adapter:build", [str(own)]) == [f"traded_bot came from {other / 'traded_bot.py'}"]
    assert loaded_code("adapter:build", [str(own)])["elsewhere"] == strays("adapter:build", [str(own)])


def test_an_adapter_may_lie_elsewhere_where_something_came_from_the_folder(folders: tuple[Path, Path]) -> None:
    own, other = folders
    (other / "traded_bot.py").rename(other / "adapter.py")
    put_first([str(own), str(other)])
    importlib.import_module("adapter")
    (nothing,) = loaded_code("adapter:build", [str(own)])["elsewhere"]
    assert nothing == f"nothing of it was loaded, and adapter came from {other / 'adapter.py'}"
    importlib.import_module("traded_bot")
    assert loaded_code("adapter:build", [str(own)])["elsewhere"] == []


def test_the_instrument_is_its_own_unless_it_is_the_target(tmp_path: Path) -> None:
    (tmp_path / "harness").mkdir()
    (tmp_path / "harness" / "__init__.py").touch()
    assert strays("bot:build", [str(tmp_path)]) == []
    (stray,) = strays("harness.collector:build", [str(tmp_path)])
    assert stray.startswith("harness came from ")


def test_processes_that_the_target_starts_find_the_same_code(folders: tuple[Path, Path]) -> None:
    import os

    own, _ = folders
    put_first([])
    assert os.environ["PYTHONPATH"] == "inherited"
    put_first([str(own)])
    assert os.environ["PYTHONPATH"] == f"{own}{os.pathsep}inherited"


def test_a_file_of_the_working_tree_that_the_revision_has_is_not_of_the_revision(folders: tuple[Path, Path]) -> None:
    own, other = folders
    (own / "lib").mkdir()
    (other / "lib").mkdir()
    for folder in folders:
        (folder / "traded_bot.py").rename(folder / "lib" / "traded_bot.py")
    put_first([str(own), str(other / "lib")])
    importlib.import_module("traded_bot")  # by a path that the revision does not stand in for
    assert strays("adapter:build", [str(own)]) == []
    assert strays("adapter:build", [str(own)], str(other)) == [f"traded_bot came from {other / 'lib/traded_bot.py'}"]
