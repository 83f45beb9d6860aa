"""Reading this process's memory by address, without the risk of a pointer.

Another thread may unmap what is being looked at: ``process_vm_readv`` (Linux) then fails where a pointer would crash.
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
_WORD = 8
FEW = 8

Words = NDArray[np.uint64]


class OwnMemory:
    """Reads words of 8 bytes at addresses of this process. `readable` is False where the system does not allow it."""

    def __init__(self) -> None:
        self._call: Any = None
        self._segments: Words = np.zeros((_SEGMENTS, 2), np.uint64)
        self._segments_at = address_of(self._segments)
        self._into = (ctypes.c_uint64 * 2)()
        self._into_at = ctypes.addressof(self._into)
        self._few = (ctypes.c_uint64 * FEW)()
        self._few_at = ctypes.addressof(self._few)
        self.readable = False
        if sys.platform.startswith("linux"):
            with contextlib.suppress(AttributeError):
                self._call = ctypes.CDLL(None).process_vm_readv
        if self._call is not None:
            address, count = ctypes.c_void_p, ctypes.c_ulong
            self._call.argtypes = [ctypes.c_int, address, count, address, count, count]
            self._call.restype = ctypes.c_ssize_t
            self.readable = self.few_words(self._into_at)[0] == self._few_at

    def few_words(self, address: int) -> list[int]:
        """The `FEW` words at one address; zeros where they cannot be read."""
        ctypes.memset(self._few_at, 0, FEW * _WORD)
        self._into[0], self._into[1] = self._few_at, FEW * _WORD
        self._segments[0] = address, FEW * _WORD
        self._call(os.getpid(), self._into_at, 1, self._segments_at, 1, 0)
        return self._few[:]

    def words(self, addresses: Words, count: int) -> Words:
        """`count` words at each of the addresses, as uint64 (addresses, count); zeros where they cannot be read.

        About 0.4 us an address.
        """
        copies: Words = scratch(len(addresses) * count, np.uint64).reshape(-1, count)
        copies_at, size = address_of(copies) if len(copies) else 0, count * _WORD
        done = 0
        while done < len(addresses):
            asked = min(len(addresses) - done, _SEGMENTS)
            self._segments[:asked, 0] = addresses[done : done + asked]
            self._segments[:asked, 1] = size
            self._into[0], self._into[1] = copies_at + done * size, asked * size
            read = self._call(os.getpid(), self._into_at, 1, self._segments_at, asked, 0)
            done += max(read, 0) // size
            if read < asked * size:  # the next one cannot be read: it stays as it is
                copies[done] = 0
                done += 1
        return copies
