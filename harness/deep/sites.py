"""Where memory was allocated, in the lines of the program that asked for it."""

from __future__ import annotations

import ast
import ctypes
import importlib.util
import os
import re
import sys
import sysconfig
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from harness.probes.owners.sizes import MANAGED_DICT_FLAG, header

_INSTALLED = re.compile(r"[\\/](site|dist)-packages[\\/]")

_traceback_at = getattr(ctypes.pythonapi, "_PyTraceMalloc_GetTraceback", None) if sys.version_info < (3, 12) else None
if _traceback_at is not None:
    _traceback_at.restype = ctypes.py_object
    _traceback_at.argtypes = [ctypes.c_uint, ctypes.c_size_t]

Frame = tuple[str, int]
"""File and line, as the interpreter tells them."""


class Site(NamedTuple):
    """A line of code. `own`: it is the target's; else it is a library's or the harness's, with none of the target's
    lines above it."""

    file: str
    line: int
    function: str
    own: bool


def traceback_of(obj: Any) -> tracemalloc.Traceback | None:
    """Where tracemalloc saw an object allocated; None where it did not.

    Python 3.11 asks at a wrong address for an instance that has attributes: two pointers to them lie before it, too.
    """
    stack = tracemalloc.get_object_traceback(obj)
    if stack is None and _traceback_at is not None and type(obj).__flags__ & MANAGED_DICT_FLAG:
        frames = _traceback_at(0, id(obj) - header(type(obj)))
        stack = None if frames is None else tracemalloc.Traceback(frames)
    return stack


class Sites:
    """Finds in a stack the line that speaks to the target's developer.

    `factory` is the reference "module:name" that the target is made by. What lies in its top-level package (in the
    harness: in the second level of it) is the target's, and what is no library, no part of Python nor of the harness.
    """

    def __init__(self, factory: str) -> None:
        self._own = _places_of(factory.partition(":")[0])
        roots = {sysconfig.get_paths()[key] for key in ("stdlib", "platstdlib")}
        harness = Path(__file__).parents[1]
        roots |= {str(harness), str(harness.parent / "synthetic")}
        self._foreign = tuple(os.path.join(root, "") for root in roots)
        self._owned: dict[str, bool] = {}
        self._functions: dict[str, list[tuple[int, int, str]]] = {}
        self._known: dict[Frame, Site] = {}

    def of(self, frames: Sequence[Frame]) -> Site | None:
        """The innermost of the target's lines in a stack, or just the innermost; frames come innermost first."""
        written = [frame for frame in frames if not frame[0].startswith("<")]
        for frame in written:
            if self._is_own(frame[0]):
                return self._site(frame)
        return self._site(written[0]) if written else None

    def _is_own(self, file: str) -> bool:
        own = self._owned.get(file)
        if own is None:
            path = os.path.abspath(file)
            own = path.startswith(self._own) or not (path.startswith(self._foreign) or _INSTALLED.search(path))
            self._owned[file] = own
        return own

    def _site(self, frame: Frame) -> Site:
        site = self._known.get(frame)
        if site is None:
            file, line = frame
            if file not in self._functions:
                self._functions[file] = functions_in(Path(file))
            around = [name for first, last, name in self._functions[file] if first <= line <= last]
            site = self._known[frame] = Site(file, line, around[-1] if around else "", self._is_own(file))
        return site


def functions_in(file: Path) -> list[tuple[int, int, str]]:
    """(first line, last line, qualified name) of the functions in a file, the outer before the inner; [] unreadable."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return []
    found: list[tuple[int, int, str]] = []
    _collect(tree, "", found)
    return found


def _collect(node: ast.AST, prefix: str, found: list[tuple[int, int, str]]) -> None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            name = prefix + child.name
            found.append((child.lineno, child.end_lineno or child.lineno, name))
            _collect(child, f"{name}.", found)
        elif isinstance(child, ast.ClassDef):
            _collect(child, f"{prefix}{child.name}.", found)
        else:
            _collect(child, prefix, found)


def _places_of(module: str) -> tuple[str, ...]:
    """Where the files of the package of `module` lie: folders with a separator behind, or one file."""
    parts = module.split(".")
    package = ".".join(parts[:2]) if parts[0] == "harness" else parts[0]
    loaded = sys.modules.get(package)
    spec = loaded.__spec__ if loaded is not None else importlib.util.find_spec(package)
    if spec is None:
        return ()
    if spec.submodule_search_locations:
        return tuple(os.path.join(os.path.abspath(place), "") for place in spec.submodule_search_locations)
    return (os.path.abspath(spec.origin),) if spec.origin else ()
