"""The names of an instance's attributes, without making its ``__dict__`` and without running its code.

An instance keeps its values in an array until somebody asks for its ``__dict__``; the dict that is made then stays, and
costs some 60 bytes for good. So the collector's view of an object (``gc.get_referents``) gives the values, and the
names are guessed: those that the code of its class mentions, each checked by identity. A dict that was made by others
is recognised by its content.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from itertools import islice
from typing import Any

from harness.probes.owners.sizes import MANAGED_DICT_FLAG

_TRIES = 16
"""So often all candidates of a class are tried for a value that has no name yet."""

_get = object.__getattribute__


class Names:
    """What is known of the attributes of the classes met in one walk."""

    def __init__(self) -> None:
        self._candidates: dict[type, list[str]] = {}
        self._hits: dict[type, list[str]] = {}
        self._tries: dict[type, int] = {}

    def of(self, obj: Any, values: list[Any]) -> list[tuple[str, Any]]:
        """(name, value) for each of `values`, all referents of `obj`; ``<type>`` where no name was found.

        A `__dict__` among them stands for its items, and is itself under the name "".
        """
        cls = type(obj)
        wanted = {id(value): value for value in values}
        named: list[tuple[str, Any]] = []
        hits = self._hits.setdefault(cls, [])
        _match(obj, hits, wanted, named)
        if wanted:
            for value in [value for value in wanted.values() if type(value) is dict]:
                if is_instance_dict(obj, value):
                    del wanted[id(value)]
                    named.append(("", value))
                    named += [(name if type(name) is str else "<key>", held) for name, held in list(value.items())]
        if wanted and self._tries.get(cls, 0) < _TRIES:
            self._tries[cls] = self._tries.get(cls, 0) + 1
            before = len(named)
            _match(obj, self._candidates_of(cls), wanted, named)
            hits += [name for name, _ in named[before:] if name not in hits]
        named += [(f"<{type(value).__name__}>", value) for value in wanted.values()]
        return named

    def attributes(self, obj: Any) -> list[tuple[str, Any]]:
        """(name, value) of the attributes of a container, whose referents would be all its elements."""
        cls = type(obj)
        own = [name for name in self._candidates_of(cls) if not any(name in base.__dict__ for base in cls.__mro__)]
        named = []
        for name in own:
            try:
                named.append((name, _get(obj, name)))
            except AttributeError:
                continue
        return named

    def _candidates_of(self, cls: type) -> list[str]:
        candidates = self._candidates.get(cls)
        if candidates is None:
            names = dict.fromkeys(_mentioned(cls))
            candidates = self._candidates[cls] = [name for name in names if is_plain(cls, name)]
        return candidates


def _match(obj: Any, names: list[str], wanted: dict[int, Any], named: list[tuple[str, Any]]) -> None:
    """Move the values of `wanted` that `obj` has under one of `names` to `named`."""
    for name in names:
        try:
            value = _get(obj, name)
        except AttributeError:
            continue
        if wanted.pop(id(value), None) is not None:
            named.append((name, value))
            if not wanted:
                return


def is_plain(cls: type, name: str) -> bool:
    """Whether reading `name` from an instance of `cls` runs no code: no descriptor but that of a slot stands there."""
    for base in cls.__mro__:
        if name in base.__dict__:
            attribute = base.__dict__[name]
            return isinstance(attribute, types.MemberDescriptorType) or not hasattr(type(attribute), "__get__")
    return True


def is_instance_dict(obj: Any, candidate: dict[Any, Any]) -> bool:
    """Whether `candidate` is the ``__dict__`` of `obj`: every name in it reads the same value from the object."""
    cls = type(obj)
    if not candidate or not (cls.__flags__ & MANAGED_DICT_FLAG or cls.__dictoffset__):
        return False
    seen = False
    for name, value in list(islice(candidate.items(), 64)):
        if type(name) is not str:
            return False
        if is_plain(cls, name):
            try:
                if _get(obj, name) is not value:
                    return False
            except AttributeError:
                return False
            seen = True
    return seen


def _mentioned(cls: type) -> Iterator[str]:
    """Names that may be attributes: slots, annotations, what the class's functions and its module's mention."""
    for base in cls.__mro__:
        slots = base.__dict__.get("__slots__", ())
        yield from (slots,) if isinstance(slots, str) else (str(name) for name in slots)
        yield from (name for name, value in base.__dict__.items() if isinstance(value, types.MemberDescriptorType))
        annotations = base.__dict__.get("__annotations__")  # noqa: RUF063 - inspect would run code
        if isinstance(annotations, dict):
            yield from annotations
        for value in list(base.__dict__.values()):
            yield from names_in(value)
    module = sys.modules.get(cls.__module__)
    for value in list(vars(module).values()) if module is not None else ():
        if isinstance(value, types.FunctionType) and value.__module__ == cls.__module__:
            yield from names_in(value)


def names_in(value: Any) -> Iterator[str]:
    """The attribute names and identifiers in the code of a function, method or property."""
    for attribute in ("fget", "__func__", "func"):
        if isinstance(value, (property, staticmethod, classmethod)) or type(value).__name__ == "cached_property":
            inner = getattr(value, attribute, None)
            if isinstance(inner, types.FunctionType):
                value = inner
    if isinstance(value, types.FunctionType):
        yield from _names_in_code(value.__code__)


def _names_in_code(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if type(constant) is str and constant.isidentifier():
            yield constant
        elif isinstance(constant, types.CodeType):
            yield from _names_in_code(constant)
