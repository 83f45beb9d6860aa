"""Which script shows a leak of which client, and running it beforehand in the environment that leaked."""

from __future__ import annotations

import importlib.resources
import json
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.environments.commands import carry_out
from harness.errors import SoakError, UsageError
from harness.foreign_text import on_one_line

PATIENCE_S = 600.0
"""Real seconds that a script may take."""

FACTORY: Final = "harness.clients.{}:build"
BY_NAME: Final = FACTORY.format("by_name")
"""The factory that takes its client from the config."""

Figures = Mapping[str, float]


@dataclass(frozen=True)
class Reproduction:
    """A script for a `client` whose config has these `params`; it runs in about a minute, in real time.

    It makes so many `calls` of the library, or is sent so many messages, and prints a line with `said` in it, whose
    groups are numbers and fill the `title`. Whether they show anything is for `shows` to say.
    """

    client: str
    params: Mapping[str, Any]
    package: str
    script: str
    calls: int
    said: str
    title: str
    shows: Callable[[Figures], bool]

    @property
    def text(self) -> str:
        """The script itself."""
        scripts = importlib.resources.files("harness.bundles").joinpath("scripts")
        return scripts.joinpath(f"{self.script}.py.txt").read_text(encoding="utf-8")


LEAST_MB = 0.2
"""Of growth for 1,000 calls: releases of ccxt that keep nothing grow by less than half of it."""

REPRODUCTIONS: Final = (
    Reproduction(
        "ccxt_pro",
        {"watch": "books"},
        "ccxt",
        "ccxt_books",
        calls=4000,
        said=r"(?P<mb>-?\d+\.\d+) MB per 1,000 calls",
        title="keeps {mb:.2f} MB for every 1,000 calls",
        shows=lambda figures: figures["mb"] >= LEAST_MB,
    ),
    Reproduction(
        "binance_streams",
        {"caches": True},
        "python-binance",
        "binance_depth_cache",
        calls=800,
        said=r"(?P<called>\d+) of (?P<sent>\d+) messages called back after a gap, (?P<kept>\d+) kept",
        title="calls back {called:.0f} of {sent:.0f} messages after a gap in the sequence, and keeps {kept:.0f}",
        shows=lambda figures: figures["called"] < figures["sent"] / 2,
    ),
)


def reproduction_of(factory: str, params: Mapping[str, Any]) -> Reproduction:
    """The script for a config of a target. Raises UsageError, naming those there are, where there is none."""
    if factory == BY_NAME:
        factory = FACTORY.format(params.get("client"))
    for one in REPRODUCTIONS:
        if FACTORY.format(one.client) == factory and all(params.get(key) == value for key, value in one.params.items()):
            return one
    known = "; for ".join(
        " with ".join(
            [FACTORY.format(one.client), *(f"{key} = {json.dumps(value)}" for key, value in one.params.items())]
        )
        for one in REPRODUCTIONS
    )
    raise UsageError(f"{factory}: there is no script that shows a leak of it; there is one for {known}")


@dataclass(frozen=True)
class Shown:
    """What a script printed: its line, and the figures in it by name."""

    line: str
    figures: Figures


def show(one: Reproduction, interpreter: str, seed: int, *, patience_s: float = PATIENCE_S) -> Shown:
    """Run a script in a folder of its own with an interpreter whose environment has the client.

    It opens a port on 127.0.0.1. Raises SoakError where it fails, does not end, prints no figure, or shows nothing.
    """
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        path = Path(folder) / "reproduce.py"
        path.write_text(one.text, encoding="utf-8")
        command = [interpreter, "-I", str(path), str(one.calls), str(seed)]
        try:
            env = {"PATH": "/usr/bin:/bin", "HOME": folder, "LANG": "C.UTF-8"}
            done = carry_out(command, env=env, folder=Path(folder), patience_s=patience_s)
        except TimeoutError:
            raise SoakError(f"the script is not done after {patience_s:g} s") from None
        except (FileNotFoundError, PermissionError) as error:
            raise SoakError(f"{interpreter}: {error.strerror}: the environment that leaked is gone") from None
        except OSError as error:
            raise SoakError(f"the script shows nothing: {error.strerror}") from None
    said = re.search(rf"(?m)^.+: {one.said}$", done.stdout)
    if done.returncode or said is None:
        words = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["nothing"]
        raise SoakError(f"the script shows nothing: exit code {done.returncode}: {on_one_line(words[-1])[:300]}")
    shown = Shown(said[0], {name: float(figure) for name, figure in said.groupdict().items()})
    if not one.shows(shown.figures):
        raise SoakError(f"the script shows nothing: it printed: {on_one_line(shown.line)[:300]}")
    return shown
