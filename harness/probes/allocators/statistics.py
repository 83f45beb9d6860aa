"""What the allocators (pymalloc, glibc) report of themselves, and how they give free pages back.

Live bytes = pymalloc's allocated blocks + glibc's chunks in use. Where one of them is not in use or cannot tell, its
number is None: pymalloc under ``PYTHONMALLOC=malloc``, glibc where a preloaded library replaced ``malloc``.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import sys
from typing import NamedTuple

_PYMALLOC = re.compile(
    rb"(?P<arenas>\d+) arenas \* (?P<arena_bytes>\d+) bytes/arena.*"
    rb"bytes in allocated blocks += +(?P<live>[\d,]+).*"
    rb"bytes in available blocks += +(?P<available>[\d,]+).*"
    rb"^(?P<unused>\d+) unused pools \* (?P<pool_bytes>\d+) bytes.*"
    rb"lost to pool headers += +(?P<headers>[\d,]+).*"
    rb"lost to quantization += +(?P<quantization>[\d,]+).*"
    rb"lost to arena alignment += +(?P<alignment>[\d,]+)",
    re.DOTALL | re.MULTILINE,
)

_PYTHONMALLOC = os.environ.get("PYTHONMALLOC", "")

_PROBE_BYTES = 1 << 16
"""Below every threshold of glibc: asking for it and giving it back changes nothing that lasts."""


_MALLINFO2 = (
    "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
)  # fmt: skip


class Mallinfo2(ctypes.Structure):
    """glibc's ``struct mallinfo2`` (2.33 and newer), see mallinfo(3); all arenas together."""

    arena: int
    hblkhd: int
    uordblks: int
    fordblks: int
    keepcost: int
    _fields_ = [(name, ctypes.c_size_t) for name in _MALLINFO2]


class Pymalloc(NamedTuple):
    """What pymalloc says of its arenas, in bytes; the parts add up to arenas x arena_bytes.

    overhead: headers of pools, and what is left at their ends. alignment: at the ends of arenas, never touched.
    """

    arenas: int
    arena_bytes: int
    pool_bytes: int
    live: int
    overhead: int
    free: int
    alignment: int


class Allocators:
    """Reads pymalloc and glibc of this process; the buffers it needs are made once.

    `objects_in_mimalloc`: Python's objects lie in the mimalloc that comes with it, which is not read.
    """

    def __init__(self) -> None:
        self._mallinfo2 = None
        self._trim = None
        if sys.platform.startswith("linux"):
            libc = ctypes.CDLL(None)
            with contextlib.suppress(AttributeError):  # musl
                self._trim = libc.malloc_trim
            # by the library's own name: a preloaded allocator may offer a mallinfo2 of its own
            with contextlib.suppress(AttributeError, OSError):  # musl, or glibc before 2.33
                mallinfo2 = ctypes.CDLL("libc.so.6").mallinfo2
                mallinfo2.restype = Mallinfo2
                if _counts_malloc(libc, mallinfo2):
                    self._mallinfo2 = mallinfo2
        self.objects_in_mimalloc = "t" in getattr(sys, "abiflags", "") or _PYTHONMALLOC.startswith("mimalloc")
        self._report = os.memfd_create("pymalloc", os.MFD_CLOEXEC) if hasattr(os, "memfd_create") else None

    def pymalloc(self) -> Pymalloc | None:
        """pymalloc's arenas, or None where pymalloc is not in use.

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
        # the lines stand in the first 4 kB; a larger read would be served by malloc
        return _parse(os.pread(self._report, 8192, 0))

    def pymalloc_bytes(self) -> int | None:
        """Bytes in allocated pymalloc blocks, or None where pymalloc is not in use. 1 to 4 ms per GB."""
        pymalloc = self.pymalloc()
        return None if pymalloc is None else pymalloc.live

    def glibc(self) -> Mallinfo2 | None:
        """glibc's own count, or None where there is none, or where ``malloc`` is another allocator's."""
        return None if self._mallinfo2 is None else self._mallinfo2()

    def glibc_bytes(self) -> int | None:
        """Bytes of glibc's chunks in use, in its arenas and mapped one by one, or None where glibc cannot tell."""
        info = self.glibc()
        return None if info is None else int(info.uordblks + info.hblkhd)

    def live_bytes(self) -> int | None:
        """What the program holds: the blocks in use of those allocators that can tell; None where none can."""
        return self.live_of(self.pymalloc_bytes(), self.glibc_bytes())

    def live_of(self, pymalloc_bytes: int | None, glibc_bytes: int | None) -> int | None:
        """Live bytes of what was read.

        Under ``PYTHONMALLOC=malloc`` that is glibc alone, with a preloaded malloc it is pymalloc alone. Python's own
        mimalloc (free-threaded builds, ``PYTHONMALLOC=mimalloc``) cannot tell: without the objects there is no sum.
        """
        if self.objects_in_mimalloc:
            return None
        readings = [reading for reading in (pymalloc_bytes, glibc_bytes) if reading is not None]
        return sum(readings) if readings else None

    def trim(self) -> bool:
        """``malloc_trim(0)``: give glibc's free pages back; False where there is no such call."""
        if self._trim is None:
            return False
        self._trim(ctypes.c_size_t(0))
        return True


def _counts_malloc(libc: ctypes.CDLL, mallinfo2: ctypes._NamedFuncPointer) -> bool:
    """Whether what `malloc` hands out shows in glibc's own count: it does not where another library took its place.

    Half of it will do: ctypes gives back some bytes of its own between the two counts.
    """
    malloc, free = libc.malloc, libc.free
    malloc.restype = ctypes.c_void_p
    before = mallinfo2()
    block = ctypes.c_void_p(malloc(ctypes.c_size_t(_PROBE_BYTES)))
    after = mallinfo2()
    free(block)
    return bool(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd >= _PROBE_BYTES // 2)


def _parse(text: bytes) -> Pymalloc | None:
    match = _PYMALLOC.search(text)
    if match is None:
        return None
    number = {name: int(digits.replace(b",", b"")) for name, digits in match.groupdict().items()}
    return Pymalloc(
        arenas=number["arenas"],
        arena_bytes=number["arena_bytes"],
        pool_bytes=number["pool_bytes"],
        live=number["live"],
        overhead=number["headers"] + number["quantization"],
        free=number["available"] + number["unused"] * number["pool_bytes"],
        alignment=number["alignment"],
    )
