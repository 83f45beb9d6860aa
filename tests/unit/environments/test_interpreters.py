"""Interpreters by their version: the newest that fits; where there is none, those there are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.environments import interpreters
from harness.environments.interpreters import Interpreter, asked, interpreter_of, own_interpreter
from harness.errors import UsageError


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = ("3.9.18", "3.12.1", "3.13.0", "3.13.10", "3.1.5")
    there = [Interpreter(f"/opt/{version}/bin/python", version, f"abi-{version}") for version in versions]
    monkeypatch.setattr(interpreters, "_installed", lambda: iter(there))


@pytest.mark.parametrize(("python", "version"), [("3.13", "3.13.10"), ("3.13.0", "3.13.0"), ("3.12", "3.12.1")])
def test_the_newest_that_fits(installed: None, python: str, version: str) -> None:
    assert interpreter_of("a", python).version == version


def test_one_that_is_not_installed_is_answered_with_those_that_are(installed: None) -> None:
    with pytest.raises(UsageError) as error:
        interpreter_of("a", "3.14")
    assert str(error.value) == (
        'configs.a.python = "3.14": is not installed: neither on the PATH nor by pyenv or uv; '
        "those that are: 3.12.1, 3.13.0, 3.13.10"
    )


def test_this_one_is_asked_and_what_does_not_answer_is_none(tmp_path: Path) -> None:
    own = asked(sys.executable)
    assert own is not None
    assert (own.version, own.abi) == (own_interpreter().version, own_interpreter().abi)
    shim = tmp_path / "python3.13"
    shim.write_text("#!/bin/sh\nexit 1\n")
    shim.chmod(0o755)
    assert asked(str(shim)) is None
    assert asked(str(tmp_path / "none")) is None


def test_they_are_looked_for_on_the_path_and_where_pyenv_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("bin/python3.13", "bin/python3-config", "pyenv/versions/3.12.1/bin/python3"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o755)
    monkeypatch.setenv("PATH", f"relative:{tmp_path / 'bin'}:{tmp_path / 'none'}")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("HOME", str(tmp_path))
    there = [str(Path(path).relative_to(tmp_path)) for path in interpreters._candidates()]
    assert there == ["bin/python3.13", "pyenv/versions/3.12.1/bin/python3"]
