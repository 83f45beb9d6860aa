"""What a config says of the version of the program that it is about: keys that are no parameters of the target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

PATH: Final = "path"
REVISION: Final = "revision"

KEYS: Final = (PATH, REVISION)
"""The keys of a config that name a version of the program."""


@dataclass(frozen=True)
class Version:
    """A version of the program, as a config names it; all empty where it is the one that is importable here.

    `path` is a folder, from the current one, whose code goes first; `revision` a commit, branch or tag of the git
    repository in which that folder lies, or the target.
    """

    path: str | None = None
    revision: str | None = None

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Version:
        """The version that a config names. Its values are those that `refused` has nothing against."""
        return cls(path=config.get(PATH), revision=config.get(REVISION))

    def table(self) -> dict[str, Any]:
        """The keys that are set, as in a config."""
        return {key: value for key, value in ((PATH, self.path), (REVISION, self.revision)) if value is not None}

    def named(self) -> list[tuple[str, str]]:
        """The keys that are set, with their values as text."""
        return [(key, str(value)) for key, value in self.table().items()]

    @property
    def makes(self) -> bool:
        """Whether something is checked out or installed for it."""
        return self.revision is not None


def refused(config: Mapping[str, Any]) -> Iterator[tuple[str, object, str]]:
    """What is wrong with the keys of a config that name a version: the key, its value, what is allowed."""
    if PATH in config and not _is_line(config[PATH]):
        yield PATH, config[PATH], 'must be a folder in "quotes", such as "../bot-fixed"'
    if REVISION in config and not (_is_line(config[REVISION]) and config[REVISION][0] not in "-^"):
        yield REVISION, config[REVISION], 'must be a commit, branch or tag in "quotes", such as "v1.4"'


def _is_line(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value.isprintable()
