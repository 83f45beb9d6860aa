"""The few modules that a judged process needs beside the target's own: the instrument, and what that imports there.

A process with packages of its own gets these, last on its path, and not the whole installation: the target finds what
its config lists. The process that describes the target needs pydantic too, which the judged one does not get.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any, Final

import harness
import synthetic
from harness.environments import cache
from harness.environments.cache import Say
from harness.environments.interpreters import Interpreter
from harness.environments.pip import install

JUDGED: Final = ("numpy", "psutil", "time-machine", "h11", "wsproto")
DESCRIBING: Final = ("pydantic", "pydantic-core", "annotated-types", "typing-extensions", "typing-inspection")

_FOLDERS: Final = {"judged": JUDGED, "describing": DESCRIBING}


def beside(interpreter: Interpreter, own: Interpreter, say: Say) -> dict[str, Path]:
    """The folders of these modules for an interpreter, as ``judged`` and ``describing``.

    They are links into this installation where that fits the interpreter, else the same versions are installed. Raises
    UsageError where pip cannot do that.
    """
    same = interpreter.abi == own.abi
    there = {name: distribution(name) for names in _FOLDERS.values() for name in names}
    pins = {name: one.version for name, one in there.items()}
    told = [interpreter.abi, *_instrument(), *(f"{name}=={version}" for name, version in pins.items())]
    if same:
        told += [str(one.locate_file("")) for one in there.values()]
    key = hashlib.sha256("\n".join(map(str, told)).encode()).hexdigest()[:12]

    def make(partial: Path) -> dict[str, Any]:
        for folder, names in _FOLDERS.items():
            (partial / folder).mkdir(parents=True)
            if same:
                _link(partial / folder, (path for name in names for path in _top_level(there[name])))
            else:
                pinned = [f"{name}=={pins[name]}" for name in names]
                say(f"installs for Python {interpreter.version}, wheels only: {', '.join(pinned)}")
                install(interpreter.path, pinned, target=partial / folder)
        _link(partial / "judged", _instrument())
        return {"what": f"what judges, for Python {interpreter.version}"}

    entry = cache.obtain("beside", f"{interpreter.abi}-{key}", make, say=say)
    return {folder: entry.folder / folder for folder in _FOLDERS}


def _instrument() -> list[Path]:
    return [Path(str(package.__file__)).resolve().parent for package in (harness, synthetic)]


def _top_level(package: Distribution) -> list[Path]:
    """The files and folders of a distribution, right below where it is installed."""
    names = dict.fromkeys(file.parts[0] for file in package.files or ())
    return [Path(str(package.locate_file(name))) for name in names if name not in ("..", "__pycache__")]


def _link(folder: Path, paths: Iterable[Path]) -> None:
    for path in paths:
        os.symlink(path, folder / path.name)
