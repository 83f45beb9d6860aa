"""One drawn element with all that hangs on it: its bytes by path, shared objects split by reference count.

An object to which `r` references point belongs to each of them by 1/r. References that come back from below (a child
that knows its parent) are found as the subtree is explored and do not count as others': with b of r references from
below, F = f / r / (1 - b / r), which is f where the element has one owner.
"""

from __future__ import annotations

import gc
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate, islice
from sys import getrefcount
from typing import Any

from harness.probes.owners.kinds import NOBODY, Form, Kind, Kinds
from harness.probes.owners.names import Names
from harness.probes.owners.parts import arrow_buffers, parts, values_size
from harness.probes.owners.sampling import golden, spread
from harness.probes.owners.sizes import chunk

NODES = 5000
"""So many objects of one element are opened at the most."""

SMALL = 16
"""Containers up to this length are opened as a whole."""

REFERENTS = 3
"""References of our own to a child in the list that ``gc.get_referents`` gave: the list, a variable, an argument."""

_SCAN = 4096
_IMMORTAL = 1 << 28
_FAINT = 1e-3
_FAR = 8

Bytes = dict[str, float]
Buffers = list[tuple[int, float, str]]


class Subtrees:
    """Weighs elements; `seen` says what the exact part of the walk has opened, `held` what the walk itself refers to."""

    def __init__(self, kinds: Kinds, names: Names, seen: list[set[int]], held: dict[int, int]) -> None:
        self._kinds = kinds
        self._names = names
        self._seen = seen
        self._held = held
        self.opened = 0

    def weigh(self, root: Any, path: str, folded: bool, start: float, *, lone: bool = False) -> tuple[Bytes, Buffers]:
        """Bytes by path of `root` and what hangs on it, and its Arrow buffers as (address, bytes, path).

        `lone`: take `root` as its one owner's, whatever refers to it.
        """
        references = 1 if lone else max(1, getrefcount(root) - 2 - self._held.get(id(root), 0))
        return _Subtree(self, root, path, folded, start, references).bytes()


class _Subtree:
    """The nodes of one element in breadth-first order; node 0 is the element."""

    def __init__(self, parent: Subtrees, root: Any, path: str, folded: bool, start: float, references: int) -> None:
        self._of = parent._kinds.of
        self._kinds, self._names = parent._kinds, parent._names
        self._seen, self._held = parent._seen, parent._held
        self._parent = parent
        self._folded = folded
        self._start = start
        self._turn = 0
        self.objects: list[Any] = [root]
        self.paths = [path]
        self.tree = [-1]
        self.weight = [1.0]
        self.references: list[float] = [float(references)]
        self.faint = [(1.0 / references, 0)]
        self.own: list[float] = []
        self.index = {id(root): 0}
        self.edges: dict[int, list[tuple[int, float]]] = {}
        self.buffers: list[tuple[int, float, int]] = []

    def bytes(self) -> tuple[Bytes, Buffers]:
        objects = self.objects
        number = 0
        while number < len(objects):
            self._open(number, objects[number])
            number += 1
        self._parent.opened += number
        flows = self._flows()
        total: Bytes = {}
        for path, flow, own in zip(self.paths, flows, self.own, strict=True):
            total[path] = total.get(path, 0.0) + flow * own
        return total, [(address, flows[node] * size, self.paths[node]) for address, size, node in self.buffers]

    def _open(self, number: int, obj: Any) -> None:
        kind = self._of(type(obj))
        form = kind.form
        self.own.append(float(kind.size(obj)))
        if form is Form.ATOM or len(self.objects) > NODES:
            return
        if form is Form.CONTAINER:
            self._open_container(number, obj, kind)
        elif self._folded and form in (Form.INSTANCE, Form.OTHER):
            referents = gc.get_referents(obj)
            self.own[number] += values_size(obj, kind, referents)
            if form is Form.INSTANCE or not _is_waiting(obj, kind, self._kinds, self._names):
                self._take(number, referents, 1.0, REFERENTS, self.paths[number])
        elif form is Form.ARROW:
            self.buffers += [(address, float(chunk(size)), number) for address, size in arrow_buffers(obj)]
        else:
            if kind.inline:
                self.own[number] += values_size(obj, kind, gc.get_referents(obj))
            for label, part in list(parts(obj, kind, self._kinds, self._names)):
                self._take(number, (part,), 1.0, 5, self.paths[number] + ("" if self._folded else label))

    def _open_container(self, number: int, obj: Any, kind: Kind) -> None:
        path = self.paths[number]
        if not self._folded and not path.endswith("[*]"):
            path = self.paths[number] = path + "[*]"
        if kind.keys is not None:
            self._elements(number, kind.length(obj), kind.keys(obj), obj, path, indexed=False)
        self._elements(number, kind.length(obj), kind.elements(obj), obj, path, indexed=kind.indexed)
        if kind.attributes:
            for label, part in list(parts(obj, kind, self._kinds, self._names)):
                self._take(number, (part,), 1.0, 5, path + ("" if self._folded else label))

    def _elements(
        self, number: int, length: int, elements: Iterable[Any], obj: Any, path: str, *, indexed: bool
    ) -> None:
        if length <= SMALL:
            self._take(number, elements, 1.0, 2, path)
            return
        self._turn += 1
        start = golden(self._start, self._turn)
        factor = 1.0
        if indexed and length <= _SCAN:
            looked_at: Any = obj
        elif length <= _SCAN:
            looked_at = list(elements)
        else:
            step = length // _SCAN + 1
            looked_at = list(obj[int(start * step) :: step]) if indexed else list(islice(elements, 0, None, step))
            factor = length / len(looked_at)
        picked, weights = self._pick(looked_at, start)
        del looked_at
        for position in range(len(picked)):
            self._take(number, (picked[position],), weights[position] * factor, 4, path)

    def _pick(self, elements: Any, start: float) -> tuple[list[Any], list[float]]:
        """Some of `elements`, at most `_SCAN`, by their length where they have one, and what each stands for."""
        length = len(elements)
        types = set(map(type, elements))
        if len(types) == 1:
            kind = self._of(types.pop())
            if kind.fixed:
                return _evenly(elements, 4, start)
            if kind.form is Form.CONTAINER:
                lengths = list(map(kind.length, elements))
                if min(lengths) == max(lengths):
                    return _evenly(elements, 4, start)
                return _by_size(elements, [6 + size for size in lengths], 8, start)
            if kind.form is Form.ATOM:
                return _by_size(elements, list(map(kind.size, elements)), 8, start)
            return _evenly(elements, 8, start)
        return _evenly(elements, min(length, 16), start)

    def _take(self, number: int, children: Iterable[Any], weight: float, base: int, path: str) -> None:
        """Add `children` of node `number`, each standing for `weight`; `base` references to each are our own."""
        of, held = self._of, self._held
        for child in children:
            kind = of(type(child))
            if kind is NOBODY:
                continue
            identity = id(child)
            if kind.fixed and kind.form is Form.ATOM:
                references = getrefcount(child) - base
                if references < _IMMORTAL:
                    self.own[number] += kind.fixed * weight / max(1, references)
                continue
            known = self.index.get(identity)
            if known is not None:
                self.edges.setdefault(known, []).append((number, weight))
                continue
            if identity in self._seen[identity >> 4 & 63]:
                continue
            references = getrefcount(child) - base
            if references > 1:
                references -= held.get(identity, 0)
                if base == REFERENTS:  # the list that the collector gave holds it once for each attribute
                    references -= sum(other is child for other in children) - 1
                if references > _IMMORTAL:
                    continue
            if kind.form is Form.ATOM:
                self.own[number] += kind.size(child) * weight / max(1, references)
                continue
            self._add(number, child, float(max(1, references)), weight, path)

    def _add(self, number: int, child: Any, references: float, weight: float, path: str) -> None:
        strength, far = self.faint[number]
        if references > 1:
            strength, far = strength / references, far + 1
            if far >= _FAR or (far > 1 and strength < _FAINT):
                return
        self.index[id(child)] = len(self.objects)
        self.objects.append(child)
        self.paths.append(path)
        self.tree.append(number)
        self.weight.append(weight)
        self.references.append(references)
        self.faint.append((strength, far))

    def _flows(self) -> list[float]:
        """What share of each node (times what it stands for) is the element's."""
        unit: list[float] = []
        for number, parent in enumerate(self.tree):
            above = unit[parent] if parent >= 0 else 1.0
            unit.append(above * self.weight[number] / self.references[number])
        flows: list[float] = []
        for number, parent in enumerate(self.tree):
            arriving = flows[parent] * self.weight[number] if parent >= 0 else 1.0
            references, back = self.references[number], 0.0
            for source, weight in self.edges.get(number, ()):
                if source < number:
                    arriving += flows[source] * weight
                else:
                    back += unit[source] / unit[number] * weight / references
            flows.append(arriving / references / max(1.0 - back, 1.0 / references))
        return flows


def _is_waiting(obj: Any, kind: Kind, kinds: Kinds, names: Names) -> bool:
    return kind.form is Form.OTHER and next(iter(parts(obj, kind, kinds, names)), None) is None


def _evenly(elements: Any, draws: int, start: float) -> tuple[list[Any], list[float]]:
    length = len(elements)
    positions = spread(length, draws, start)
    return [elements[position] for position in positions], [length / len(positions)] * len(positions)


def _by_size(elements: Any, sizes: list[int], draws: int, start: float) -> tuple[list[Any], list[float]]:
    sums = list(accumulate(sizes))
    total = sums[-1]
    picked, weights = [], []
    for number in range(draws):
        position = bisect_right(sums, (start + number) * total / draws)
        picked.append(elements[position])
        weights.append(total / draws / sizes[position])
    return picked, weights
