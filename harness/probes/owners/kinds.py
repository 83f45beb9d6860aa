"""What sort of thing an object is to the walk: decided once per type and walk, and never by running its code."""

from __future__ import annotations

import dataclasses
import mmap
import sys
import types
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from enum import IntEnum
from functools import _lru_cache_wrapper
from typing import Any

from harness.probes.owners.sizes import (
    GC_FLAG,
    MANAGED_DICT_FLAG,
    SizeOf,
    array_size_of,
    block,
    builtin_sizeof,
    header,
    size_of,
)
from harness.probes.resident.mapped_parts import MappedParts

_INLINE_FLAG = 1 << 2 if sys.version_info >= (3, 13) else MANAGED_DICT_FLAG
_HEAP_FLAG = 1 << 9


class Form(IntEnum):
    """How an object is taken apart; what comes before CONTAINER is never opened."""

    NOBODY, ATOM, CONTAINER, INSTANCE, FUNCTION, FRAME, ARRAY, ARROW, CACHE, MODULE, CLASS, FUTURE = range(12)
    MAPPING, THREAD, OTHER = range(12, 15)


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """One type as the walk sees it.

    `length` and `elements` are those of the builtin base of a container; `keys` only of a mapping, and the `reversed`
    ones where it can be read from its end; `indexed`: it can be entered anywhere. `inline`: its attributes lie
    in an array. `crowd`: more of its kind in one place are a crowd, whose members have no parts with names.
    `plain`: an atom, always of `fixed` bytes. `small`: where it is short, iterating is all it needs. `ours`: references
    to each element that the walk itself holds.
    """

    form: Form
    size: SizeOf
    length: Callable[[Any], int] = len
    elements: Callable[[Any], Iterator[Any]] = iter
    keys: Callable[[Any], Iterator[Any]] | None = None
    reversed_elements: Callable[[Any], Iterator[Any]] | None = None
    reversed_keys: Callable[[Any], Iterator[Any]] | None = None
    indexed: bool = False
    attributes: bool = False
    inline: bool = False
    crowd: int = 64
    fixed: int = 0
    plain: bool = False
    ours: int = 0
    small: bool = False


COMPONENT_CROWD = 2000
"""More instances of an ordinary class than this are a crowd: 500 pipelines are not, 5,000 snapshots are."""

CONTAINER_CROWD = 512
"""More lists, mappings, sets or deques in one place than this are a crowd."""

RECORD_CROWD = 64
"""More records (tuples, dataclasses made of what they are given, slotted instances) than this are a crowd."""

_CONTAINERS: tuple[type, ...] = (dict, list, tuple, set, frozenset, deque)
_FRAMES = (types.CoroutineType, types.GeneratorType, types.AsyncGeneratorType, types.FrameType)
_NEVER: tuple[type, ...] = (
    type, bool, property, types.ModuleType, types.CodeType, types.GenericAlias, types.UnionType,
    types.NoneType, types.EllipsisType, types.NotImplementedType, types.MemberDescriptorType,
    types.GetSetDescriptorType, types.MethodDescriptorType, types.WrapperDescriptorType,
    types.ClassMethodDescriptorType,
)  # fmt: skip
_FUTURES = {("_asyncio", "Future"), ("asyncio.futures", "Future")}
_NEVER_NAMED = {
    ("logging", "Manager"), ("asyncio.events", "AbstractEventLoop"),
    ("concurrent.futures._base", "Executor"), ("enum", "Enum"),
}  # fmt: skip
"""Things of the process, not of its program, by the name of a base."""


def module_of(cls: type) -> str:
    """The name of the module of `cls`; "" where a class says something else than a name."""
    name = cls.__module__
    return name if type(name) is str else ""


def nothing(_: Any) -> int:
    """The size of what is not counted."""
    return 0


NOBODY = Kind(Form.NOBODY, nothing)


class Kinds(dict[type, Kind]):
    """The kind of each type met in one walk, looked up as ``kinds[type]``; made for a walk and dropped with it.

    `made`: the addresses of classes that were made while the program ran. They are somebody's; any other is nobody's.
    """

    def __init__(self) -> None:
        super().__init__()
        self.made: set[int] = set()

    def __missing__(self, cls: type) -> Kind:
        if self.made and issubclass(cls, type):
            made = self.made
            kind = Kind(Form.CLASS, lambda met: class_size(met) if id(met) in made else 0)
        else:
            kind = NOBODY if _outside(cls) else classify(cls)
        self[cls] = kind
        return kind

    def admit(self, cls: type) -> None:
        """Let instances of `cls` be walked, wherever it comes from: it is a root's."""
        if self.get(cls, NOBODY) is NOBODY:
            self[cls] = classify(cls)


def class_size(cls: type) -> int:
    """Bytes of a class and of the table of its names."""
    return block(type.__sizeof__(cls)) + dict.__sizeof__(dict(namespace(cls)))


def namespace(cls: type) -> Mapping[str, Any]:
    """The names in a class, whatever its metaclass makes of asking."""
    names: Mapping[str, Any] = type.__dict__["__dict__"].__get__(cls)
    return names


_COUNTED = (("harness", "collector"), ("synthetic", "exchange"))


def _outside(cls: type) -> bool:
    """Whether `cls` belongs to the world that the target lives in: the harness, the market, the process.

    The market's events are tuples that a target may keep: those count. So does an exchange, which is told apart, and
    the messages of its venues.
    """
    if issubclass(cls, _NEVER):
        return True
    top, *rest = module_of(cls).split(".")[:2]
    if top in ("harness", "synthetic") and not issubclass(cls, tuple) and (top, *rest) not in _COUNTED:
        return True
    return any((module_of(base), base.__qualname__) in _NEVER_NAMED for base in cls.__mro__)


def classify(cls: type) -> Kind:  # noqa: PLR0911 - one line for each sort
    """The kind of `cls`, from its bases and flags."""
    base = next((base for base in cls.__mro__ if base in _CONTAINERS), None)
    if base is not None:
        return _container(cls, base)
    if issubclass(cls, mmap.mmap):
        return _mapping(cls)
    flags = cls.__flags__
    names = {(module_of(base), base.__name__) for base in cls.__mro__}
    if ("numpy", "ndarray") in names:
        return Kind(Form.ARRAY, array_size_of(cls), attributes=_has_dict(cls))
    if module_of(cls) == "pyarrow.lib":
        return Kind(Form.ARROW, size_of(cls))
    if issubclass(cls, (weakref.ref, memoryview)):
        return Kind(Form.ATOM if cls is not memoryview else Form.OTHER, size_of(cls))
    if not flags & GC_FLAG:
        return _atom(cls)
    if issubclass(cls, (bytes, bytearray, str, int, float)) and not _has_dict(cls):
        return _atom(cls)
    if issubclass(cls, types.FunctionType):
        return Kind(Form.FUNCTION, size_of(cls))
    if issubclass(cls, _FRAMES):
        return Kind(Form.FRAME, size_of(cls))
    if names & _FUTURES:
        return Kind(Form.FUTURE, size_of(cls), attributes=_has_dict(cls))
    if cls is _lru_cache_wrapper:
        return Kind(Form.CACHE, size_of(cls))
    if flags & _HEAP_FLAG and _is_python(cls):
        return _instance(cls)
    return Kind(Form.OTHER, size_of(cls))


def _mapping(cls: type) -> Kind:
    """The object and what of its mapping is resident; one kind reads the list of mappings once."""
    size, parts = size_of(cls), MappedParts()
    return Kind(Form.MAPPING, lambda mapping: size(mapping) + parts.of_object(mapping), attributes=_has_dict(cls))


def _atom(cls: type) -> Kind:
    """A fixed size where no value of the type has a larger one."""
    varies = cls.__itemsize__ or "__sizeof__" in cls.__dict__ or builtin_sizeof(cls) is not object.__sizeof__
    fixed = 0 if varies else block(cls.__basicsize__ + header(cls))
    return Kind(Form.ATOM, size_of(cls), fixed=fixed, plain=fixed > 0)


def _container(cls: type, base: type) -> Kind:
    mapping = issubclass(base, dict)
    elements: Any = dict.values if mapping else base.__iter__  # type: ignore[attr-defined]
    mutable = base not in (tuple, frozenset)
    attributes = cls is not base and cls is not OrderedDict and _has_dict(cls)
    return Kind(
        Form.CONTAINER,
        size_of(cls),
        length=base.__len__,  # type: ignore[attr-defined]
        elements=_values if mapping else elements,
        keys=dict.__iter__ if mapping else None,
        reversed_elements=_last_values if mapping else deque.__reversed__ if base is deque else None,
        reversed_keys=dict.__reversed__ if mapping else None,
        indexed=base in (list, tuple) and _inherits(cls, base, "__iter__", "__len__", "__getitem__"),
        attributes=attributes,
        small=not mapping and not attributes and _inherits(cls, base, "__iter__"),
        crowd=CONTAINER_CROWD if mutable else RECORD_CROWD,
    )


def _inherits(cls: type, base: type, *names: str) -> bool:
    """Whether `cls` leaves these methods of a builtin `base` as they are; a descriptor in their place is not asked."""
    above = cls.__mro__[: cls.__mro__.index(base)]
    return not any(name in type.__dict__["__dict__"].__get__(kind) for kind in above for name in names)


def _values(mapping: Any) -> Iterator[Any]:
    return iter(dict.values(mapping))


def _last_values(mapping: Any) -> Iterator[Any]:
    return reversed(dict.values(mapping))


def _has_dict(cls: type) -> bool:
    return bool(cls.__flags__ & MANAGED_DICT_FLAG) or cls.__dictoffset__ != 0


def _is_python(cls: type) -> bool:
    """Whether `cls` came from a class statement, which leaves one of these names in it or in a base."""
    return any("__dict__" in base.__dict__ or "__slots__" in base.__dict__ for base in cls.__mro__)


def _instance(cls: type) -> Kind:
    """An instance of a Python class: a component, or a record if it is made of nothing but what it was given."""
    fields = cls.__dict__.get("__dataclass_fields__")
    if fields is not None:
        component = any(field.default_factory is not dataclasses.MISSING for field in fields.values())
    else:
        component = _has_dict(cls)
    return Kind(
        Form.INSTANCE,
        size_of(cls),
        attributes=_has_dict(cls),
        inline=bool(cls.__flags__ & _INLINE_FLAG),
        crowd=COMPONENT_CROWD if component else RECORD_CROWD,
    )
