"""One version of a package among those that are searched: a release, a wheel or a commit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_LONGEST_CONFIG: Final = 40


@dataclass(frozen=True)
class Candidate:
    """One version: its `name` for people, and the keys of a config that make it the one that is judged.

    Of a release and a wheel `package` is what pip is asked for; a commit has none.
    """

    name: str
    package: str = ""
    keys: Mapping[str, Any] = field(default_factory=dict)

    @property
    def config(self) -> str:
        """What the config is called that runs it."""
        return re.sub(r"[^a-z0-9_]+", "_", self.name.lower()).strip("_")[:_LONGEST_CONFIG] or "release"

    @property
    def folder_name(self) -> str:
        """The name of its folder among those of the others."""
        return re.sub(r"[^A-Za-z0-9._+!-]+", "_", self.name)
