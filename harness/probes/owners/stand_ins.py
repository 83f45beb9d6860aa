"""What stands for others in a walk: several objects at one place, elements, modules and classes that are roots."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Any

from harness.probes.owners.kinds import Form, Kind, nothing
from harness.probes.owners.running import Running, Stacks
from harness.probes.owners.sizes import size_of


class Together(list[Any]):
    """Several objects that share one place, such as two tasks of one name."""


class Held(list[Any]):
    """Elements of a container that cannot be iterated itself; the list is the walk's own."""


class Globals:
    """A module that is a root; any other is somebody else's."""

    __slots__ = ("module",)

    def __init__(self, module: types.ModuleType) -> None:
        self.module = module


class MadeClass:
    """A root that is a class which no module has by name: one that was made while the program ran."""

    __slots__ = ("cls",)

    def __init__(self, cls: type) -> None:
        self.cls = cls


class Definitions(list[types.FunctionType]):
    """Functions that stand in a module or a class, and keep nothing: they are one, as in a large library."""

    def size(self) -> int:
        """Bytes of the functions themselves."""
        return sum(map(_function_size, self))


_function_size = size_of(types.FunctionType)


class Cells:
    """The elements of an array of objects."""

    __slots__ = ("array",)

    def __init__(self, array: Any) -> None:
        self.array = array


def stand_ins() -> dict[type, Kind]:
    """The kinds of what stands for others in one walk."""
    return {
        Held: Kind(Form.CONTAINER, nothing, length=list.__len__, elements=list.__iter__, indexed=True, ours=1),
        Globals: Kind(Form.MODULE, nothing),
        Running: Kind(Form.THREAD, Stacks().bytes),
        Definitions: Kind(Form.ATOM, Definitions.size),
        Cells: Kind(Form.CONTAINER, nothing, lambda cells: int(cells.array.size), lambda cells: iter(cells.array.flat)),
    }


def members(root: Any) -> Iterator[tuple[Any, bool]]:
    """What stands at a root, and whether that is an object of the target: no module or made class is, by itself."""
    for member in root if type(root) is Together else [root]:
        if issubclass(type(member), types.ModuleType):
            yield Globals(member), False
        elif type(member) is MadeClass:
            yield member.cls, False
        else:
            yield member, True


def made_classes(roots: Mapping[str, Any]) -> Iterator[int]:
    """The addresses of the classes among `roots`."""
    for root in roots.values():
        for member in root if type(root) is Together else [root]:
            if type(member) is MadeClass:
                yield id(member.cls)
