"""The dear tier: what the allocators hold (pymalloc, glibc), and giving free pages back.

Live bytes = pymalloc's allocated blocks + glibc's chunks in use. Where an allocator cannot be read (another libc,
``PYTHONMALLOC=malloc``) its number is None.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys

_PYMALLOC_LINE = b"# bytes in allocated blocks"


class _Mallinfo2(ctypes.Structure):
    """glibc's ``struct mallinfo2`` (2.33 and newer), see mallinfo(3)."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keepcost",
        )
    ]


class Allocators:
    """Reads pymalloc and glibc of this process; the buffers it needs are made once."""

    def __init__(self) -> None:
        self._mallinfo2 = None
        self._trim = None
        if sys.platform.startswith("linux"):
            libc = ctypes.CDLL(None)
            with contextlib.suppress(AttributeError):  # musl, or glibc before 2.33
                self._mallinfo2 = libc.mallinfo2
                self._mallinfo2.restype = _Mallinfo2
            with contextlib.suppress(AttributeError):
                self._trim = libc.malloc_trim
        self._report = os.memfd_create("pymalloc", os.MFD_CLOEXEC) if hasattr(os, "memfd_create") else None

    def pymalloc_bytes(self) -> int | None:
        """Bytes in allocated pymalloc blocks, or None where pymalloc is not in use.

        CPython tells them in the text that ``sys._debugmallocstats`` prints to the C stderr only, so file descriptor
        2 points at a memory file for that instant. It walks every pool: 1 to 4 ms per GB.
        """
        if self._report is None:
            return None
        os.ftruncate(self._report, 0)
        os.lseek(self._report, 0, os.SEEK_SET)
        stderr = os.dup(2)
        try:
            os.dup2(self._report, 2)
            sys._debugmallocstats()
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
        # the line stands in the first 4 kB; a larger read would be served by malloc
        text = os.pread(self._report, 8192, 0)
        at = text.find(_PYMALLOC_LINE)
        if at < 0:
            return None
        return int(text[text.index(b"=", at) + 1 : text.index(b"\n", at)].replace(b",", b""))

    def glibc_bytes(self) -> int | None:
        """Bytes of glibc's chunks in use, in its arenas and mapped one by one, or None where glibc cannot tell."""
        if self._mallinfo2 is None:
            return None
        info = self._mallinfo2()
        return int(info.uordblks + info.hblkhd)

    def trim(self) -> bool:
        """``malloc_trim(0)``: give glibc's free pages back; False where there is no such call."""
        if self._trim is None:
            return False
        self._trim(ctypes.c_size_t(0))
        return True
