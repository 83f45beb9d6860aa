"""What an object that is no container refers to, with a label for the path of each part."""

from __future__ import annotations

import gc
import sys
import types
from collections.abc import Iterator
from typing import Any

from harness.probes.owners.kinds import NOBODY, Form, Kind, Kinds
from harness.probes.owners.names import Names, is_instance_dict
from harness.probes.owners.sizes import inline_values

LARGE_ATOM = 4096
"""Bytes from which a string, bytes or another plain value is an owner of its own, and not a part of its object."""

Part = tuple[str, Any]


class Together(list[Any]):
    """Several objects that share one place, such as two tasks of one name."""


class Held(list[Any]):
    """Elements of a container that cannot be iterated itself; the list is the walk's own."""


class Globals:
    """A module that is a root; any other is somebody else's."""

    __slots__ = ("module",)

    def __init__(self, module: types.ModuleType) -> None:
        self.module = module


class Cells:
    """The elements of an array of objects."""

    __slots__ = ("array",)

    def __init__(self, array: Any) -> None:
        self.array = array


def _nothing(_: Any) -> int:
    return 0


STAND_INS: dict[type, Kind] = {
    Held: Kind(Form.CONTAINER, _nothing, length=list.__len__, elements=list.__iter__, indexed=True, ours=1),
    Globals: Kind(Form.MODULE, _nothing),
    Cells: Kind(
        Form.CONTAINER,
        _nothing,
        length=lambda cells: int(cells.array.size),
        elements=lambda cells: iter(cells.array.flat),
    ),
}


def parts(obj: Any, kind: Kind, kinds: Kinds, names: Names) -> Iterator[Part]:
    """(label, part) of everything that `obj` refers to and that may be somebody's; plain values have no label."""
    form = kind.form
    if form is Form.ARRAY:
        yield from _of_array(obj)
    elif form is Form.FUNCTION:
        yield from _of_function(obj)
    elif form is Form.FRAME:
        yield from _of_frame(obj)
    elif form is Form.CACHE:
        yield from _of_cache(obj)
    elif form is Form.MODULE:
        yield from _of_module(obj.module)
    elif form is Form.INSTANCE or form is Form.CONTAINER:
        yield from _of_instance(obj, kind, kinds, names)
    elif form is Form.OTHER:
        yield from _of_other(obj)


def values_size(obj: Any, kind: Kind, referents: list[Any]) -> int:
    """Bytes of the attributes' array of `obj`; none where it has a ``__dict__`` instead."""
    if not kind.inline or any(type(value) is dict and is_instance_dict(obj, value) for value in referents):
        return 0
    return inline_values(len(referents) - 1)


def _of_instance(obj: Any, kind: Kind, kinds: Kinds, names: Names) -> Iterator[Part]:
    if form_is_container := kind.form is Form.CONTAINER:
        # its referents would be all its elements: only a `__dict__` that exists can be had
        values = []
    else:
        values = gc.get_referents(obj)
    wanted = []
    for value in values:
        value_kind = kinds[type(value)]
        if value_kind.form is Form.ATOM and value_kind.size(value) < LARGE_ATOM:
            yield "", value
        elif value_kind is not NOBODY:
            wanted.append(value)
    if wanted or form_is_container:
        for name, value in names.of(obj, wanted):
            yield "." + name if name else "", value


def _of_array(array: Any) -> Iterator[Part]:
    ndarray = sys.modules["numpy"].ndarray
    base = ndarray.base.__get__(array)
    if base is not None:
        yield "", base
    elif ndarray.dtype.__get__(array).hasobject:
        yield "", Cells(array)


def _of_function(function: types.FunctionType) -> Iterator[Part]:
    closure, defaults, keyword_defaults = function.__closure__, function.__defaults__, function.__kwdefaults__
    for name, cell in zip(function.__code__.co_freevars, closure or (), strict=False):
        try:
            yield f".<closure {name}>", cell.cell_contents
        except ValueError:  # not bound yet
            continue
    for value in defaults or ():
        yield ".<default>", value
    for value in (keyword_defaults or {}).values():
        yield ".<default>", value
    known = function.__globals__, function.__builtins__, keyword_defaults
    for value in gc.get_referents(function):
        if type(value) is dict and not any(value is other for other in known):
            for name, held in list(value.items()):
                if type(name) is str and not isinstance(held, type) and name not in ("return", "print", "__wrapped__"):
                    yield f".{name}", held


def _of_frame(frame: Any) -> Iterator[Part]:
    """The locals of a suspended coroutine or generator; asking it for its frame object would make one, for good."""
    for value in gc.get_referents(frame):
        if isinstance(value, types.FunctionType):
            yield "", value
        elif isinstance(value, (types.CoroutineType, types.GeneratorType, types.AsyncGeneratorType)):
            yield f".<await {value.__qualname__}>", value
        elif not isinstance(value, (types.FrameType, str)) or type(value) is str and len(value) > LARGE_ATOM:
            yield ".<local>", value


def _of_cache(cache: Any) -> Iterator[Part]:
    """What an lru_cache remembers: a dict, and where it is bounded links whose keys and results stand beside it."""
    results = Held()
    for value in gc.get_referents(cache):
        if isinstance(value, types.FunctionType):
            yield "", value
        elif type(value) is dict and "__wrapped__" not in value:
            yield ".<cache>", value
        elif type(value) is not dict:
            results.append(value)
    if results:
        yield ".<cache>", results


def _of_module(module: types.ModuleType) -> Iterator[Part]:
    """Its globals, the attributes of its classes, and what its functions keep; imported ones are somebody else's."""
    for name, value in list(vars(module).items()):
        if name.startswith("__") and name.endswith("__"):
            continue
        if isinstance(value, type):
            if value.__module__ == module.__name__:
                yield from ((f".{name}{label}", part) for label, part in _of_class(value))
        elif not isinstance(value, types.FunctionType) or value.__module__ == module.__name__:
            yield f".{name}", value


def _of_class(cls: type) -> Iterator[Part]:
    for name, value in list(vars(cls).items()):
        if isinstance(value, (staticmethod, classmethod)):
            value = value.__func__
        if name.startswith("__") and not isinstance(value, types.FunctionType):
            continue
        if isinstance(value, type):
            if value.__qualname__ == f"{cls.__qualname__}.{name}":
                yield from ((f".{name}{label}", part) for label, part in _of_class(value))
        else:
            yield f".{name}", value


def _of_other(obj: Any) -> Iterator[Part]:
    """Any object of a C type; the task that runs is not somebody's yet, the one that has ended keeps its error."""
    if _is_future(obj) and not type(obj).done(obj):
        return
    if isinstance(obj, memoryview):
        yield "", obj.obj
        return
    for value in gc.get_referents(obj):
        if isinstance(value, types.FunctionType) or isinstance(obj, types.CellType):
            yield "", value
        elif isinstance(obj, types.MethodType):
            yield ".<self>", value
        elif type(value) is dict and is_instance_dict(obj, value):
            yield from ((f".{name}", held) for name, held in list(value.items()))
        else:
            yield f".<{type(value).__name__}>", value


def _is_future(obj: Any) -> bool:
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and isinstance(obj, asyncio.Future)


def arrow_buffers(obj: Any) -> Iterator[tuple[int, int]]:
    """(address, bytes) of the buffers that a pyarrow object holds, each as a whole where it is a slice."""
    pyarrow = sys.modules.get("pyarrow.lib")
    if pyarrow is None:
        return
    if isinstance(obj, (pyarrow.Table, pyarrow.RecordBatch)):
        for column in obj.columns:
            yield from arrow_buffers(column)
    elif isinstance(obj, pyarrow.ChunkedArray):
        for array in obj.chunks:
            yield from arrow_buffers(array)
    elif isinstance(obj, (pyarrow.Array, pyarrow.Buffer)):
        for buffer in obj.buffers() if isinstance(obj, pyarrow.Array) else (obj,):
            while buffer is not None and buffer.parent is not None:
                buffer = buffer.parent
            if buffer is not None:
                yield buffer.address, buffer.size
