"""How much of one part of this process's memory is resident: what an object that holds a mapping takes of RSS."""

from __future__ import annotations

import ctypes
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.probes.resident.own_mappings import FILE, PAGE, SHARED, STACK, WRITABLE, read_mappings, scratch
from harness.probes.resident.pages import NOT_ANONYMOUS, PRESENT, read_words

_WORDS = 4096
"""Pages looked at in one piece: arrays of their words stay below glibc's mmap threshold."""


class _Buffer(ctypes.Structure):
    """``Py_buffer`` (Include/pybuffer.h)."""

    buf: int | None
    len: int
    _fields_ = [
        *(("buf", ctypes.c_void_p), ("obj", ctypes.c_void_p), ("len", ctypes.c_ssize_t)),
        *(("itemsize", ctypes.c_ssize_t), ("readonly", ctypes.c_int), ("ndim", ctypes.c_int)),
        *((name, ctypes.c_void_p) for name in ("format", "shape", "strides", "suboffsets", "internal")),
    ]


_get_buffer, _release_buffer = ctypes.pythonapi.PyObject_GetBuffer, ctypes.pythonapi.PyBuffer_Release
_get_buffer.argtypes = [ctypes.py_object, ctypes.c_void_p, ctypes.c_int]
_release_buffer.argtypes = [ctypes.c_void_p]
_release_buffer.restype = None


class MappedParts:
    """Resident bytes of parts of memory as the lines of RSS count them (see `Pages`); made for one walk.

    The list of mappings is read when the first part is asked for.
    """

    def __init__(self) -> None:
        self._rows: NDArray[np.int64] | None = None
        self._starts: NDArray[np.int64] = np.zeros(0, np.int64)
        self._words = np.zeros(_WORDS, np.uint64)
        self._buffer = _Buffer()
        self._buffer_at = ctypes.addressof(self._buffer)

    def of_object(self, mapping: Any) -> int:
        """Resident bytes of what a ``mmap.mmap`` maps; 0 of one that is closed, or where /proc does not tell."""
        try:
            _get_buffer(mapping, self._buffer_at, 0)
        except (ValueError, BufferError, TypeError):  # closed
            return 0
        start, size = self._buffer.buf or 0, self._buffer.len
        _release_buffer(self._buffer_at)
        try:
            return self.resident(start, start + size)
        except OSError:
            return 0

    def of_stack(self, address: int) -> int:
        """Resident bytes of the stack that `address` lies in; 0 where there is none, or where /proc does not tell."""
        try:
            start, end, kind = self._mapping(address)
            return self.resident(start, end) if kind == STACK else 0
        except OSError:
            return 0

    def resident(self, start: int, end: int) -> int:
        """Resident bytes of the addresses [start, end), which lie in one mapping. Some 10 ms per GB.

        Of a mapping of a file those pages count that were written, or may have been: none where it is mapped to be
        read only. Raises OSError where /proc does not tell.
        """
        _, _, kind = self._mapping(start)
        if kind == FILE:
            return 0
        start, end, count = start // PAGE * PAGE, -(-end // PAGE) * PAGE, 0
        descriptor = os.open("/proc/self/pagemap", os.O_RDONLY | os.O_CLOEXEC)
        try:
            for _, pages in read_words(descriptor, start, end, self._words):
                words = self._words[:pages]
                present = words >= PRESENT
                if kind not in (SHARED, WRITABLE):
                    present &= words & NOT_ANONYMOUS == 0
                count += int(np.count_nonzero(present))
        finally:
            os.close(descriptor)
        return count * PAGE

    def _mapping(self, address: int) -> tuple[int, int, int]:
        """(start, end, kind) of the mapping that `address` lies in; shared memory of no size where none is listed."""
        if self._rows is None:
            self._rows = read_mappings()
            self._starts = scratch(len(self._rows), np.int64)
            self._starts[:] = self._rows[:, 0]
        place = int(np.searchsorted(self._starts, address, side="right")) - 1
        if place < 0 or address >= self._rows[place, 1]:
            return address, address, SHARED
        return int(self._rows[place, 0]), int(self._rows[place, 1]), int(self._rows[place, 2])
