"""A fresh process whose objects are counted twice, with something made between: ``counted_process.py FOLDER CASE``.

In a process of tests what other tests left is counted, too: it takes ten seconds, and some of it goes meanwhile.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np

from harness.deep.type_census import CensusTracer

EVERY_OBJECT: Final = 10**9

elsewhere: Any = ModuleType("elsewhere")
"""A module that no path from a target leads to."""


class Node:
    def __init__(self, number: int) -> None:
        self.values = [number + 0.5 + place for place in range(40)]


class Loop(Node):
    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.me = self


def make_nodes() -> None:
    elsewhere.SEEN.extend(map(Node, range(1000, 2000)))


def make_references() -> None:
    text = elsewhere.TEXT
    elsewhere.SEEN.extend([text, (text, text)] for _ in range(100))


def make_views() -> None:
    elsewhere.SEEN.extend([np.zeros(1000)[:10]] for _ in range(100))


def turn_around() -> None:
    elsewhere.OLD.reverse()


def make_cycles() -> None:
    for number in range(1000, 2000):
        Loop(number).pair = (number, number + 0.5)  # type: ignore[attr-defined]


def leak_references() -> None:
    for number in range(1000, 2000):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(Node(number)))


def allocate() -> None:
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    elsewhere.SEEN.extend(libc.malloc(ctypes.c_size_t(1500)) for _ in range(1000))


CASES: Final[dict[str, tuple[Callable[[], None], int]]] = {
    "nodes": (make_nodes, EVERY_OBJECT),
    "nodes, a sample": (make_nodes, 20_000),
    "references": (make_references, EVERY_OBJECT),
    "views": (make_views, EVERY_OBJECT),
    "nothing": (turn_around, EVERY_OBJECT),
    "cycles": (make_cycles, EVERY_OBJECT),
    "references that leak": (leak_references, EVERY_OBJECT),
    "memory of C code": (allocate, EVERY_OBJECT),
}


def main(folder: Path, case: str) -> None:
    """Write what two counts find into `folder`."""
    sys.modules["elsewhere"] = elsewhere
    elsewhere.OLD = [Node(number) for number in range(3000)]
    elsewhere.TEXT = "x" * 100_000
    elsewhere.SEEN = []
    make, most_paths = CASES[case]
    gc.collect()
    gc.disable()
    tracer = CensusTracer(folder, most_paths)
    tracer.begin({})
    make()
    tracer.end({})


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
