"""The sampled walk of the object graph: bytes by attribute path, with a standard error.

What is small is opened exactly, breadth first, so that the shortest path to an object owns it; what attributes reach is
no task's. Inside a drawn element a shared object is split among those that refer to it (`drawn_elements`). Where many
elements stand in one place (all elements of all containers on one path) some are drawn with probability proportional to
size, those that are large for certain; what hangs on a drawn element is weighed on its own. The variance is that
between draws (the ultimate cluster: Hansen, Hurwitz and Madow, 1953), so it holds whatever is drawn inside an element.
"""

from __future__ import annotations

import gc
import math
import sys
import time
from collections import deque
from collections.abc import Collection, Generator, Iterator, Mapping
from itertools import islice
from typing import Any

from harness.probes.owners.attribute_names import Names
from harness.probes.owners.drawn_elements import Subtrees
from harness.probes.owners.draws import Drawn, draw_from, weigh
from harness.probes.owners.kinds import NOBODY, RECORD_CROWD, Form, Kind, Kinds
from harness.probes.owners.measures import Measures, is_record
from harness.probes.owners.parts import LARGE_ATOM, arrow_buffers, below, is_future, parts, values_size
from harness.probes.owners.population import Population, capacity_for, measure_all
from harness.probes.owners.sizes import chunk
from harness.probes.owners.stand_ins import made_classes, members, stand_ins
from harness.probes.owners.systematic_draw import Scratch, uniform
from harness.probes.owners.tally import Owner, Tally

EXACT = 256
"""The most elements in one place opened one by one; EXACT_NAMED of ordinary objects, whose parts have names."""

EXACT_NAMED = 1024

DEEPEST = 24
"""A path of more dots is not drawn out further."""

Entry = tuple[Any, str]


def walk(roots: Mapping[str, Any], *, seed: int, symbols: Collection[str] = ()) -> list[Owner]:
    """Who holds the memory below `roots` (path to object, "" for no prefix): owners, most bytes first.

    Elements of mappings under one of `symbols` as key are also reported by symbol. A seed and an unchanged owner give
    the same estimate.
    """
    walking = walk_in_slices(roots, seed=seed, symbols=symbols, slice_s=math.inf)
    while True:
        try:
            next(walking)
        except StopIteration as finished:
            owners: list[Owner] = finished.value
            return owners


def walk_in_slices(
    roots: Mapping[str, Any], *, seed: int, symbols: Collection[str] = (), slice_s: float
) -> Generator[None, None, list[Owner]]:
    """As `walk`, but yields whenever it has used `slice_s` seconds of CPU since it was last resumed.

    What changes between slices counts as it is when it is reached. The garbage collector rests during a slice only.
    """
    resting = gc.isenabled()
    gc.disable()
    walker = _Walk(roots, seed, symbols)
    try:
        until = time.thread_time() + slice_s
        for _ in walker.run():
            if time.thread_time() >= until:
                if resting:
                    gc.enable()
                resting = False
                yield
                resting = gc.isenabled()
                gc.disable()
                until = time.thread_time() + slice_s
        return walker.tally.owners(symbols)
    finally:
        walker.close()
        del walker
        if resting:
            gc.enable()


class _Walk:
    """One walk: places (a path) with objects to open, populations to draw from, draws to weigh."""

    def __init__(self, roots: Mapping[str, Any], seed: int, symbols: Collection[str]) -> None:
        self.tally = Tally()
        self._seed = seed
        self._symbols = frozenset(symbols)
        self._kinds = Kinds()
        self._kinds.update(stand_ins())
        self._names = Names()
        self._seen: list[set[int]] = [set() for _ in range(64)]
        self._held: dict[int, int] = {}
        self._subtrees = Subtrees(self._kinds, self._names, self._seen, self._held)
        self._measures = Measures(self._kinds, self._names, self._subtrees)
        self._scratch = Scratch()
        self._places: dict[tuple[str, bool], list[Entry]] = {}
        self._order: deque[tuple[str, bool]] = deque()  # the first key of a dict that was emptied from there is far
        self._populations: list[Population] = []
        self._drawn: list[Drawn] = []
        self._root_ids: set[int] = set()
        self._later = {name: root for name, root in roots.items() if name.startswith("<")}
        self._kinds.made.update(made_classes(roots))
        for name, root in roots.items():
            if name not in self._later:
                self._put_root(name, root)

    def close(self) -> None:
        """Give the scratch arrays back."""
        self._scratch.close()

    def run(self) -> Iterator[None]:
        """The whole walk; yields where it may be interrupted."""
        while self._places or self._later or self._populations:
            if not self._places and self._later:  # what an attribute reaches is not a task's
                for name, root in self._later.items():
                    self._put_root(name, root)
                self._later.clear()
            if self._places:
                place = self._order.popleft()
                yield from self._open_place(*place, self._places.pop(place))
            else:
                yield from self._sample(self._populations.pop(0))
        for drawn in self._drawn:
            for element in drawn.elements:
                self._held[id(element)] = self._held.get(id(element), 0) + 1
            element = None  # a variable is a reference too
        for drawn in self._drawn:
            yield from weigh(drawn, self._subtrees, self.tally)

    # -- what is exact -------------------------------------------------------------------------------------------------

    def _put_root(self, name: str, root: Any) -> None:
        for member, is_object in members(root):
            if is_object:
                self._kinds.admit(type(member))
                self._root_ids.add(id(member))
            self._put(name, False, member, "")

    def _put(self, path: str, folded: bool, obj: Any, symbol: str) -> None:
        folded = folded or path.count(".") > DEEPEST
        place = path, folded
        entries = self._places.get(place)
        if entries is None:
            entries = self._places[place] = []
            self._order.append(place)
        entries.append((obj, symbol))

    def _open_place(self, path: str, folded: bool, entries: list[Entry]) -> Iterator[None]:
        containers: list[tuple[Any, Kind, str]] = []
        for number, (obj, symbol) in enumerate(entries):
            if not number % 32:
                yield
            kind = self._kinds[type(obj)]
            if kind is NOBODY or self._was_seen(obj):
                continue
            if kind.form is Form.CONTAINER:
                containers.append((obj, kind, symbol))
            else:
                self._open(obj, kind, path, folded, symbol)
        if containers:
            yield from self._open_containers(containers, path, folded)

    def _was_seen(self, obj: Any) -> bool:
        identity = id(obj)
        shard = self._seen[identity >> 4 & 63]
        if identity in shard:
            return True
        shard.add(identity)
        return False

    def _open(self, obj: Any, kind: Kind, path: str, folded: bool, symbol: str) -> None:
        if kind.form is Form.CLASS and id(obj) not in self._kinds.made:
            return
        own = float(kind.size(obj))
        if kind.form is Form.ARROW:
            for address, size in arrow_buffers(obj):
                shard = self._seen[address >> 4 & 63]
                if address not in shard:
                    shard.add(address)
                    own += chunk(size)
        elif kind.form is not Form.ATOM:
            if kind.inline:
                own += values_size(obj, kind, gc.get_referents(obj))
            own += self._open_parts(obj, kind, path, folded, symbol)
        self.tally.add(path or "(target)", symbol, own)

    def _open_parts(self, obj: Any, kind: Kind, path: str, folded: bool, symbol: str) -> float:
        """Put the parts of `obj` in their places; returns the bytes of the plain values among them."""
        if id(obj) in self._root_ids and is_future(obj):
            labelled = [("", sys.modules["asyncio"].Task.get_coro(obj))]
        else:
            labelled = list(parts(obj, kind, self._kinds, self._names))
        own = 0.0
        for label, part in labelled:
            part_kind = self._kinds[type(part)]
            if part_kind is NOBODY:
                continue
            if part_kind.form is Form.ATOM:
                size = part_kind.size(part)
                if size < LARGE_ATOM:
                    own += _share(size, sys.getrefcount(part) - 4)
                    continue
            self._put(path if folded else below(path, label, obj, part), folded, part, symbol)
        return own

    # -- containers ----------------------------------------------------------------------------------------------------

    def _open_containers(self, containers: list[tuple[Any, Kind, str]], path: str, folded: bool) -> Iterator[None]:
        """All containers of one place: few elements are opened in turn, many are a population."""
        total = 0
        element_path = path if folded else path + "[*]"
        filled: list[tuple[Any, Kind, str]] = []
        apart: list[tuple[Any, Kind, str]] = []
        for entry in containers:
            obj, kind, symbol = entry
            self.tally.add(element_path, symbol, kind.size(obj))
            if kind.attributes:
                self.tally.add(element_path, symbol, self._open_parts(obj, kind, path, folded, symbol))
            length = kind.length(obj)
            if length:
                total += length
                (filled if symbol or not self._has_symbols(obj, kind) else apart).append(entry)
        if not total:
            return
        exact, folds = self._limits(*(filled or apart)[-1][:2], total)
        folded = folded or folds
        for obj, _, _ in apart:
            for key, value in list(dict.items(obj)):
                self._element(value, element_path, folded, key if key in self._symbols else "")
        self._open_elements(filled, element_path, folded, exact, keys=False)
        yield
        mappings = [entry for entry in filled + apart if entry[1].keys is not None]
        self._open_elements(mappings, element_path, folded, EXACT, keys=True)

    def _limits(self, obj: Any, kind: Kind, total: int) -> tuple[int, bool]:
        """How many elements are opened at most, and whether they are a crowd, known by its container's name only."""
        try:
            first = list(islice(kind.elements(obj), 4))
        except RuntimeError:
            first = []
        kinds = [self._kinds[type(element)] for element in first]
        if any(id(element) in self._kinds.made for element in first):  # each is opened, for each is a root
            return total, total > RECORD_CROWD
        crowd = max((kind.crowd for kind in kinds if kind.form > Form.ATOM), default=0)
        if all(self._is_flat(element) for element in first):
            crowd = 0
        return EXACT_NAMED if crowd > EXACT_NAMED else EXACT, total > crowd

    def _open_elements(
        self, containers: list[tuple[Any, Kind, str]], path: str, folded: bool, exact: int, *, keys: bool
    ) -> None:
        total = sum(kind.length(obj) for obj, kind, _ in containers)
        if total > exact:
            self._populations.append(Population(path, folded, keys, containers, total))
            return
        for obj, kind, symbol in containers:
            source = kind.keys if keys else kind.elements
            assert source is not None
            for element in _all_of(source, obj):
                self._element(element, path, folded, symbol, 4 + kind.ours)

    def _is_flat(self, element: Any) -> bool:
        """Whether `element` is a record of plain values, which has no parts that deserve a name."""
        kind = self._kinds[type(element)]
        return (
            kind.form is Form.CONTAINER
            and is_record(element, kind)
            and all(self._kinds[type(value)].form <= Form.ATOM for value in _all_of(kind.elements, element))
        )

    def _has_symbols(self, obj: Any, kind: Kind) -> bool:
        if kind.keys is None or not self._symbols:
            return False
        return any(type(symbol) is str and dict.__contains__(obj, symbol) for symbol in self._symbols)

    def _element(self, element: Any, path: str, folded: bool, symbol: str, ours: int = 4) -> None:
        """Count a plain value, put anything else in its place; `ours`: references to it that the walk holds."""
        kind = self._kinds[type(element)]
        if kind.form is Form.ATOM:
            size = kind.size(element)
            if size < LARGE_ATOM:
                self.tally.add(path, symbol, _share(size, sys.getrefcount(element) - ours))
                return
        if kind is not NOBODY:
            self._put(path, folded, element, symbol)

    # -- what is drawn -------------------------------------------------------------------------------------------------

    def _sample(self, population: Population) -> Iterator[None]:
        start = uniform(self._seed, f"{population.path}\0{population.keys}")
        capacity = capacity_for(population, self._kinds, self._measures)
        for _ in population.gather(capacity, start):
            yield
        count = sum(map(len, population.pieces))
        if not count:
            return
        for _ in measure_all(population, self._kinds, self._measures, self._scratch.measure[:count]):
            yield
        drawn, certain = draw_from(population, self._scratch, self._subtrees, start)
        for element, symbol in certain:
            self._element(element, population.path, population.folded, symbol)
        self._drawn.append(drawn)


def _share(size: int, references: int) -> float:
    """One reference's part of a plain value; those that never die are nobody's."""
    return size / max(1, references) if references < 1 << 28 else 0.0


def _all_of(source: Any, obj: Any) -> list[Any]:
    for _ in range(3):
        try:
            return list(source(obj))
        except RuntimeError:  # changed by another thread
            continue
    return []
