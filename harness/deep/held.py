"""The objects that an owner holds: from its path back to the objects, and what hangs on each of them.

For an explanation after the fact, in a process that is not judged: it keeps what it finds, and is not quick.
"""

from __future__ import annotations

import gc
import random
import sys
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from harness.probes.owners.attribute_names import Names
from harness.probes.owners.drawn_elements import IMMORTAL
from harness.probes.owners.kinds import NOBODY, Form, Kinds
from harness.probes.owners.parts import arrow_buffers, below, parts, values_size
from harness.probes.owners.sizes import chunk
from harness.probes.owners.stand_ins import made_classes, members, stand_ins

MOST_ELEMENTS = 20_000
"""So many objects are followed on the way to an owner; of more, every nth is."""

MOST_OBJECTS = 50_000
"""So many objects are weighed below an owner's elements, which are taken in random order."""

_OWN_REFERENCES = 4
"""References to a part while it is weighed: of the list it came in, of two frames, of the call that counts them."""


class Holdings:
    """What hangs on the objects at the paths of owners, below `roots` (as those of a walk).

    `paths` are those of all owners: what belongs to another of them is not counted here.
    """

    def __init__(self, roots: Mapping[str, Any], paths: Collection[str] = ()) -> None:
        self._kinds = Kinds()
        self._kinds.update(stand_ins())
        self._kinds.made.update(made_classes(roots))
        self._names = Names()
        self._roots = roots
        self._paths = frozenset(paths)
        self._ways = {"", *(way for path in paths for way in _ways(path))}
        self._passed: dict[int, Any] = {}
        self._containers: list[Any] = []
        self._every = 1

    def elements(self, path: str) -> list[Any]:
        """The objects at `path`, or an even sample of them; empty where nothing is there now.

        Of a path that ends in ``[*]`` these are the elements, not what contains them.
        """
        self._containers.clear()
        self._every = 1
        frontier = self._starts(path)
        found: list[Any] = []
        met: dict[tuple[int, str], Any] = {}
        while frontier:
            step: list[tuple[Any, str]] = []
            for obj, rest in self._thinned(frontier):
                if not rest:
                    found.append(obj)
                    continue
                self._passed[id(obj)] = obj
                if rest == "[*]" and self._kinds[type(obj)].form is Form.CONTAINER:
                    self._containers.append(obj)
                for part, left in self._parts_towards(obj, rest, path.removesuffix(rest)):
                    if (id(part), left) not in met:
                        met[id(part), left] = part
                        step.append((part, left))
            frontier = step
        return self._thinned(found)

    def weigh(self, path: str, *, seed: int = 0) -> Iterator[tuple[Any, Any, float]]:
        """(element, object, bytes) for what hangs on the elements at `path`, each element itself first.

        Bytes of an object that others refer to as well are its share by reference count; a sample where it is much.
        The tables of the containers whose elements they are come last, each as its own element.
        """
        elements = self.elements(path)
        random.Random(seed).shuffle(elements)
        count = len(elements) * self._every
        met = set(self._passed) | {id(root) for root in self._roots.values()}
        left = MOST_OBJECTS
        while elements and left > 0:
            element = elements.pop()
            if id(element) in met or self._kinds[type(element)] is NOBODY:
                continue
            for obj, size in self._hanging(element, path, met):
                left -= 1
                yield element, obj, size
        taken = 1.0 if not count else 1 / self._every - len(elements) / count
        for container in self._containers:
            yield container, container, self._size(container) * taken

    def _thinned(self, objects: list[Any]) -> list[Any]:
        """`objects`, or every nth where they are too many."""
        every = -(-len(objects) // MOST_ELEMENTS) or 1
        self._every *= every
        return objects[::every]

    def _starts(self, path: str) -> list[tuple[Any, str]]:
        starts: list[tuple[Any, str]] = []
        for name, root in self._roots.items():
            if not name:
                rest = "" if path == "(target)" else path if path.startswith("[") else f".{path}"
            elif _leads(name, path):
                rest = path[len(name) :]
            else:
                continue
            for member, is_object in members(root):
                if is_object:
                    self._kinds.admit(type(member))
                starts.append((member, rest))
        return starts

    def _parts_towards(self, obj: Any, rest: str, at: str) -> Iterator[tuple[Any, str]]:
        for label, part in self._labelled(obj):
            if below(at, label, obj, part) == at:
                yield part, rest
            elif _leads(label, rest):
                yield part, rest[len(label) :]

    def _labelled(self, obj: Any) -> Iterator[tuple[str, Any]]:
        """The parts of an object as the walk labels them, its elements under ``[*]``."""
        kind = self._kinds[type(obj)]
        if kind is NOBODY or kind.form is Form.ATOM:
            return
        if kind.form is Form.CONTAINER:
            for element in list(kind.elements(obj)):
                yield "[*]", element
            for key in list(kind.keys(obj)) if kind.keys is not None else ():
                yield "[*]", key
        elif hasattr(type(obj), "get_coro"):
            yield "", type(obj).get_coro(obj)
        if kind.form is not Form.CONTAINER or kind.attributes:
            yield from list(parts(obj, kind, self._kinds, self._names))

    def _hanging(self, element: Any, path: str, met: set[int]) -> Iterator[tuple[Any, float]]:
        """(object, bytes) below and with `element`; `met` are objects that were counted or are not to be."""
        met.add(id(element))
        pending: list[tuple[Any, str | None]] = [(element, "" if path == "(target)" else path)]
        yield element, float(self._size(element))
        while pending:
            obj, at = pending.pop()
            for part, path_below in self._below(obj, at, met):
                kind = self._kinds[type(part)]
                if kind is NOBODY:
                    continue
                references = sys.getrefcount(part) - _OWN_REFERENCES
                first = id(part) not in met
                if references < IMMORTAL and (first or kind.form is Form.ATOM):
                    met.add(id(part))
                    yield part, self._size(part) / max(references, 1)
                if first and kind.form is not Form.ATOM:
                    pending.append((part, path_below))

    def _below(self, obj: Any, at: str | None, met: set[int]) -> Iterator[tuple[Any, str | None]]:
        """(part, its path or None once no other owner can be below) of what belongs to the owner of `obj`."""
        if at is not None and at in self._ways:
            for label, part in self._labelled(obj):
                path = below(at, label, obj, part)
                if path == at or self._paths.isdisjoint((path, f"{path}[*]")):
                    yield part, path
                else:
                    met.add(id(part))
        elif self._kinds[type(obj)].form in (Form.CONTAINER, Form.INSTANCE):
            yield from ((part, None) for part in gc.get_referents(obj))
        else:
            yield from ((part, None) for _, part in self._labelled(obj))

    def _size(self, obj: Any) -> int:
        kind = self._kinds[type(obj)]
        size = kind.size(obj)
        if kind.inline:
            size += values_size(obj, kind, gc.get_referents(obj))
        if kind.form is Form.ARROW:
            size += sum(chunk(length) for _, length in arrow_buffers(obj))
        return int(size)


def _leads(beginning: str, path: str) -> bool:
    """Whether `path` begins with the whole parts of `beginning`."""
    return path.startswith(beginning) and path[len(beginning) : len(beginning) + 1] in ("", ".", "[")


def _ways(path: str) -> Iterator[str]:
    """The paths above `path`, part by part."""
    for end, character in enumerate(path):
        if character in ".[" and end:
            yield path[:end]
