"""A size measure for the elements of a big container: lengths a few hops down, learned from a few, read for all in C.

Bytes are about base + sum of unit x length over the containers that an element of the type was found to hold. The hops
are attributes, items of a tuple and keys of a record; reading them runs no user code.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice, repeat
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.probes.owners.attribute_names import Names, is_plain
from harness.probes.owners.drawn_elements import Subtrees
from harness.probes.owners.kinds import NOBODY, Form, Kind, Kinds
from harness.probes.owners.sizes import blocks, builtin_sizeof, header
from harness.probes.owners.systematic_draw import rounded, spread

HOPS = 3
"""How many hops below an element its containers are looked for."""

_RECORD = 32
"""Tuples, and mappings of names, up to this length are records: their items are hops."""

_TARGETS = 12
_EXAMPLES = 4

Hop = tuple[str, Any]
Path = tuple[Hop, ...]
Measure = Callable[[list[Any]], NDArray[np.float64]]


class Learned(NamedTuple):
    """A function from a list of elements to (n,) measures in bytes, how much the examples differed (largest over
    smallest), and how many lengths are read for each element."""

    measure: Measure
    contrast: float
    reads: int


@dataclass(slots=True)
class _Target:
    """Something with a length below an element; `unit`: bytes of one of its elements."""

    length: Callable[[Any], int]
    units: list[float] = field(default_factory=list)


class Measures:
    """The measures learned in one walk, for each type, in each place."""

    def __init__(self, kinds: Kinds, names: Names, subtrees: Subtrees) -> None:
        self._kinds = kinds
        self._names = names
        self._subtrees = subtrees
        self._known: dict[tuple[str, bool], dict[type, Learned]] = {}

    def known(self, path: str, keys: bool) -> dict[type, Learned]:
        """What was learned of the elements of one place, by type; to be filled by the caller."""
        return self._known.setdefault((path, keys), {})

    def learn(self, cls: type, examples: list[Any]) -> Learned:
        """The measure of elements of `cls`, from some of them."""
        kind = self._kinds[cls]
        if kind.form is Form.ATOM:
            if kind.fixed:
                return Learned(_constant(float(kind.fixed)), 1.0, 0)
            return Learned(_sizes(cls), math.inf, 1)
        targets: dict[Path, _Target] = {}
        bases: list[float] = []
        wholes: list[float] = []
        for example in examples[:_EXAMPLES]:
            weighed, buffers = self._subtrees.weigh(example, "", True, 0.5, lone=True)
            held: dict[Path, float] = {}
            self._explore(example, (), targets, held)
            explained = sum(held.values())
            whole = sum(weighed.values()) + sum(size for _, size, _ in buffers)
            wholes.append(whole)
            bases.append(max(whole - explained, 64.0))
        base = rounded(sum(bases) / len(bases)) if bases else 64.0
        readers = []
        for path, target in list(targets.items())[:_TARGETS]:
            unit = rounded(sum(target.units) / len(target.units)) if target.units else 64.0
            readers.append((path, target.length, unit))
        if not readers:
            return Learned(_constant(base), 1.0, 0)
        return Learned(_lengths(base, readers), max(wholes) / max(min(wholes), 1.0), len(readers))

    def _explore(self, obj: Any, path: Path, targets: dict[Path, _Target], held: dict[Path, float]) -> None:
        kind = self._kinds[type(obj)]
        if kind.form is Form.ARRAY:
            targets.setdefault(path, _Target(builtin_sizeof(type(obj)))).units.append(1.0)
            held[path] = float(kind.size(obj))
            return
        if kind.form is Form.CONTAINER and not is_record(obj, kind):
            length = kind.length(obj)
            target = targets.setdefault(path, _Target(kind.length))
            if length:
                unit = self._unit(obj, kind, length)
                target.units.append(unit)
                held[path] = unit * length
            return
        if len(path) < HOPS:
            for hop, part in self._hops(obj, kind):
                form = self._kinds[type(part)].form
                if form in (Form.CONTAINER, Form.INSTANCE, Form.ARRAY):
                    self._explore(part, (*path, hop), targets, held)

    def _unit(self, obj: Any, kind: Kind, length: int) -> float:
        """Bytes of one element of a container with its share of the table, from up to four of its first ones."""
        some = [value for value in islice(kind.elements(obj), 4) if self._kinds[type(value)] is not NOBODY]
        weighed = [sum(self._subtrees.weigh(value, "", True, 0.5, lone=True)[0].values()) for value in some]
        keys = 32.0 if kind.keys is not None else 0.0
        return kind.size(obj) / length + keys + (sum(weighed) / len(weighed) if weighed else 0.0)

    def _hops(self, obj: Any, kind: Kind) -> Iterator[tuple[Hop, Any]]:
        if kind.form is Form.CONTAINER:
            if kind.keys is not None:
                yield from (
                    (("key", key), value) for key, value in zip(kind.keys(obj), kind.elements(obj), strict=False)
                )
            else:
                yield from ((("item", number), value) for number, value in enumerate(kind.elements(obj)))
        elif kind.form is Form.INSTANCE:
            cls = type(obj)
            values = [value for value in gc.get_referents(obj) if self._kinds[type(value)].form > Form.ATOM]
            for name, value in self._names.of(obj, values):
                if name and not name.startswith("<") and is_plain(cls, name):
                    yield ("attribute", name), value


def is_record(obj: Any, kind: Kind) -> bool:
    """Whether the container's items are fields: a short tuple, a short mapping of names."""
    if kind.length(obj) > _RECORD:
        return False
    if kind.keys is not None:
        return kind.length(obj) > 0 and all(type(key) is str for key in kind.keys(obj))
    return kind.indexed and issubclass(type(obj), tuple)


def _constant(value: float) -> Measure:
    return lambda elements: np.full(len(elements), value)


def _sizes(cls: type) -> Measure:
    """Exact bytes of plain values."""
    sizeof, before = builtin_sizeof(cls), header(cls)

    def measure(elements: list[Any]) -> NDArray[np.float64]:
        return blocks(np.fromiter(map(sizeof, elements), np.float64, len(elements)) + before)

    return measure


def _lengths(base: float, readers: list[tuple[Path, Callable[[Any], int], float]]) -> Measure:
    def measure(elements: list[Any]) -> NDArray[np.float64]:
        total = np.full(len(elements), base)
        for path, length, unit in readers:
            try:
                read = np.fromiter(map(length, _reach(path, elements)), np.float64, len(elements))
            except (AttributeError, KeyError, IndexError, TypeError):
                read = _resilient(map(length, _reach(path, elements)), len(elements))
            total += unit * read
        return total

    return measure


def _reach(path: Path, values: Iterable[Any]) -> Iterable[Any]:
    for hop in path:
        values = _follow(hop, values)
    return values


def _follow(hop: Hop, values: Iterable[Any]) -> Iterator[Any]:
    how, name = hop
    if how == "attribute":
        return map(object.__getattribute__, values, repeat(name))
    if how == "item":
        return map(tuple.__getitem__, values, repeat(name))
    return map(dict.get, values, repeat(name))  # a subscript would make a defaultdict add the key


def _resilient(lengths: Iterator[int], count: int) -> NDArray[np.float64]:
    """The (count,) lengths; 0 where an element has no such part. A map continues after an error."""
    read: list[int] = []
    while True:
        try:
            read.extend(lengths)
            break
        except (AttributeError, KeyError, IndexError, TypeError):
            read.append(0)
    return np.array(read[:count], np.float64)


def examples_of(cls: type, elements: list[Any]) -> list[Any]:
    """Some elements of exactly `cls`, at positions that stay while the list grows."""
    some = [elements[position] for position in spread(1 << (len(elements).bit_length() - 1), _EXAMPLES, 0.0)]
    exact = [value for value in some if type(value) is cls]
    return exact or list(islice((value for value in elements if type(value) is cls), 1))
