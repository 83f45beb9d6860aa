"""What an object that is no container refers to, with a label for the path of each part."""

from __future__ import annotations

import contextlib
import contextvars
import gc
import sys
import threading
import types
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from harness.probes.owners.attribute_names import Names, is_instance_dict
from harness.probes.owners.kinds import NOBODY, Form, Kind, Kinds, namespace
from harness.probes.owners.running import Running
from harness.probes.owners.sizes import inline_values
from harness.probes.owners.stand_ins import Cells, Definitions, Held

LARGE_ATOM = 4096
"""Bytes from which a string, bytes or another plain value is an owner of its own, and not a part of its object."""

MOST_ALIKE = 64
"""More instances of one type than this, each by a name of its own in one module or class, are a table."""

Part = tuple[str, Any]

_PLAIN = frozenset({type(None), bool, int, float, str, bytes})
_BUILTIN_CONTAINERS = frozenset({dict, list, tuple, set, frozenset})


def parts(obj: Any, kind: Kind, kinds: Kinds, names: Names) -> Iterator[Part]:
    """(label, part) of everything that `obj` refers to and that may be somebody's; plain values have no label."""
    form = kind.form
    if form is Form.ARRAY:
        yield from _of_array(obj)
        if kind.attributes:  # numpy.memmap refers to its mapping twice
            yield from ((f".{name}", value) for name, value in names.attributes(obj))
    elif form is Form.MODULE:
        yield from _of_module(obj.module, kinds)
    elif form is Form.MAPPING:
        if kind.attributes:
            yield from ((f".{name}", value) for name, value in names.attributes(obj))
    elif form is Form.INSTANCE or form is Form.CONTAINER:
        yield from _of_instance(obj, kind, kinds, names)
    elif form is Form.FUTURE:
        yield from _of_future(obj, kind, kinds, names)
    elif form is Form.CLASS:
        if id(obj) in kinds.made:
            yield from ((f".{name}", value) for name, value in list(namespace(obj).items()))
    elif form in _BY_FORM:
        yield from _BY_FORM[form](obj)


def below(path: str, label: str, obj: Any, part: Any) -> str:
    """The path of a part of what stands at `path`. A chain is one owner: the next link stands where the others do."""
    if type(part) is type(obj) and path.endswith(label):
        return path
    return path + label if path else label.removeprefix(".")


def values_size(obj: Any, kind: Kind, referents: list[Any]) -> int:
    """Bytes of the attributes' array of `obj`; none where it has a ``__dict__`` instead."""
    if not kind.inline or any(type(value) is dict and is_instance_dict(obj, value) for value in referents):
        return 0
    return inline_values(len(referents) - 1)


def _of_instance(obj: Any, kind: Kind, kinds: Kinds, names: Names) -> Iterator[Part]:
    if kind.form is Form.CONTAINER:
        yield from ((f".{name}", value) for name, value in names.attributes(obj))
        return
    wanted = []
    for value in gc.get_referents(obj):
        if value is type(obj):
            continue
        value_kind = kinds[type(value)]
        if value_kind.form is Form.ATOM and value_kind.size(value) < LARGE_ATOM:
            yield "", value
        elif value_kind is not NOBODY:
            wanted.append(value)
    for name, value in names.of(obj, wanted) if wanted else ():
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
    builtins: Any = vars(types.FunctionType)["__builtins__"].__get__(function)  # unknown to some type stubs
    known = function.__globals__, builtins, keyword_defaults
    for value in gc.get_referents(function):
        if type(value) is dict and not any(value is other for other in known):
            for name, held in list(value.items()):
                hidden = type(name) is not str or name in ("return", "print", "__wrapped__")
                if not hidden and not issubclass(type(held), type):
                    yield f".{name}", held


def _of_frame(frame: Any) -> Iterator[Part]:
    """The locals of a suspended coroutine or generator; asking it for its frame object would make one, for good.

    A frame that a traceback keeps also keeps those that called it. One that still runs shows nothing of itself.
    """
    for value in gc.get_referents(frame):
        if issubclass(type(value), (types.FunctionType, types.FrameType)):
            yield "", value
        elif issubclass(type(value), (types.CoroutineType, types.GeneratorType, types.AsyncGeneratorType)):
            yield f".<await {value.__qualname__}>", value
        else:
            yield ".<local>", value


def _of_cache(cache: Any) -> Iterator[Part]:
    """What an lru_cache remembers: a dict, and where it is bounded links whose keys and results stand beside it."""
    results = Held()
    for value in gc.get_referents(cache):
        if issubclass(type(value), types.FunctionType):
            yield "", value
        elif type(value) is dict and "__wrapped__" not in value:
            yield ".<cache>", value
        elif type(value) is not dict:
            results.append(value)
    if results:
        yield ".<cache>", results


def _of_module(module: types.ModuleType, kinds: Kinds) -> Iterator[Part]:
    """Its globals, the attributes of its classes, and what its functions keep; imported ones are somebody else's."""
    definitions = Definitions()
    yield from _few_by_name(_globals(module, definitions, kinds), kinds)
    if definitions:
        yield "", definitions


def _globals(module: types.ModuleType, definitions: Definitions, kinds: Kinds) -> Iterator[Part]:
    for name, value in list(vars(module).items()):
        if name.startswith("__") and name.endswith("__"):
            continue
        if issubclass(type(value), type):
            if value.__module__ == module.__name__:
                of_class = _few_by_name(_of_class(value, definitions, kinds), kinds)
                yield from ((f".{name}{label}", part) for label, part in of_class)
        elif not issubclass(type(value), types.FunctionType):
            yield f".{name}", value
        elif value.__module__ == module.__name__:
            if keeps_nothing(value):
                definitions.append(value)
            else:
                yield f".{name}", value


def _of_class(cls: type, definitions: Definitions, kinds: Kinds) -> Iterator[Part]:
    for name, value in list(vars(cls).items()):
        held = value.__func__ if issubclass(type(value), (staticmethod, classmethod)) else value
        of_function = issubclass(type(held), types.FunctionType)
        if name.startswith("__") and not of_function:
            continue
        if issubclass(type(held), type):
            if held.__qualname__ == f"{cls.__qualname__}.{name}":
                inner = _few_by_name(_of_class(held, definitions, kinds), kinds)
                yield from ((f".{name}{label}", part) for label, part in inner)
        elif of_function and keeps_nothing(held):
            definitions.append(held)
        else:
            yield f".{name}", held


def _few_by_name(named: Iterator[Part], kinds: Kinds) -> Iterator[Part]:
    """The same, but all instances of a type together, as ``[*]``, where more than MOST_ALIKE of them are there."""
    everything = list(named)
    counts = Counter(type(part) for _, part in everything if kinds[type(part)].form is Form.INSTANCE)
    tables: dict[type, dict[int, Any]] = {cls: {} for cls, count in counts.items() if count > MOST_ALIKE}
    for label, part in everything:
        table = tables.get(type(part))
        if table is None:
            yield label, part
        else:
            table[id(part)] = part
    for table in tables.values():
        yield "", Held(table.values())


def keeps_nothing(function: types.FunctionType) -> bool:
    """Whether a function has neither variables of others nor attributes, and defaults that are plain or empty."""
    if function.__closure__:
        return False
    for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
        if type(value) not in _PLAIN and (type(value) not in _BUILTIN_CONTAINERS or value):
            return False
    # its globals and builtins, the defaults of keywords; attributes would be one more, asking for them would make them
    dicts = sum(type(value) is dict for value in gc.get_referents(function))
    return dicts <= 2 + (function.__kwdefaults__ is not None)


def _of_future(future: Any, kind: Kind, kinds: Kinds, names: Names) -> Iterator[Part]:
    """What waits for it until it is done, then what it came to; a task that runs is a root of its own."""
    asyncio = sys.modules["asyncio"]
    done = asyncio.Future.done(future)
    if not done and issubclass(type(future), asyncio.Task):
        return
    own = names.attributes(future) if kind.attributes else []
    yield from ((f".{name}", value) for name, value in own)
    known = {id(value) for _, value in own}
    for value in gc.get_referents(future):
        held = value is type(future) or (type(value) is dict and is_instance_dict(future, value))
        if held or id(value) in known or kinds[type(value)] is NOBODY:
            continue
        if issubclass(type(value), contextvars.Context):
            yield "._callbacks[*]", value  # the first callback and its context stand beside the list of the others
        elif done:
            yield f".<{type(value).__name__}>", value
        else:
            yield "._callbacks" if type(value) is list else "._callbacks[*]", value


def _of_context(context: contextvars.Context) -> Iterator[Part]:
    for variable, value in contextvars.Context.items(context):
        yield f".<context {variable.name}>", value


def _of_local(local: Any) -> Iterator[Part]:
    """The attributes of every thread: their dicts are values of one dict (Modules/_threadmodule.c)."""
    for value in gc.get_referents(local):
        if type(value) is dict:
            for attributes in list(value.values()):
                if type(attributes) is dict:
                    yield from ((f".{name}", held) for name, held in list(attributes.items()))


def _of_other(obj: Any) -> Iterator[Part]:
    """Any object of a C type."""
    if issubclass(type(obj), memoryview):
        with contextlib.suppress(ValueError):  # released
            yield "", obj.obj
        return
    if issubclass(type(obj), contextvars.Context):
        yield from _of_context(obj)
        return
    if issubclass(type(obj), threading.local):
        yield from _of_local(obj)
        return
    for value in gc.get_referents(obj):
        if value is type(obj):
            continue
        if issubclass(type(value), types.FunctionType) or issubclass(type(obj), types.CellType):
            yield "", value
        elif issubclass(type(obj), types.TracebackType) and issubclass(type(value), types.TracebackType):
            yield "", value  # one stack is one owner, however deep it is
        elif issubclass(type(obj), types.MethodType):
            yield ".<self>", value
        elif type(value) is dict and is_instance_dict(obj, value):
            yield from ((f".{name}", held) for name, held in list(value.items()))
        else:
            yield f".<{type(value).__name__}>", value


_BY_FORM: dict[Form, Callable[[Any], Iterator[Part]]] = {
    Form.FUNCTION: _of_function,
    Form.FRAME: _of_frame,
    Form.CACHE: _of_cache,
    Form.THREAD: Running.variables,
    Form.OTHER: _of_other,
}


def is_future(obj: Any) -> bool:
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and issubclass(type(obj), asyncio.Future)


def arrow_buffers(obj: Any) -> Iterator[tuple[int, int]]:
    """(address, bytes) of the buffers that a pyarrow object holds, each as a whole where it is a slice."""
    pyarrow = sys.modules.get("pyarrow.lib")
    if pyarrow is None:
        return
    if issubclass(type(obj), (pyarrow.Table, pyarrow.RecordBatch)):
        for column in obj.columns:
            yield from arrow_buffers(column)
    elif issubclass(type(obj), pyarrow.ChunkedArray):
        for array in obj.chunks:
            yield from arrow_buffers(array)
    elif issubclass(type(obj), (pyarrow.Array, pyarrow.Buffer)):
        for buffer in obj.buffers() if issubclass(type(obj), pyarrow.Array) else (obj,):
            whole = buffer
            while whole is not None and whole.parent is not None:
                whole = whole.parent
            if whole is not None:
                yield whole.address, whole.size
