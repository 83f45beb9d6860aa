"""What becomes of a version on this machine: the interpreter of its processes, and the folders first on their path."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from harness.environments.cache import Say, say_to_stderr
from harness.environments.import_roots import import_roots
from harness.environments.interpreters import interpreter_of, own_interpreter
from harness.environments.packages import environment_of, names_of
from harness.environments.revisions import check_out, resolved
from harness.environments.versions import PATH, Version
from harness.errors import UsageError
from harness.text import dotted, shown


@dataclass(frozen=True)
class Provided:
    """A version as it is here: `code` are the absolute folders that go first on the path of its processes.

    `not_from` is the working tree of whose files others are meant, empty where there is none. `told` says what it is in
    a few words; nothing where it is what is importable here.

    One with an environment of its own has another `interpreter`, its packages in the folder `site` by their names and
    versions, and in `describing` what beside them is needed to describe a target.
    """

    code: tuple[str, ...] = ()
    not_from: str = ""
    interpreter: str = sys.executable
    site: str = ""
    packages: tuple[tuple[str, str], ...] = ()
    describing: str = ""
    told: str = ""

    @property
    def own_interpreter(self) -> str:
        """Its interpreter, empty where it is this one."""
        return self.interpreter if self.site else ""

    @property
    def folders(self) -> tuple[str, ...]:
        """Where its modules must come from that are in one of them."""
        return (*self.code, self.site) if self.site else self.code

    def describing_command(self) -> list[str]:
        """The command line of a process that describes targets of this version, up to its arguments."""
        if not self.describing:
            return [self.interpreter, "-P", "-m", _ANSWERING]
        return [self.interpreter, "-P", "-c", _ANSWER_BESIDE, self.describing]


_ANSWERING = "harness.describing.answering"

_ANSWER_BESIDE = f"""\
import runpy, sys
sys.path.append(sys.argv.pop(1))  # last: what the target brings along goes first
runpy.run_module("{_ANSWERING}", run_name="__main__", alter_sys=True)
"""


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
    programs: dict[str, Provided] = {}
    named = {name for version in versions.values() for name in names_of(version)}
    pins: dict[str, str] = {}
    for config, version in versions.items():
        asked = (version, factory, scenario, os.getcwd())
        if asked not in _known:
            code = _code(config, resolved(config, version, factory, scenario), say)
            _known[asked] = _with_environment(code, config, version, pins, say)
        programs[config] = _known[asked]
        # what a later config needs has the versions that an earlier one has, save what a config asks for by its name
        pins = {name: pin for name, pin in _known[asked].packages if name not in named} | pins
    return programs


def _with_environment(code: Provided, config: str, version: Version, pins: Mapping[str, str], say: Say) -> Provided:
    if not version.has_environment:
        return code
    own = own_interpreter()
    python = own if version.python is None else interpreter_of(config, version.python)
    environment = environment_of(config, version, python, own, pins=pins, say=say)
    by_name = dict(environment.packages)
    packages = [f"{name} {by_name.get(name, '?')}" for name in sorted(names_of(version))]
    told = [code.told, f"Python {python.version}", " ".join(["with", ", ".join(packages) or "no packages"])]
    return replace(
        code,
        interpreter=environment.interpreter,
        site=environment.site,
        packages=environment.packages,
        describing=environment.describing,
        told=" ".join(filter(None, told)),
    )


def _code(config: str, version: Version, say: Say) -> Provided:
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
    lines = [f"{config}: {program.told or 'what is importable here'}" for config, program in programs.items()]
    with_own = [dict(program.packages) for program in programs.values() if program.site]
    names = sorted({name for packages in with_own for name in packages})
    differing = [name for name in names if len({packages.get(name) for packages in with_own}) > 1]
    if len(with_own) > 1:
        told = (f"{name} {' / '.join(packages.get(name, '-') for packages in with_own)}" for name in differing)
        lines.append(f"Packages that differ: {', '.join(told) or 'none'}; the same: {len(names) - len(differing)}.")
    return lines
