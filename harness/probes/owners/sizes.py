"""What an object takes of the allocators: its own blocks, rounded as they round; no user code is run.

pymalloc serves up to 512 bytes in classes of 16 (Objects/obmalloc.c); glibc adds 8 bytes to a chunk and rounds it up to
16, at least 32 (malloc/malloc.c). An object and the table that it points to are blocks of their own.
"""

from __future__ import annotations

import sys
import types
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

PYMALLOC_LIMIT = 512
"""The largest request in bytes that pymalloc serves itself."""

_PYMALLOC_SERVES = PYMALLOC_LIMIT if sys.getallocatedblocks() else 0
"""0 under ``PYTHONMALLOC=malloc``, where pymalloc has no block at all."""

GC_FLAG = 1 << 14
_HEAP_TYPE_FLAG = 1 << 9
"""The type was made at run time, as those of a program are."""

MANAGED_DICT_FLAG = 1 << 4
"""An instance of the type may have a ``__dict__`` that the interpreter manages."""

_MANAGED_WEAKREF_FLAG = 1 << 3
_WORD = 8
_GC_HEAD = _PREHEADER = 2 * _WORD
_DEQUE_BLOCK = (64 + 2) * _WORD
_ORDERED_NODE = 4 * _WORD

_TABLES: tuple[type, ...] = (list, set, bytearray, dict)
"""Types whose table is a block beside the object."""

SizeOf = Callable[[Any], int]


def chunk(size: int) -> int:
    """Bytes that glibc's malloc takes for a request of `size` bytes."""
    return max(32, (size + 23) & -16)


def block(size: int) -> int:
    """Bytes that CPython's object allocator takes for a request of `size` bytes."""
    return (size + 15) & -16 if size <= _PYMALLOC_SERVES else chunk(size)


def blocks(sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same for (n,) requests."""
    chunks = np.maximum(32, np.floor((sizes + 23) / 16) * 16)
    return np.where(sizes <= _PYMALLOC_SERVES, np.ceil(sizes / 16) * 16, chunks)


def inline_values(attributes: int) -> int:
    """Bytes of the array that holds an instance's `attributes` while it has no ``__dict__`` (Objects/dictobject.c).

    It has room for one attribute more than the class has had so far. Up to 3.12 it is a block of its own, from 3.13 on
    a part of the object, which is a multiple of 16 bytes before it.
    """
    slots = attributes + 1
    if sys.version_info >= (3, 13):
        return ((slots + 7) // 8 * 8 + (slots + 1) * _WORD + 15) & -16
    return block((slots + 2 + 7) // 8 * 8 + slots * _WORD)


def header(cls: type) -> int:
    """Bytes before an instance of `cls`: the collector's links, and the pointers to its attributes."""
    flags = cls.__flags__
    managed = MANAGED_DICT_FLAG | (_MANAGED_WEAKREF_FLAG if sys.version_info >= (3, 12) else 0)
    return (_GC_HEAD if flags & GC_FLAG else 0) + (_PREHEADER if flags & managed else 0)


def builtin_sizeof(cls: type) -> Callable[[Any], int]:
    """The `__sizeof__` of the nearest base that has one in C."""
    for base in cls.__mro__:
        method = base.__dict__.get("__sizeof__")
        if isinstance(method, types.MethodDescriptorType):
            return method
    return object.__sizeof__


def size_of(cls: type) -> SizeOf:
    """A function that gives the bytes of an instance of `cls` with its tables, but not with what it refers to."""
    sizeof, before = builtin_sizeof(cls), header(cls)
    if cls is float:
        fixed_float = block(float.__basicsize__)
        return lambda _: fixed_float
    if issubclass(cls, tuple) and sizeof is tuple.__sizeof__:
        # one of a class of its own has room for an item more (PyType_GenericAlloc, Objects/typeobject.c)
        before += cls.__itemsize__ if cls.__flags__ & _HEAP_TYPE_FLAG else 0
        return lambda obj: block(sizeof(obj) + before)
    head = block(cls.__basicsize__ + before)
    fixed = cls.__basicsize__
    if issubclass(cls, deque):
        # older blocks are recycled by the deque; each is beyond pymalloc
        return lambda obj: head + (sizeof(obj) - fixed) // _DEQUE_BLOCK * chunk(_DEQUE_BLOCK)
    if issubclass(cls, OrderedDict):
        return lambda obj: _ordered(sizeof(obj) - fixed, dict.__len__(obj), head)
    if issubclass(cls, _TABLES) or cls.__module__ == "array":
        return lambda obj: _with_table(head, sizeof(obj) - fixed)
    return lambda obj: block(sizeof(obj) + before)


def _with_table(head: int, table: int) -> int:
    return head + block(table) if table > 0 else head


def _ordered(tables: int, length: int, head: int) -> int:
    nodes = length * _ORDERED_NODE
    return head + nodes + max(0, tables - nodes)


def array_size_of(cls: type) -> SizeOf:
    """The same for a NumPy array: the object, its shape and strides, and its data where it owns them.

    Its `__sizeof__` gives `__basicsize__` of ndarray, two words a dimension, and its own data.
    """
    sizeof, head = builtin_sizeof(cls), block(cls.__basicsize__ + header(cls))
    ndarray = next(base for base in cls.__mro__ if base.__module__ == "numpy" and base.__name__ == "ndarray")
    fixed, dimensions = ndarray.__basicsize__, ndarray.__dict__["ndim"].__get__

    def size(array: Any) -> int:
        shape = 2 * _WORD * dimensions(array)
        data = sizeof(array) - fixed - shape
        return head + chunk(shape) + (chunk(data) if data > 0 else 0)

    return size
