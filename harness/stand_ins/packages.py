"""Importing by name what is not there: ``import telegram`` gives a module whose every attribute is a stand-in."""

from __future__ import annotations

import importlib.abc
import sys
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from harness.stand_ins.answering_all import STAND_IN

NEEDED = frozenset({"harness", "synthetic", "numpy", "psutil", "time_machine"})
"""What a judged process is made of: beside the standard library, what nothing may stand in for."""


def refusal_of(name: str) -> str | None:
    """Return why nothing may stand in for the module `name`, None where something may."""
    if not name or not all(part.isidentifier() for part in name.split(".")):
        return 'must be the name of a package or module, such as "telegram"'
    root = name.partition(".")[0]
    if root in NEEDED or root in sys.stdlib_module_names:
        return "cannot be replaced: the judged process needs it itself"
    return None


class _Module(ModuleType):
    """A package: from it and below it anything can be imported."""

    __all__: Sequence[str] = ()

    def __getattr__(self, name: str) -> Any:
        return getattr(STAND_IN, name)


class StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Answers for the modules `names` and all below them, installed or not."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The spec of a stand-in; None for every other module."""
        parts = name.split(".")
        if any(".".join(parts[:count]) in self.names for count in range(1, len(parts) + 1)):
            return ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module."""
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is in it."""


def stand_in_for(names: Iterable[str]) -> None:
    """From now on something stands in for `names`, which nobody has imported yet; asked again it changes nothing."""
    wanted = frozenset(names)
    if wanted and not any(isinstance(finder, StandIns) and finder.names == wanted for finder in sys.meta_path):
        sys.meta_path.insert(0, StandIns(wanted))
