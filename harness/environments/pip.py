"""Installing packages for another interpreter with the pip of this one: wheels, unless a build is allowed.

To ask beforehand what there is, and what would be installed, runs nothing of theirs, unless builds are allowed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import NormalizedName, canonicalize_name

from harness.environments.commands import carry_out
from harness.errors import UsageError

PATIENCE_S = 1800.0
"""Real seconds that an installation may take."""


class PipError(UsageError):
    """pip refused; the message is its own reason."""


@dataclass(frozen=True)
class Chosen:
    """A package that pip would install: its name as an index has it, its version, whether that was withdrawn."""

    name: str
    version: str
    yanked: bool = False


def published(interpreter: str, name: str, *, builds: bool = False, early: bool = False) -> tuple[str, ...]:
    """The versions of a package that an interpreter can have, as the index that pip is configured for lists them.

    Left out are those without a wheel unless they may be built, pre-releases unless `early`, and what was yanked.
    Raises PipError where pip knows of none, or does not know how to tell.
    """
    command = [*_pip(interpreter), "index", "versions", *_wheels(builds), *(["--pre"] if early else []), "--", name]
    done = _run(command)
    if done.returncode:
        raise PipError(_reason(done.stderr or done.stdout))
    told = (line.partition(":") for line in done.stdout.splitlines())
    lists = [names for key, _, names in told if key.strip() == "Available versions"]
    if not lists:
        raise PipError(f"said no versions of {name}")
    return tuple(version.strip() for version in lists[0].split(",") if version.strip())


def resolve(
    interpreter: str,
    packages: Sequence[str],
    *,
    builds: bool = False,
    pins: Mapping[str, str] | None = None,
) -> tuple[Chosen, ...]:
    """What pip would install of packages and of what they need, by name; `pins` as `install` has them.

    Raises PipError, a line, where they cannot be had together.
    """
    command = [*_pip(interpreter), "install", "--quiet", *_wheels(builds)]
    done = _constrained([*command, "--dry-run", "--ignore-installed", "--report", "-"], packages, pins)
    if done.returncode:
        raise PipError(_reason(done.stderr or done.stdout))
    try:
        chosen = [_chosen(one, _yanked(done.stderr)) for one in json.loads(done.stdout)["install"]]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise PipError("its report of what it would install cannot be read: a newer pip may do") from None
    return tuple(sorted(chosen, key=lambda one: one.name))


def _chosen(one: Mapping[str, Any], yanked: Collection[str]) -> Chosen:
    name = canonicalize_name(one["metadata"]["name"])
    return Chosen(name, str(one["metadata"]["version"]), bool(one.get("is_yanked")) or name in yanked)


def _yanked(warnings: str) -> set[NormalizedName]:
    """The packages that pip warns of; its report tells of them from 24.1 on only."""
    return {canonicalize_name(name) for name in re.findall(r"yanked version: '([^']+)'", warnings)}


def install(
    interpreter: str,
    packages: Sequence[str],
    *,
    target: Path | None = None,
    builds: bool = False,
    needed: bool = True,
    pins: Mapping[str, str] | None = None,
) -> None:
    """Install packages for an interpreter: into its own environment, or without what they need into `target`.

    Where nothing that is `needed` is to come with them, they are all that is installed.

    With `builds` what has no wheel is built, which runs its code; `pins` are versions that whatever is installed has.
    Raises PipError, a line, where pip refuses, UsageError where there is no pip that can do it.
    """
    command = [*_pip(interpreter), "install", "--quiet", *_wheels(builds)]
    command += [] if needed and target is None else ["--no-deps"]
    command += [] if target is None else ["--target", str(target)]
    done = _constrained(command, packages, pins)
    if done.returncode:
        raise PipError(_reason(done.stderr or done.stdout))


def _pip(interpreter: str) -> list[str]:
    command = [sys.executable, "-I", "-m", "pip", "--python", interpreter]
    return [*command, "--no-input", "--disable-pip-version-check"]


def _wheels(builds: bool) -> list[str]:
    return [] if builds else ["--only-binary", ":all:"]


def _constrained(
    command: Sequence[str], packages: Sequence[str], pins: Mapping[str, str] | None
) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory(prefix="soak-pip-", ignore_cleanup_errors=True) as folder:
        constraints = Path(folder) / "constraints.txt"
        lines = [f"{name}=={version}\n" for name, version in (pins or {}).items()]
        constraints.write_text("".join(lines), encoding="utf-8")
        return _in(Path(folder), [*command, "--constraint", str(constraints), "--", *packages])


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory(prefix="soak-pip-", ignore_cleanup_errors=True) as folder:
        return _in(Path(folder), command)


def _in(folder: Path, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run pip; what it leaves half-made when it is killed lies in `folder`."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    env["TMPDIR"] = str(folder)
    try:
        return carry_out(command, env=env, patience_s=PATIENCE_S)
    except TimeoutError:
        raise PipError(f"pip is not done after {PATIENCE_S / 60:g} minutes") from None


def _reason(printed: str) -> str:
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    if any("No module named pip" in line for line in lines):
        return f"{sys.executable} has no pip: python -m ensurepip installs it"
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return (errors or lines or ["pip said nothing"])[-1]
