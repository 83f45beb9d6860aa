"""What is pinned about a judged process, so that two machines judge the same: environment and huge pages."""

from __future__ import annotations

import ctypes
import platform
import sys
from collections.abc import Mapping

PINNED: dict[str, str] = {
    "PYTHONHASHSEED": "0",
    "PYTHONMALLOC": "pymalloc",
    # glibc's default is 8 arenas a core: 16 is what a machine of two cores has, whatever this one has
    "MALLOC_ARENA_MAX": "16",
    # one allocator for all C memory, so that live bytes see what Arrow holds
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TZ": "UTC",
}

_CLEARED_PREFIXES = ("MALLOC_", "PYTHON")
_CLEARED = ("GLIBC_TUNABLES", "LD_PRELOAD")
_KEPT = ("PYTHONPATH",)

_PR_SET_THP_DISABLE = 41


def platform_warning() -> str | None:
    """What cannot be read on this system, in one line, or None on Linux with glibc, where memory is judged."""
    if sys.platform.startswith("linux") and platform.libc_ver()[0] == "glibc":
        return None
    return "memory is judged on Linux with glibc: here RSS is read, and what the allocators hold is not"


def judged_environment(inherited: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """The environment of a judged process.

    That is `inherited` without what steers allocators or Python, with the pins, and with what its config sets: `own`.
    """
    kept = {
        name: value
        for name, value in inherited.items()
        if name in _KEPT or not (name.startswith(_CLEARED_PREFIXES) or name in _CLEARED)
    }
    return {**kept, **PINNED, **own}


def isolate_this_process() -> None:
    """Turn transparent huge pages off (Linux; elsewhere nothing)."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_THP_DISABLE, 1, 0, 0, 0)
