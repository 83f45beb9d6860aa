"""Which script shows a leak of which client, and running it beforehand in the environment that leaked."""

from __future__ import annotations

import importlib.resources
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.environments.commands import carry_out
from harness.errors import SoakError, UsageError
from harness.foreign_text import on_one_line

PATIENCE_S = 600.0
"""Real seconds that a script may take."""

CALLS: Final = 4000

_SAID = re.compile(r"(?m)^.+: (-?\d+\.\d+) MB per 1,000 calls$")


@dataclass(frozen=True)
class Reproduction:
    """A script for a target of `factory` whose config has these `params`; it runs in about a minute, in real time."""

    factory: str
    params: Mapping[str, Any]
    package: str
    script: str

    @property
    def text(self) -> str:
        """The script itself."""
        scripts = importlib.resources.files("harness.bundles").joinpath("scripts")
        return scripts.joinpath(f"{self.script}.py.txt").read_text(encoding="utf-8")


REPRODUCTIONS: Final = (Reproduction("harness.clients.ccxt_pro:build", {"watch": "books"}, "ccxt", "ccxt_books"),)


def reproduction_of(factory: str, params: Mapping[str, Any]) -> Reproduction:
    """The script for a config of a target. Raises UsageError, naming those there are, where there is none."""
    for one in REPRODUCTIONS:
        if one.factory == factory and all(params.get(key) == value for key, value in one.params.items()):
            return one
    known = (
        f"{one.factory} with {', '.join(f'{key} = {value}' for key, value in one.params.items())}"
        for one in REPRODUCTIONS
    )
    raise UsageError(f"{factory}: there is no script that shows a leak of it; there is one for {'; '.join(known)}")


@dataclass(frozen=True)
class Shown:
    """What a script printed: its line, and its figure in MB for every 1,000 calls."""

    line: str
    mb_per_1000_calls: float


def show(script: str, interpreter: str, seed: int, *, patience_s: float = PATIENCE_S) -> Shown:
    """Run a script in a folder of its own with an interpreter whose environment has the client.

    It opens a port on 127.0.0.1. Raises SoakError where it fails, does not end, or prints no figure.
    """
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        path = Path(folder) / "reproduce.py"
        path.write_text(script, encoding="utf-8")
        command = [interpreter, "-I", str(path), str(CALLS), str(seed)]
        try:
            env = {"PATH": "/usr/bin:/bin", "HOME": folder, "LANG": "C.UTF-8"}
            done = carry_out(command, env=env, folder=Path(folder), patience_s=patience_s)
        except TimeoutError:
            raise SoakError(f"the script is not done after {patience_s:g} s") from None
        except (FileNotFoundError, PermissionError) as error:
            raise SoakError(f"{interpreter}: {error.strerror}: the environment that leaked is gone") from None
        except OSError as error:
            raise SoakError(f"the script shows nothing: {error.strerror}") from None
    said = _SAID.search(done.stdout)
    if done.returncode or said is None:
        words = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["nothing"]
        raise SoakError(f"the script shows nothing: exit code {done.returncode}: {on_one_line(words[-1])[:300]}")
    return Shown(said[0], float(said[1]))
