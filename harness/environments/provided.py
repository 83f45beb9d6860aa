"""What becomes of a version on this machine: the interpreter of its processes, and the folders first on their path."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from harness.environments.versions import PATH, Version
from harness.errors import UsageError
from harness.text import dotted, shown


@dataclass(frozen=True)
class Provided:
    """A version as it is here: `code` are the absolute folders that go first on the path of its processes.

    `told` says what it is in a few words; nothing where it is what is importable here.
    """

    code: tuple[str, ...] = ()
    interpreter: str = sys.executable
    told: str = ""

    def command(self, module: str) -> list[str]:
        """The command line of a process of this version that runs `module`, up to its arguments."""
        return [self.interpreter, "-P", "-m", module]


HERE: Final = Provided()
"""What is importable here."""


def provide(versions: Mapping[str, Version]) -> dict[str, Provided]:
    """What each config, by its name, is judged with.

    Raises UsageError, naming the config and the key, where there is no such thing.
    """
    return {config: _provided(config, version) for config, version in versions.items()}


def _provided(config: str, version: Version) -> Provided:
    if version.path is None:
        return HERE
    if not os.path.isdir(version.path):
        wrong = "is no folder" if os.path.lexists(version.path) else "no such folder"
        raise UsageError(f"{dotted('configs', config, PATH)} = {shown(version.path)}: {wrong}, seen from {os.getcwd()}")
    return Provided(code=import_roots(os.path.abspath(version.path)), told=f"code from {version.path}")


def import_roots(folder: str) -> tuple[str, ...]:
    """The folders that modules of a project at `folder` are imported from: it, and ``src`` where that is no package."""
    src = os.path.join(folder, "src")
    layout = os.path.isdir(src) and not os.path.exists(os.path.join(src, "__init__.py"))
    return (folder, src) if layout else (folder,)


def told_apart(programs: Mapping[str, Provided]) -> list[str]:
    """Say of each config which version it is about, a line each; nothing where all are what is importable here."""
    if not any(program.told for program in programs.values()):
        return []
    return [f"{config}: {program.told or 'what is importable here'}" for config, program in programs.items()]
