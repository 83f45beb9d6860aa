"""Packages as a virtual environment of their own, made once, with the few modules that judge beside them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import distributions, version
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from harness.environments import cache
from harness.environments.cache import Say
from harness.environments.commands import carry_out, last_line
from harness.environments.interpreters import Interpreter
from harness.environments.judging_modules import beside
from harness.environments.pip import PipError, install
from harness.environments.versions import PACKAGES, Version
from harness.errors import UsageError
from harness.text import dotted, shown

_LINK = "soak_beside.pth"

_VENV_PATIENCE_S = 300.0
"""Real seconds that an environment without packages may take to be made."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment: its interpreter, where its packages lie, their versions, and what describing needs."""

    interpreter: str
    site: str
    packages: tuple[tuple[str, str], ...]
    describing: str


def environment_of(
    config: str, asked: Version, python: Interpreter, own: Interpreter, *, pins: Mapping[str, str], say: Say
) -> Environment:
    """The environment with the packages that a version asks for, and what these need; says so before it is made.

    `pins` are the versions of what another config has, which is to differ in nothing else; where that cannot be, it is
    said, and they are not kept. Raises UsageError where pip refuses.
    """
    folders = beside(python, own, say)
    kept = {name: pin for name, pin in {"numpy": version("numpy"), **pins}.items() if name not in names_of(asked)}
    told = [python.path, python.version, str(asked.build_packages), str(folders["judged"]), *_identities(config, asked)]
    told += ["alone"] if asked.packages_alone else []
    told += [f"{name}=={pin}" for name, pin in sorted(kept.items())] if asked.packages else []
    name = f"{python.abi}-{hashlib.sha256(chr(10).join(told).encode()).hexdigest()[:16]}"

    def make(partial: Path) -> dict[str, Any]:
        _make_environment(python, partial)
        if asked.packages:
            say(f"installs for Python {python.version}, {_how(asked)}: {', '.join(asked.packages)}")
            _install(config, asked, partial, kept, say)
        (site,) = partial.glob("lib/python3*/site-packages")
        (site / _LINK).write_text(f"{folders['judged']}\n", encoding="utf-8")
        _name_finally(partial)
        versions = {one.name.lower().replace("_", "-"): one.version for one in distributions(path=[str(site)])}
        what = ", ".join(asked.packages) or "no packages"
        return {"what": f"{what} for Python {python.version}", "packages": dict(sorted(versions.items()))}

    entry = cache.obtain("packages", name, make, say=say)
    (site,) = entry.folder.glob("lib/python3*/site-packages")
    packages = tuple((str(name), str(one)) for name, one in dict(entry.about.get("packages", {})).items())
    return Environment(str(entry.folder / "bin" / "python"), str(site), packages, str(folders["describing"]))


def names_of(asked: Version) -> set[str]:
    """The names of the packages that a version asks for, as an index has them; a wheel has its own in its file's."""
    written = (Path(package).name.partition("-")[0] if _is_wheel(package) else package for package in asked.packages)
    matches = (re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", text) for text in written)
    return {canonicalize_name(match[0]) for match in matches if match}


def _identities(config: str, asked: Version) -> Iterator[str]:
    """What tells packages apart: as they are written, and of a wheel what is in it."""
    for package in asked.packages:
        yield package
        if _is_wheel(package):
            try:
                yield hashlib.sha256(Path(package).read_bytes()).hexdigest()
            except OSError as error:
                where = f"{dotted('configs', config, PACKAGES)} = {shown(list(asked.packages))}"
                raise UsageError(f"{where}: {package}: {error.strerror}") from None


def _is_wheel(package: str) -> bool:
    return package.endswith(".whl")


def _how(asked: Version) -> str:
    how = "building what has no wheel" if asked.build_packages else "wheels only"
    return f"{how}, and nothing else" if asked.packages_alone else how


def _make_environment(python: Interpreter, folder: Path) -> None:
    command = [python.path, "-I", "-m", "venv", "--without-pip", str(folder)]
    made = carry_out(command, patience_s=_VENV_PATIENCE_S)
    if made.returncode:
        raise UsageError(f"{python.path} makes no virtual environment: {last_line(made)}")


def _install(config: str, asked: Version, folder: Path, pins: Mapping[str, str], say: Say) -> None:
    python, packages, builds = str(folder / "bin" / "python"), asked.packages, asked.build_packages
    try:
        if asked.packages_alone:
            install(python, packages, builds=builds, needed=False)
            return
        try:
            install(python, packages, builds=builds, pins=pins)
        except PipError:
            if not pins:
                raise
            install(python, packages, builds=builds)
            say(f"{config}: what its packages need cannot all have the versions that the other configs have")
    except PipError as error:
        advice = "" if asked.build_packages else "; only wheels were allowed, build_packages = true builds the rest"
        where = f"{dotted('configs', config, PACKAGES)} = {shown(list(packages))}"
        raise UsageError(f"{where}: pip: {error}{advice}") from None


def _name_finally(partial: Path) -> None:
    """Let the scripts of an environment name its interpreter by the path that it has once it is renamed."""
    former, final = str(partial).encode(), str(cache.final(partial)).encode()
    for script in (partial / "bin").iterdir():
        if script.is_file() and not script.is_symlink() and (text := script.read_bytes()).startswith(b"#!" + former):
            script.write_bytes(text.replace(former, final, 1))
