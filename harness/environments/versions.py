"""What a config says of the version of the program that it is about: keys that are no parameters of the target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

PATH: Final = "path"

KEYS: Final = (PATH,)
"""The keys of a config that name a version of the program."""


@dataclass(frozen=True)
class Version:
    """A version of the program, as a config names it; all empty where it is the one that is importable here.

    `path` is a folder whose code goes first, from the current folder.
    """

    path: str | None = None

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Version:
        """The version that a config names. Its values are those that `refused` has nothing against."""
        return cls(path=config.get(PATH))

    def named(self) -> list[tuple[str, str]]:
        """The keys that are set, with their values as text."""
        return [(PATH, self.path)] if self.path is not None else []


def refused(config: Mapping[str, Any]) -> Iterator[tuple[str, object, str]]:
    """What is wrong with the keys of a config that name a version: the key, its value, what is allowed."""
    if PATH in config and not _is_line(config[PATH]):
        yield PATH, config[PATH], 'must be a folder in "quotes", such as "../bot-fixed"'


def _is_line(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value.isprintable()
