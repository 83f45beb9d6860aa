"""What a config says of the version of the program that it is about: keys that are no parameters of the target."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

PATH: Final = "path"
REVISION: Final = "revision"
PACKAGES: Final = "packages"
BUILD: Final = "build_packages"
ALONE: Final = "packages_alone"
PYTHON: Final = "python"

KEYS: Final = (PATH, REVISION, PACKAGES, BUILD, ALONE, PYTHON)
"""The keys of a config that name a version of the program."""

_PYTHON: Final = re.compile(r"3\.(1[1-9]|[2-9]\d)(\.\d+)?")

_NEEDS_NO_BUILD: Final = re.compile(
    r"(?!\S+://)[^@]+\.whl|[A-Za-z0-9][A-Za-z0-9._-]*(\[[A-Za-z0-9,._ -]+\])?\s*([<>=!~][^@;]*)?"
)
"""What pip takes from an index, or from a wheel that lies here; from a folder, a repository or an address it builds."""


@dataclass(frozen=True)
class Version:
    """A version of the program, as a config names it; all empty where it is the one that is importable here.

    `path` is a folder, from the current one, whose code goes first; `revision` a commit, branch or tag of the git
    repository in which that folder lies, or the target. With `packages` it has these and what they need, and nothing
    of this installation; they are wheels, unless `build_packages` allows to build them, and with `packages_alone` what
    they need is not installed beside them: all of it is named, whatever they ask for. `python` is the version of its
    interpreter.
    """

    path: str | None = None
    revision: str | None = None
    packages: tuple[str, ...] = ()
    build_packages: bool = False
    packages_alone: bool = False
    python: str | None = None

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Version:
        """The version that a config names. Its values are those that `refused` has nothing against."""
        values = {key: config[key] for key in KEYS if key in config}
        return cls(**{**values, PACKAGES: tuple(values.get(PACKAGES, ()))})

    def table(self) -> dict[str, Any]:
        """The keys that are set, as in a config."""
        values = {**asdict(self), PACKAGES: list(self.packages)}
        return {key: value for key, value in values.items() if value}

    def named(self) -> list[tuple[str, str]]:
        """The keys that are set, with their values as text."""
        table = self.table()
        return [(key, str(value)) for key, value in table.items() if key != PACKAGES] + [
            (PACKAGES, package) for package in self.packages
        ]

    @property
    def has_environment(self) -> bool:
        """Whether its processes have an environment of their own."""
        return bool(self.packages or self.python)

    @property
    def makes(self) -> bool:
        """Whether something is checked out or installed for it."""
        return self.revision is not None or self.has_environment


def refused(config: Mapping[str, Any]) -> Iterator[tuple[str, object, str]]:
    """What is wrong with the keys of a config that name a version: the key, its value, what is allowed."""
    if PATH in config and not _is_line(config[PATH]):
        yield PATH, config[PATH], 'must be a folder in "quotes", such as "../bot-fixed"'
    if REVISION in config and not (_is_line(config[REVISION]) and config[REVISION][0] not in "-^"):
        yield REVISION, config[REVISION], 'must be a commit, branch or tag in "quotes", such as "v1.4"'
    if PACKAGES in config:
        yield from _refused_packages(config[PACKAGES], builds=config.get(BUILD) is True)
    for switch in (BUILD, ALONE):
        if switch in config and not isinstance(config[switch], bool):
            yield switch, config[switch], "must be true or false"
    if PYTHON in config and not (_is_line(config[PYTHON]) and _PYTHON.fullmatch(config[PYTHON])):
        yield PYTHON, config[PYTHON], 'must be a version of Python from 3.11 on in "quotes", such as "3.13"'


def _refused_packages(packages: object, *, builds: bool) -> Iterator[tuple[str, object, str]]:
    if not isinstance(packages, list) or not packages or not all(_is_line(package) for package in packages):
        yield PACKAGES, packages, 'must be an array of packages, such as ["ccxt==4.5.85"]'
        return
    for package in packages:
        if package.startswith("-"):
            yield PACKAGES, package, 'is an option of pip, not a package such as "ccxt==4.5.85"'
        elif not builds and not _NEEDS_NO_BUILD.fullmatch(package):
            yield PACKAGES, package, 'is no "name==version" and no .whl file: build_packages = true lets pip build it'


def _is_line(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value.isprintable()
