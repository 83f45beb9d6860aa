"""The elements of the big containers of one place as one population, looked at in pieces."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.probes.owners.kinds import Form, Kind, Kinds, module_of
from harness.probes.owners.measures import Learned, Measures, examples_of
from harness.probes.owners.systematic_draw import CAPACITY

PIECE = 8192
"""Elements in one list of ours: 64 kB, below what glibc maps for itself."""

PLAIN = 8192
"""Elements looked at where some examples hardly differ in size, by less than CONTRAST times."""

CONTRAST = 1.25

ALWAYS = 1 << 15
"""Up to so many elements are all looked at: the one that holds nearly all need not be among the examples."""

REACH = 1 << 20
"""A mapping, set or deque cannot be entered in its middle: of a longer one only the ends are looked at."""


def _reach(kind: Kind) -> int:
    return sys.maxsize if kind.indexed else REACH


@dataclass(slots=True)
class Population:
    """What was looked at: `pieces` of elements, of which there are `length` in all; `keys` of mappings, or elements.

    `bounds`: (index, symbol, factor), from which element on they are those of which symbol, and for how many of its
    container each stands beside those between which it was chosen.
    """

    path: str
    folded: bool
    keys: bool
    containers: list[tuple[Any, Kind, str]]
    length: int
    reach: int = 0
    pieces: list[list[Any]] = field(default_factory=list)
    bounds: list[tuple[int, str, float]] = field(default_factory=list)

    def gather(self, capacity: int, start: float) -> Iterator[None]:
        """Look at up to `capacity` elements, every 2^k-th; yields between pieces.

        A container that changes meanwhile is looked at once more, from the start and without a break; if it changes
        again it counts with what was seen of it.
        """
        self.reach = sum(min(kind.length(container), _reach(kind)) for container, kind, _ in self.containers)
        step = 1
        while self.reach > capacity * step:
            step *= 2
        skip = int(start * step)
        looked_at = 0
        for container, kind, symbol in self.containers:
            factor = max(1.0, kind.length(container) / _reach(kind))
            if not self.bounds or self.bounds[-1][1:] != (symbol, factor):
                self.bounds.append((looked_at, symbol, factor))
            pieces: list[list[Any]] = []
            for attempt in range(2):
                pieces.clear()
                try:
                    for piece in self._pieces(container, kind, skip, step):
                        pieces.append(piece)
                        if not attempt and len(pieces) > 1:
                            yield
                    break
                except RuntimeError:
                    continue
            for piece in pieces:
                looked_at += len(piece)
                if self.pieces and len(self.pieces[-1]) + len(piece) <= PIECE:
                    self.pieces[-1] += piece
                else:
                    self.pieces.append(piece)
            skip = (skip - min(kind.length(container), _reach(kind))) % step
            if looked_at % PIECE < 64:
                yield

    def _parts(self, measure: NDArray[np.float64]) -> Iterator[tuple[str, float, NDArray[np.float64]]]:
        ends = [index for index, _, _ in self.bounds[1:]] + [len(measure)]
        for (first, symbol, factor), last in zip(self.bounds, ends, strict=True):
            yield symbol, factor, measure[first:last]

    def weight(self, measure: NDArray[np.float64]) -> None:
        """Multiply the (n,) `measure` of the elements looked at by what each stands for."""
        for _, factor, part in self._parts(measure):
            np.multiply(part, factor, out=part)

    def shares(self, measure: NDArray[np.float64]) -> dict[str, float]:
        """What share of the (n,) `measure` each symbol has."""
        total: dict[str, float] = {}
        for symbol, _, part in self._parts(measure):
            total[symbol] = total.get(symbol, 0.0) + float(part.sum())
        whole = sum(total.values())
        return {symbol: part / whole for symbol, part in total.items()} if whole else {"": 1.0}

    def bound_of(self, index: int) -> tuple[int, str, float]:
        """The bound that the `index`-th element looked at belongs to."""
        return self.bounds[bisect_right(self.bounds, index, key=lambda bound: bound[0]) - 1]

    def _pieces(self, container: Any, kind: Kind, skip: int, step: int) -> Iterator[list[Any]]:
        if kind.indexed and not self.keys:
            for first in range(skip, kind.length(container), PIECE * step):
                yield list(container[first : first + PIECE * step : step])
            return
        source = kind.keys if self.keys else kind.elements
        assert source is not None
        if kind.length(container) <= REACH:
            ends = [islice(source(container), skip, None, step)]
        else:
            ends = [islice(source(container), skip, REACH // 2, step)]
            backward = (kind.reversed_keys if self.keys else kind.reversed_elements) or source
            ends.append(islice(backward(container), skip, REACH // 2, step))
        for elements in ends:
            while piece := list(islice(elements, PIECE)):
                yield piece

    def take(self, indices: list[int]) -> list[Any]:
        """The elements at ascending `indices`."""
        taken, pieces, before = [], iter(self.pieces), 0
        piece = next(pieces, [])
        for index in indices:
            while index - before >= len(piece):
                before += len(piece)
                piece = next(pieces)
            taken.append(piece[index - before])
        return taken


def measure_all(population: Population, kinds: Kinds, measures: Measures, out: NDArray[np.float64]) -> Iterator[int]:
    """Write the measure of every element looked at to `out`; yields how many are done, piece by piece.

    Elements are grouped by type. What belongs to nobody has a measure of zero.
    """
    known = measures.known(population.path, population.keys)
    done = 0
    for piece in population.pieces:
        part = out[done : done + len(piece)]
        types = set(map(type, piece))
        for cls in sorted(types, key=lambda cls: (module_of(cls), cls.__qualname__)):
            if cls not in known:
                known[cls] = _learn(cls, piece, kinds, measures)
            if len(types) == 1:
                part[:] = known[cls].measure(piece)
            else:
                where = [number for number, value in enumerate(piece) if type(value) is cls]
                part[where] = known[cls].measure([piece[number] for number in where])
        done += len(piece)
        yield done


def _learn(cls: type, piece: list[Any], kinds: Kinds, measures: Measures) -> Learned:
    if kinds[cls].form is Form.NOBODY:
        return Learned(lambda elements: np.zeros(len(elements)), 1.0, 0)
    try:
        return measures.learn(cls, examples_of(cls, piece))
    except RuntimeError:  # another thread changed an example
        return Learned(lambda elements: np.full(len(elements), 64.0), 1.0, 0)


def capacity_for(population: Population, kinds: Kinds, measures: Measures) -> int:
    """How many elements are worth looking at: fewer where too many to look at all, and some do not differ in size."""
    if population.keys:
        return PLAIN
    if population.length <= ALWAYS:
        return ALWAYS
    container, kind, _ = max(population.containers, key=lambda entry: entry[1].length(entry[0]))
    try:
        first = list(islice(kind.elements(container), 256))
    except RuntimeError:
        return ALWAYS
    known = measures.known(population.path, population.keys)
    for cls in set(map(type, first)):
        known[cls] = _learn(cls, first, kinds, measures)
    if all(learned.contrast < CONTRAST for learned in known.values()):
        return PLAIN
    return max(ALWAYS, CAPACITY // max(1, *(learned.reads for learned in known.values())))
