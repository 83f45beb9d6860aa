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
from collections.abc import Collection, Iterator
from typing import Any

from harness.probes.resident.mapped_parts import MappedParts

_HAVE_VARIABLES_OF_THEIR_OWN = 1
"""CO_OPTIMIZED: the code of functions; those of a module are its globals (Include/cpython/code.h)."""

MOST_FRAMES = 32
"""How deep a thread is looked into, from where it is."""

MOST_THREADS = 64
"""How many are looked at in one piece."""


class _Frame(ctypes.Structure):
    """What CPython 3.11, and no other, executes (Include/internal/pycore_frame.h)."""

    _fields_ = (("before", ctypes.c_void_p * 9), ("variables", ctypes.py_object * (1 << 16)))


class _FrameObject(ctypes.Structure):
    """The object that stands for it: reference count, type and caller, then where it is."""

    _fields_ = (("before", ctypes.c_void_p * 3), ("frame", ctypes.POINTER(_Frame)))


class Stacks:
    """The resident stacks of threads; made for one walk."""

    def __init__(self) -> None:
        self._parts = MappedParts()

    def bytes(self, running: Running) -> int:
        """Resident bytes of the stacks of `running`: a thread's number is an address in its stack, with glibc."""
        return sum(map(self._parts.of_stack, running.numbers))


class Running:
    """Threads that are in the same function of the program, by their numbers; what they hold is read when it is asked
    for."""

    __slots__ = ("_modules", "numbers")

    def __init__(self, modules: Collection[str]) -> None:
        self._modules = modules
        self.numbers: list[int] = []

    def variables(self) -> Iterator[tuple[str, Any]]:
        """(label, value) of the variables of that function, and of those that it is in."""
        frames = _other_frames()
        for number in self.numbers:
            for depth, frame in enumerate(_of_program(frames.get(number), self._modules)):
                call = f".<call {frame.f_code.co_qualname}>" if depth else ""
                for name, value in variables_of(frame):
                    yield f"{call}.<local {name}>", value


def running_threads(modules: Collection[str]) -> dict[str, list[Running]]:
    """The other threads that are in a function of one of `modules`, as ``<thread FUNCTION>``, the outermost such."""
    found: dict[str, list[Running]] = {}
    for number, innermost in _other_frames().items():
        frames = _of_program(innermost, modules)
        if frames:
            pieces = found.setdefault(f"<thread {frames[0].f_code.co_qualname}>", [])
            if not pieces or len(pieces[-1].numbers) == MOST_THREADS:
                pieces.append(Running(modules))
            pieces[-1].numbers.append(number)
    return found


def _other_frames() -> dict[int, types.FrameType]:
    """The innermost frame of every other thread. That of this one would hold itself, and all that called it."""
    frames = sys._current_frames()
    del frames[threading.get_ident()]
    return frames


def _of_program(innermost: types.FrameType | None, modules: Collection[str]) -> list[types.FrameType]:
    """The frames of a thread from the outermost of `modules` inwards; none where it is in none of them."""
    frames: list[types.FrameType] = []
    own, frame = 0, innermost
    while frame is not None and len(frames) < MOST_FRAMES:
        frames.append(frame)
        if frame.f_globals.get("__name__") in modules:
            own = len(frames)
        frame = frame.f_back
    return frames[:own][::-1]


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
