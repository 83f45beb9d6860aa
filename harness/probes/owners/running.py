"""What the functions hold that other threads run: the variables of their frames, which the collector does not see.

Asking for the variables of a frame that runs (``f_locals``) would make a dict of them that stays up to Python 3.12, and
what is in it would live until the function returns. So each is read by itself. The frame objects, some 200 bytes each,
stay as long as the functions run.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import types
from collections.abc import Iterator
from typing import Any

_HAVE_VARIABLES_OF_THEIR_OWN = 1
"""CO_OPTIMIZED: the code of functions; those of a module are its globals (Include/cpython/code.h)."""

_BEGINNINGS = {"Thread._bootstrap", "Thread._bootstrap_inner", "Thread.run"}


class _Frame(ctypes.Structure):
    """What CPython 3.11, and no other, executes (Include/internal/pycore_frame.h)."""

    _fields_ = (("before", ctypes.c_void_p * 9), ("variables", ctypes.py_object * (1 << 16)))


class _FrameObject(ctypes.Structure):
    """The object that stands for it: reference count, type and caller, then where it is."""

    _fields_ = (("before", ctypes.c_void_p * 3), ("frame", ctypes.POINTER(_Frame)))


class Running:
    """Threads that run the same function, by their numbers; what they hold is asked for when it is looked at."""

    __slots__ = ("numbers",)

    def __init__(self) -> None:
        self.numbers: list[int] = []

    def variables(self) -> Iterator[tuple[str, Any]]:
        """(label, value) of the variables of all functions that these threads are in, the first function's first."""
        frames = sys._current_frames()
        for number in self.numbers:
            if number in frames:
                yield from _of_thread(list(_downwards(frames[number])))


def running_threads() -> dict[str, Running]:
    """The threads of the program as ``<thread FUNCTION>``, but this one and the harness's."""
    found: dict[str, Running] = {}
    for number, frame in sys._current_frames().items():
        first = _first(list(_downwards(frame)))
        if number != threading.get_ident() and not _is_ours(first):
            found.setdefault(f"<thread {first.f_code.co_qualname}>", Running()).numbers.append(number)
    return found


def _downwards(frame: types.FrameType) -> Iterator[types.FrameType]:
    """The frames of a thread, the innermost first."""
    above: types.FrameType | None = frame
    while above is not None:
        yield above
        above = above.f_back


def _first(frames: list[types.FrameType]) -> types.FrameType:
    """The function that a thread was started for."""
    return next((frame for frame in reversed(frames) if not _is_beginning(frame)), frames[0])


def _is_beginning(frame: types.FrameType) -> bool:
    return frame.f_code.co_qualname in _BEGINNINGS and frame.f_globals is vars(threading)


def _is_ours(frame: types.FrameType) -> bool:
    top, _, rest = str(frame.f_globals.get("__name__", "")).partition(".")
    return top in ("harness", "synthetic") and rest.partition(".")[0] != "collector"


def _of_thread(frames: list[types.FrameType]) -> Iterator[tuple[str, Any]]:
    first = _first(frames)
    beginning = [frame for frame in frames if _is_beginning(frame) and frame is not first]
    for frame in [*(frame for frame in reversed(frames) if frame not in beginning), *beginning]:
        if not _is_ours(frame):
            call = "" if frame is first else f".<call {frame.f_code.co_qualname}>"
            for name, value in variables_of(frame):
                yield f"{call}.<local {name}>", value


def variables_of(frame: types.FrameType) -> Iterator[tuple[str, Any]]:
    """(name, value) of the variables of a function's frame, whether it runs or not; nothing is kept for them."""
    code = frame.f_code
    if not code.co_flags & _HAVE_VARIABLES_OF_THEIR_OWN:
        return
    others = [name for name in code.co_cellvars if name not in code.co_varnames]
    names = [*code.co_varnames, *others, *code.co_freevars]
    yield from _read_one_by_one(frame, names) if sys.version_info >= (3, 12) else _read_in_place(frame, names)


def _read_one_by_one(frame: types.FrameType, names: list[str]) -> Iterator[tuple[str, Any]]:
    """By the call that Python 3.12 and later have for it."""
    read = _get_var()
    for name in names:
        try:
            value = read(frame, name)
        except NameError:  # not bound yet, or no more
            continue
        yield name, value


def _get_var() -> Any:
    read = ctypes.pythonapi.PyFrame_GetVar
    read.argtypes = [ctypes.py_object, ctypes.py_object]
    read.restype = ctypes.py_object
    return read


def _read_in_place(frame: types.FrameType, names: list[str]) -> Iterator[tuple[str, Any]]:
    """From where Python 3.11 has them: no call reads one of them.

    The frame may move when its thread goes on. Between the two looks at memory no other thread does: attributes and
    items are read without a call, and the collector rests.
    """
    view = _FrameObject.from_address(id(frame))
    for place, name in enumerate(names):
        try:
            value = view.frame.contents.variables[place]
            if type(value) is types.CellType:
                value = value.cell_contents
        except ValueError:  # not bound yet, or no more
            continue
        yield name, value
