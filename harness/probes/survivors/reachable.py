"""All objects that Python can reach, each with the shortest path to it from a module, a frame or a task."""

from __future__ import annotations

import gc
import itertools
import sys
import types
from collections import deque
from types import CellType, CodeType, FrameType, FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any

import numpy as np

ELEMENT = "[*]"
KEY = ".keys()"
CODE = " (code)"
"""The segment of what functions and classes are made of: their code, their names, their tables."""

Path = tuple[str, ...]

LEAVES = frozenset({int, float, complex, bool, str, bytes, type(None)})
_CONTAINERS = (list, tuple, set, frozenset, deque)
_DEFINITIONS = frozenset({
    FunctionType, CodeType, types.BuiltinFunctionType, types.GetSetDescriptorType, MemberDescriptorType,
    types.MethodDescriptorType, types.WrapperDescriptorType, property, staticmethod, classmethod,
})  # fmt: skip
_FRAMES = {types.CoroutineType: "cr_frame", types.GeneratorType: "gi_frame", types.AsyncGeneratorType: "ag_frame"}
_DEEPEST = 60
_KEEPS_LISTS = sys.version_info >= (3, 12)
"""Whether code keeps the lists of its variables once it was asked for them."""


class ObjectGraph:
    """Objects that were met on walks from roots, each with where it was first met, and so the shortest path to it.

    `objects`: what was met, at most `limit`; `truncated`: whether there was more. It holds every object and takes some
    200 bytes for each.
    """

    def __init__(self, limit: int) -> None:
        self.objects: list[Any] = []
        self.truncated = False
        self._limit = limit
        self._parents: list[int] = []
        self._roots: dict[int, str] = {}
        self._paths: dict[int, Path] = {}
        self._names: dict[int, dict[int, str]] = {}
        self._seen: set[int] = set()
        own = (self, self.objects, self._parents, self._roots, self._paths, self._names, self._seen)
        self._seen.update(map(id, own))

    def path(self, number: int) -> Path:
        """The path to object `number` in segments: a root, then attributes and ``[*]``."""
        chain = []
        while number not in self._paths:
            if self._parents[number] < 0:
                self._paths[number] = (self._roots[number],)
                break
            chain.append(number)
            number = self._parents[number]
        path = self._paths[number]
        for child in reversed(chain):
            if len(path) < _DEEPEST:
                path += self._edge(self._parents[child], child)
            self._paths[child] = path
        return path

    def is_definition(self, number: int) -> bool:
        """Whether object `number` is a class, a function or a part of one."""
        kind = type(self.objects[number])
        return kind in _DEFINITIONS or issubclass(kind, type)

    # -- the walk ------------------------------------------------------------------------------------------------------

    def _root(self, item: Any, name: str) -> None:
        if id(item) not in self._seen and len(self.objects) < self._limit:
            self._seen.add(id(item))
            self._roots[len(self.objects)] = name
            self.objects.append(item)
            self._parents.append(-1)

    def _walk(self, number: int) -> None:
        """Add what can be reached from the objects from `number` on."""
        objects, parents, seen = self.objects, self._parents, self._seen
        while number < len(objects):
            item = objects[number]
            if type(item) not in LEAVES:
                for child in children(item):
                    if id(child) not in seen:
                        if len(objects) >= self._limit:
                            self.truncated = True
                            return
                        seen.add(id(child))
                        objects.append(child)
                        parents.append(number)
            number += 1

    # -- names ---------------------------------------------------------------------------------------------------------

    def _edge(self, parent_number: int, number: int) -> Path:
        """The segments that lead from one object to one that it refers to."""
        parent, child = self.objects[parent_number], self.objects[number]
        if issubclass(type(parent), dict):
            return self._dict_edge(parent_number, number)
        path = () if self._are_defaults(parent_number) else _known_edge(parent, child)
        if path is None:
            name = self._names_of(parent_number, parent).get(id(child))
            path = (f".{name}",) if name else (f".<{type(child).__name__}>",)
        return path

    def _are_defaults(self, number: int) -> bool:
        """Whether object `number` is the tuple of default arguments of the function that led to it."""
        above = self._parents[number]
        function = self.objects[above] if above >= 0 else None
        return type(function) is FunctionType and self.objects[number] is function.__defaults__

    def _dict_edge(self, parent_number: int, number: int) -> Path:
        parent, child = self.objects[parent_number], self.objects[number]
        above = self._parents[parent_number]
        owner = self.objects[above] if above >= 0 else None
        of_class = issubclass(type(owner), (ModuleType, type))
        if of_class or (owner is not None and parent is namespace_of(owner)):
            name = self._names_of(parent_number, parent).get(id(child))
            if name is None or (of_class and name.startswith("__")):
                return (CODE,)
            return (f".{name}",)
        if child is namespace_of(parent):
            return ()
        # keys by identity: comparing would run the code of the keys
        keys = self._names.setdefault(parent_number, {})
        if not keys:
            keys.update((id(key), KEY) for key in dict.keys(parent))
        return (keys.get(id(child), ELEMENT),)

    def _names_of(self, number: int, item: Any) -> dict[int, str]:
        """The names that an object has for what it refers to, by identity."""
        names = self._names.get(number)
        if names is None:
            names = self._names[number] = {
                id(value): name for name, value in reversed(_named(item)) if type(name) is str
            }
        return names


class Reachable(ObjectGraph):
    """All objects, walked breadth first from the modules, then from `frame`, then from all else that is tracked."""

    def __init__(self, frame: FrameType | None, limit: int) -> None:
        super().__init__(limit)
        tracked = gc.get_objects()
        self._seen.add(id(tracked))
        for name, module in list(sys.modules.items()):
            self._root(module, name)
        self._walk(0)
        while frame is not None:
            begin = len(self.objects)
            self._root(frame, f"<frame {frame.f_code.co_qualname}>")
            self._walk(begin)
            frame = frame.f_back
        self._walk_rest([item for item in tracked if id(item) not in self._seen])

    def _walk_rest(self, rest: list[Any]) -> None:
        """What only C code, or nobody, refers to: tasks first, then what nothing else of the rest refers to."""
        self._seen.add(id(rest))
        referred = {id(child) for item in rest for child in gc.get_referents(item)}
        rest.sort(key=lambda item: (type(item).__name__ != "Task", id(item) in referred))
        for item in rest:
            if id(item) not in self._seen:
                begin = len(self.objects)
                self._root(item, root_name(item))
                self._walk(begin)


def children(item: Any) -> list[Any]:
    """What an object refers to, as the collector is told; code and arrays do not tell it.

    The cells of a function go before the tuple that holds them, so that they can be named.
    """
    kind = type(item)
    if issubclass(kind, ModuleType):  # not its C state: _asyncio's of 3.12 shows objects that were freed
        namespace = namespace_of(item)
        return [] if namespace is None else [namespace]
    if kind is CodeType:
        lists = (item.co_varnames, item.co_cellvars, item.co_freevars)
        names = (*itertools.chain(*lists), item.co_filename, item.co_name, item.co_qualname)
        tables = (item.co_consts, item.co_names, item.co_linetable, item.co_exceptiontable)
        return [*names, *tables, *(lists if _KEEPS_LISTS else ())]
    if kind is FunctionType and item.__closure__:
        return [*item.__closure__, *gc.get_referents(item)]
    if kind is FrameType:  # one that runs does not tell the collector either
        return [*item.f_locals.values(), *gc.get_referents(item)]
    if issubclass(kind, np.ndarray):
        plain = np.asarray(item)  # a subclass may have its own idea of elements
        elements = plain.ravel(order="K").tolist() if plain.dtype == np.object_ else []
        return [item.base, *elements] if item.base is not None else elements
    return gc.get_referents(item)


def root_name(item: Any) -> str:
    kind = type(item)
    if kind.__name__ == "Task" and hasattr(item, "get_coro"):
        return f"<task {getattr(item.get_coro(), '__qualname__', '?')}>"
    if kind in _FRAMES:
        return f"<{kind.__name__} {item.__qualname__}>"
    if kind is FrameType:
        return f"<frame {item.f_code.co_qualname}>"
    return f"<{kind.__module__}.{kind.__qualname__} held by C code>"


def _known_edge(parent: Any, child: Any) -> Path | None:
    """The segments from an object to what it refers to, where its class says it; None where its names have to."""
    kind = type(parent)
    path: Path | None = None
    if issubclass(kind, _CONTAINERS):
        path = (ELEMENT,)
    elif kind in (CellType, CodeType) or kind.__name__ in ("Task", "_lru_list_elem"):
        path = ()
    elif issubclass(kind, (ModuleType, type)):
        path = () if type(child) is dict else (CODE,)
    elif kind is FunctionType:
        path = _function_edge(parent, child)
    elif kind is MethodType:
        path = (".__self__",) if child is parent.__self__ else (CODE,)
    elif issubclass(kind, np.ndarray):
        path = (".base",) if child is parent.base else (ELEMENT,)
    elif child is namespace_of(parent):
        path = ()
    elif kind.__name__ == "_lru_cache_wrapper" and type(child) is dict:
        path = (".<cache>",)
    return path


def _function_edge(function: FunctionType, child: Any) -> Path:
    if child is function.__defaults__ or child is function.__kwdefaults__:
        return (".<default>",)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        if child is cell:
            return (f".<closure {name}>",)
    return () if child is function.__dict__ else (CODE,)


def namespace_of(item: Any) -> Any:
    """The dictionary of an object's attributes, or None."""
    try:
        return object.__getattribute__(item, "__dict__")
    except Exception:  # noqa: BLE001 - a class may have made a property of it
        return None


def _named(item: Any) -> list[tuple[Any, Any]]:
    """(name, value) of what an object holds by name: a namespace's items, attributes, slots, the locals of a frame."""
    kind = type(item)
    if kind is dict:
        return list(item.items())
    if kind in _FRAMES:
        item = getattr(item, _FRAMES[kind])
        kind = type(item)
    if kind is FrameType:
        return list(item.f_locals.items())
    namespace = namespace_of(item)
    named = list(namespace.items()) if type(namespace) is dict else []
    for base in kind.__mro__:
        for name, member in vars(base).items():
            if type(member) is MemberDescriptorType:
                try:
                    named.append((name, member.__get__(item)))
                except AttributeError:  # a slot that is empty
                    continue
    return named
