"""All objects of this process by type and by who refers to them, twice: which types grew, and who holds the growth.

For growth that no path from the target explains: here nothing is asked of the target, only of Python's collector. A
rerun is not judged, so this may take its time: some 5 s and 300 MB for a million objects.
"""

from __future__ import annotations

import gc
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.deep.cycles import find_cycles
from harness.deep.findings import BY_NOBODY, IN_CYCLES, ByCensus, GrownType
from harness.deep.tracers import FOUND_FILE
from harness.probes.allocators.statistics import Allocators
from harness.probes.owners.kinds import Kind, classify
from harness.probes.owners.sizes import MANAGED_DICT_FLAG, inline_values
from harness.probes.survivors.reachable import Reachable

MOST_OBJECTS = 3_000_000
"""The most objects that are looked at."""

MOST_PATHS = 300_000
"""So many objects are asked who refers to them; of more, one in n is, and each of LARGE bytes or more."""

LARGE = 1024

_GOLDEN, _WORD = 2_654_435_761, (1 << 32) - 1
"""Multiples of 2^32 by the golden ratio are spread evenly, and so are addresses in even rows: what stays where it is
is drawn at half and at the end, or neither time."""

MOST_TYPES, MOST_HOLDERS = 8, 3
LEAST_BYTES, LEAST_SHARE = 50_000, 0.03
"""A type that grew by less, or by less than this share of the first one, is not told of."""

_TARGET = "._target"
"""The attribute of a run that holds the target."""

_HERE = Path(__file__).parent


_NONE = np.empty(0, np.uint64)


class CensusTracer:
    """Counts the objects by type at half of the feed and at its end; traces nothing, so that nothing else grows."""

    def __init__(self, folder: Path, most_paths: int = MOST_PATHS) -> None:
        self._folder = folder
        self._most_paths = most_paths
        self._then = folder / "half.json"  # in this process it would be counted
        self._made = _NONE
        self._allocators = Allocators()
        self._live: int | None = None

    def begin(self, roots: Mapping[str, Any]) -> None:
        """For a feed that ends before its half."""
        self.halfway()

    def halfway(self) -> None:
        self._made = make_attribute_dicts(self._made)
        self._then.write_text(json.dumps(count_objects(self._made, self._most_paths)), encoding="utf-8")
        self._live = self._allocators.live_bytes()

    def end(self, roots: Mapping[str, Any]) -> None:
        live = self._allocators.live_bytes()
        self._made = make_attribute_dicts(self._made)
        now = count_objects(self._made, self._most_paths)
        in_cycles: set[int] = set()
        find_cycles(lambda obj, size: in_cycles.add(id(obj)))
        then = json.loads(self._then.read_text(encoding="utf-8"))
        found = ByCensus(
            types=grown_types(then, now, in_cycles),
            live_bytes=None if live is None or self._live is None else live - self._live,
            truncated=bool(now["truncated"]),
        )
        (self._folder / FOUND_FILE).write_text(json.dumps(found.to_json()), encoding="utf-8")


def make_attribute_dicts(made: NDArray[np.uint64] = _NONE) -> NDArray[np.uint64]:
    """Make the ``__dict__`` of all instances and functions; returns the addresses of those made, and of `made`.

    Looking for names makes them one by one: what is looked at would seem to grow.
    """
    addresses = set(made.tolist())
    for obj in gc.get_objects():
        if not issubclass(type(obj), type | ModuleType | dict | list | tuple):
            before = gc.get_referents(obj)
            attributes = _attributes(obj)
            if attributes is not None and not any(part is attributes for part in before):
                addresses.add(id(attributes))
    return np.fromiter(addresses, np.uint64, len(addresses))


def _keeps_values(cls: type) -> bool:
    """Whether an instance keeps its attributes in an array until it is asked for its ``__dict__``."""
    return bool(cls.__flags__ & MANAGED_DICT_FLAG) and not issubclass(cls, ModuleType)


def _attributes(obj: Any) -> dict[str, Any] | None:
    try:
        attributes = object.__getattribute__(obj, "__dict__")
    except Exception:  # noqa: BLE001 - a class may have made a property of it
        return None
    return attributes if type(attributes) is dict else None


def count_objects(made: NDArray[np.uint64], most_paths: int = MOST_PATHS) -> dict[str, Any]:
    """Count all objects of this process, as plain values.

    {"types": {name: [objects, bytes]}, "held": {name: {path: bytes}}, "unheld": [[name, address, bytes]] of those that
    nothing else refers to, "truncated": whether there were more than MOST_OBJECTS}. Of held and unheld it is a sample,
    blown up. `made` are the addresses of dicts that only this census made: they count as the arrays that they were.
    """
    reachable = Reachable(_frame_of_the_run(), MOST_OBJECTS)
    try:
        return _counted(reachable, set(made.tolist()), -(-len(reachable.objects) // most_paths) or 1)
    finally:
        reachable.objects.clear()  # frames of ours are among them: a cycle with all objects of the process in it


def _counted(reachable: Reachable, made: set[int], every: int) -> dict[str, Any]:
    types: dict[type, list[int]] = {}
    kinds: dict[type, Kind] = {}
    names: dict[type, str] = {}
    held: defaultdict[str, Counter[str]] = defaultdict(Counter)
    unheld: list[tuple[str, int, int]] = []
    for number, obj in enumerate(reachable.objects):
        cls = type(obj)
        kind = kinds.get(cls)
        if kind is None:
            kind = kinds[cls] = classify(cls)  # here nothing is outside of the target's world
            names[cls] = type_name(cls)
            types[cls] = [0, 0]
        if cls is dict and id(obj) in made:
            continue
        size = int(kind.size(obj))
        if _keeps_values(cls) and (attributes := _attributes(obj)) is not None and id(attributes) in made:
            size += inline_values(len(attributes))
        counted = types[cls]
        counted[0] += 1
        counted[1] += size
        if size >= LARGE or ((id(obj) >> 4) * _GOLDEN & _WORD) * every <= _WORD:
            path = reachable.path(number)
            weighed = size if size >= LARGE else size * every
            if path[0].endswith(" held by C code>"):
                unheld.append((names[cls], id(obj), weighed))
            else:
                held[names[cls]][_shown(path)] += weighed
    summed: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for cls, (objects, size) in types.items():
        both = summed[names[cls]]
        both[0] += objects
        both[1] += size
    return {"types": dict(summed), "held": dict(held), "unheld": unheld, "truncated": reachable.truncated}


def grown_types(then: Mapping[str, Any], now: Mapping[str, Any], in_cycles: set[int]) -> tuple[GrownType, ...]:
    """The types that grew most between two counts, the largest first; `in_cycles` are the addresses of what was."""
    nothing = [0, 0]
    grown = {name: size - then["types"].get(name, nothing)[1] for name, (_, size) in now["types"].items()}
    largest = sorted(grown, key=lambda name: grown[name], reverse=True)[:MOST_TYPES]
    return tuple(
        GrownType(
            name,
            now["types"][name][0] - then["types"].get(name, nothing)[0],
            grown[name],
            _holders(name, grown[name], then, now, in_cycles),
        )
        for name in largest
        if grown[name] >= max(LEAST_BYTES, LEAST_SHARE * grown[largest[0]])
    )


def _holders(
    name: str, grown: int, then: Mapping[str, Any], now: Mapping[str, Any], in_cycles: set[int]
) -> tuple[tuple[str, float], ...]:
    """The paths that hold more of a type than before, each with its share of the bytes by which that has `grown`."""
    more = Counter[str](now["held"].get(name, {}))
    more.subtract(then["held"].get(name, {}))
    unheld_then = sum(size for of, _, size in then["unheld"] if of == name)
    unheld = [(address, size) for of, address, size in now["unheld"] if of == name]
    unheld_more = max(sum(size for _, size in unheld) - unheld_then, 0)
    more[IN_CYCLES] = min(sum(size for address, size in unheld if address in in_cycles), unheld_more)
    more[BY_NOBODY] = unheld_more - more[IN_CYCLES]
    return tuple((path, min(size / grown, 1.0)) for path, size in more.most_common(MOST_HOLDERS) if size > 0)


def type_name(cls: type) -> str:
    """Return the name of a type with its module; that of a builtin alone."""
    module = cls.__module__
    return cls.__qualname__ if type(module) is not str or module == "builtins" else f"{module}.{cls.__qualname__}"


def _frame_of_the_run() -> FrameType | None:
    """The innermost frame that is not of this package: what those hold is the census's own."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and Path(frame.f_code.co_filename).parent == _HERE:
        frame = frame.f_back
    return frame


def _shown(path: tuple[str, ...]) -> str:
    """A path as people read it: from the target where it leads through it."""
    if _TARGET in path:
        return "".join(path[path.index(_TARGET) + 1 :]).removeprefix(".") or "(target)"
    return "".join(path)
