"""The Python interpreters of this machine, by their version: on the PATH, and where pyenv and uv keep theirs."""

from __future__ import annotations

import functools
import json
import os
import platform
import re
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.environments.commands import carry_out
from harness.environments.versions import PYTHON
from harness.errors import UsageError
from harness.text import dotted, shown

PATIENCE_S = 30.0

_ASK = """\
import json, platform, sys, sysconfig
print(json.dumps([sys.executable, platform.python_version(), sysconfig.get_config_var("SOABI")]))
"""


@dataclass(frozen=True)
class Interpreter:
    """One interpreter: its path, its version in full, and the ABI that compiled modules must be made for."""

    path: str
    version: str
    abi: str


def interpreter_of(config: str, python: str) -> Interpreter:
    """The interpreter of a version such as "3.13" or "3.13.0": the newest there is.

    Raises UsageError, with the versions that are installed, where there is none.
    """
    there = sorted(_installed(), key=_ordered, reverse=True)
    for interpreter in there:
        if f"{interpreter.version}.".startswith(f"{python}."):
            return interpreter
    known = ", ".join(dict.fromkeys(interpreter.version for interpreter in reversed(there) if _is_new(interpreter)))
    raise UsageError(
        f"{dotted('configs', config, PYTHON)} = {shown(python)}: is not installed: neither on the PATH nor by pyenv or "
        f"uv; those that are: {known or 'none from 3.11 on'}"
    )


def own_interpreter() -> Interpreter:
    """The interpreter of this process."""
    abi = sysconfig.get_config_var("SOABI")
    return Interpreter(sys.executable, platform.python_version(), str(abi))


@functools.cache
def asked(path: str) -> Interpreter | None:
    """What an interpreter says of itself; None where it does not answer, as a shim of pyenv may not."""
    try:
        command = [path, "-I", "-S", "-c", _ASK]
        told = carry_out(command, patience_s=PATIENCE_S)
        return Interpreter(*json.loads(told.stdout)) if told.returncode == 0 else None
    except (OSError, ValueError, TypeError):  # TimeoutError is an OSError
        return None


def _installed() -> Iterator[Interpreter]:
    for path in dict.fromkeys(os.path.realpath(path) for path in _candidates()):
        if (interpreter := asked(path)) is not None:
            yield interpreter


def _candidates() -> Iterator[str]:
    named = re.compile(r"python3(\.\d+)?")
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        try:
            names = os.listdir(folder) if os.path.isabs(folder) else []
        except OSError:
            continue
        yield from (
            path for name in sorted(names) if named.fullmatch(name) and (path := shutil.which(name, path=folder))
        )
    home = Path.home()
    pyenv = Path(os.environ.get("PYENV_ROOT") or home / ".pyenv")
    for versions in (pyenv / "versions", home / ".local" / "share" / "uv" / "python"):
        yield from (str(path) for path in sorted(versions.glob("*3.*/bin/python3")))


def _ordered(interpreter: Interpreter) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", interpreter.version))


def _is_new(interpreter: Interpreter) -> bool:
    return _ordered(interpreter) >= (3, 11)
