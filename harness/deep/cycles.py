"""Reference cycles: what only a collection frees, found once, when nothing is measured any more."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.probes.owners.kinds import Form, Kinds

MOST_TYPES = 8


@dataclass(frozen=True)
class TypeCount:
    """So many objects of one type, and their bytes."""

    name: str
    objects: int
    bytes: int


@dataclass(frozen=True)
class Cycles:
    """What a collection found. `bytes` are of the objects in the cycles with the plain values that hang on them.

    `collector_on`: whether the program lets Python collect by itself. `uncollectable`: objects that were in
    ``gc.garbage`` before. `types` are the largest.
    """

    collector_on: bool
    uncollectable: int
    objects: int
    bytes: int
    types: tuple[TypeCount, ...]


def find_cycles(note: Callable[[Any, int], None]) -> Cycles:
    """Collect, with all that is found kept for a moment and given to `note` with its bytes; then let go of it."""
    collector_on, before = gc.isenabled(), len(gc.garbage)
    flags = gc.get_debug()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
    finally:
        gc.set_debug(flags)
    counts: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for obj, size in _weighed(gc.garbage[before:]):
        name = type(obj).__qualname__
        counts[name] += 1
        sizes[name] += size
        note(obj, size)
    objects = len(gc.garbage) - before
    del gc.garbage[before:]
    obj = None
    gc.collect()
    if collector_on:
        gc.enable()
    types = tuple(TypeCount(name, counts[name], size) for name, size in sizes.most_common(MOST_TYPES))
    return Cycles(collector_on, before, objects, sum(sizes.values()), types)


def _weighed(garbage: list[Any]) -> list[tuple[Any, int]]:
    """(object, bytes) of what was collected, and of the plain values that only it can hold, also in plain tuples."""
    kinds = Kinds()
    met = {id(obj) for obj in garbage}
    weighed = []
    pending = list(garbage)
    while pending:
        obj = pending.pop()
        weighed.append((obj, int(kinds[type(obj)].size(obj))))
        for part in gc.get_referents(obj):
            form = kinds[type(part)].form
            plain = form in (Form.ATOM, Form.ARRAY) or (form is Form.CONTAINER and not gc.is_tracked(part))
            if plain and id(part) not in met:
                met.add(id(part))
                pending.append(part)
    return weighed
