"""What becomes of a version on this machine: the interpreter of its processes, and the folders first on their path."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.environments.cache import Say, say_to_stderr
from harness.environments.import_roots import import_roots
from harness.environments.revisions import check_out, resolved
from harness.environments.versions import PATH, Version
from harness.errors import UsageError
from harness.text import dotted, shown


@dataclass(frozen=True)
class Provided:
    """A version as it is here: `code` are the absolute folders that go first on the path of its processes.

    `not_from` is the working tree of whose files others are meant, empty where there is none. `told` says what it is in
    a few words; nothing where it is what is importable here.
    """

    code: tuple[str, ...] = ()
    not_from: str = ""
    interpreter: str = sys.executable
    told: str = ""

    def command(self, module: str) -> list[str]:
        """The command line of a process of this version that runs `module`, up to its arguments."""
        return [self.interpreter, "-P", "-m", module]


HERE: Final = Provided()
"""What is importable here."""

_known: dict[tuple[Version, str, Path, str], Provided] = {}
"""What was provided to this process, which says of nothing twice that it is made."""


def provide(
    versions: Mapping[str, Version], factory: str, scenario: Path, *, say: Say = say_to_stderr
) -> dict[str, Provided]:
    """What each config of a `scenario`, by its name, is judged with; `say` is told of what is made before it is.

    Raises UsageError, naming the config and the key, where there is no such thing, SoakError where it cannot be made.
    """
    programs = {}
    for config, version in versions.items():
        asked = (version, factory, scenario, os.getcwd())
        if asked not in _known:
            _known[asked] = _provided(config, resolved(config, version, factory, scenario), say)
        programs[config] = _known[asked]
    return programs


def _provided(config: str, version: Version, say: Say) -> Provided:
    if version.revision is not None:
        worktree = check_out(config, version, say)
        return Provided(code=worktree.code, not_from=worktree.not_from, told=worktree.told)
    if version.path is None:
        return HERE
    if not os.path.isdir(version.path):
        wrong = "is no folder" if os.path.lexists(version.path) else "no such folder"
        raise UsageError(f"{dotted('configs', config, PATH)} = {shown(version.path)}: {wrong}, seen from {os.getcwd()}")
    return Provided(code=import_roots(os.path.abspath(version.path)), told=f"code from {version.path}")


def told_apart(programs: Mapping[str, Provided]) -> list[str]:
    """Say of each config which version it is about, a line each; nothing where all are what is importable here."""
    if not any(program.told for program in programs.values()):
        return []
    return [f"{config}: {program.told or 'what is importable here'}" for config, program in programs.items()]
