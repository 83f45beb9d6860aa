"""Reading this process's memory by address, without the risk of a pointer, and without changing it.

Another thread may unmap what is being looked at. So the kernel copies it, into a file in memory: ``pwritev`` then fails
where a pointer would crash. ``process_vm_readv`` does, too, but it pins the pages that it reads, and Linux since 5.19
makes a copy of each that is shared with a forked child: a reading would take up to as much memory as is read.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.probes.resident.own_mappings import scratch
from harness.probes.resident.pages import address_of

_SEGMENTS = 1024  # what one call takes (IOV_MAX)
_MOST_BYTES = 1 << 20
"""Of one call: what the file in memory takes while it is read."""

_KEPT_BYTES = 1 << 16
"""What the file in memory may keep between two readings."""

_WORD = 8
FEW = 8

Words = NDArray[np.uint64]


class OwnMemory:
    """Reads words of 8 bytes at addresses of this process. `readable` is False where the system does not allow it."""

    def __init__(self) -> None:
        self._call: Any = None
        self._segments: Words = np.zeros((_SEGMENTS, 2), np.uint64)
        self._segments_at = address_of(self._segments)
        self._few = (ctypes.c_uint64 * FEW)()
        self._file = -1
        self.readable = False
        if sys.platform.startswith("linux"):
            with contextlib.suppress(AttributeError, OSError):
                self._call = ctypes.CDLL(None).pwritev
                self._file = os.memfd_create("copied", os.MFD_CLOEXEC)
        if self._file >= 0:
            self._call.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_long]
            self._call.restype = ctypes.c_ssize_t
            at = ctypes.addressof(self._few)
            self._few[0] = at
            self.readable = self.few_words(at)[0] == at

    def __del__(self) -> None:
        if self._file >= 0:
            os.close(self._file)

    def few_words(self, address: int) -> list[int]:
        """The `FEW` words at one address; zeros where they cannot be read."""
        self._segments[0] = address, FEW * _WORD
        copied = self._copy(1, memoryview(self._few).cast("B"))
        words = self._few[:]
        return words[: copied // _WORD] + [0] * (FEW - copied // _WORD)

    def words(self, addresses: Words, count: int) -> Words:
        """`count` words at each of the addresses, as uint64 (addresses, count); zeros where they cannot be read.

        About 0.1 us an address.
        """
        copies: Words = scratch(len(addresses) * count, np.uint64).reshape(-1, count)
        if not len(addresses):
            return copies
        into, size, done = copies.data.cast("B"), count * _WORD, 0
        most = max(min(_SEGMENTS, _MOST_BYTES // size), 1)
        while done < len(addresses):
            asked = min(len(addresses) - done, most)
            self._segments[:asked, 0] = addresses[done : done + asked]
            self._segments[:asked, 1] = size
            copied = self._copy(asked, into[done * size : (done + asked) * size])
            done += copied // size
            if copied < asked * size:  # the next one cannot be read: it stays as it is
                copies[done] = 0
                done += 1
        if min(len(addresses), most) * size > _KEPT_BYTES:
            os.ftruncate(self._file, 0)
        return copies

    def _copy(self, segments: int, into: memoryview) -> int:
        """Copy the memory of the first `segments` to `into`, as far as it can be read; returns the bytes copied."""
        written: int = self._call(self._file, self._segments_at, segments, 0)
        return os.preadv(self._file, [into[:written]], 0) if written > 0 else 0
