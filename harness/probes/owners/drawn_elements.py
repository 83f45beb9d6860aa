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
from operator import mul
from sys import getrefcount
from typing import Any

from harness.probes.owners.attribute_names import Names
from harness.probes.owners.kinds import NOBODY, Form, Kind, Kinds
from harness.probes.owners.parts import arrow_buffers, below, parts, values_size
from harness.probes.owners.sizes import chunk
from harness.probes.owners.systematic_draw import golden, spread

NODES = 5000
"""The most objects of one element that are opened."""

SMALL = 16
"""Containers up to this length are opened as a whole."""

SCAN = 4096
"""The most elements of a container within an element that are looked at."""

ITERATED, LISTED = 2, 3
"""References of our own to a child: a variable and an argument, and the list or tuple that we made."""

IMMORTAL = 1 << 28

FAINT, FAR = 1e-3, 8
"""An object is not followed where the element's share is fainter, or as many shared objects lie between."""

Bytes = dict[str, float]
Buffers = list[tuple[int, float, str]]
Batch = tuple[Iterable[Any], float, int, str]


class Subtrees:
    """Weighs elements; `seen`: what the exact part of the walk has opened, `held`: what the walk itself refers to."""

    def __init__(self, kinds: Kinds, names: Names, seen: list[set[int]], held: dict[int, int]) -> None:
        self.kinds = kinds
        self.names = names
        self.seen = seen
        self.held = held
        self.opened = 0

    def weigh(self, root: Any, path: str, folded: bool, start: float, *, lone: bool = False) -> tuple[Bytes, Buffers]:
        """Bytes by path of `root` and what hangs on it, and its Arrow buffers as (address, bytes, path).

        `lone`: take `root` as its one owner's, whatever refers to it.
        """
        references = 1 if lone else max(1, getrefcount(root) - 2 - self.held.get(id(root), 0))
        try:
            return _Subtree(self, root, path, folded, start, references).bytes()
        except RuntimeError:  # another thread changed a container: what it is now counts
            return _Subtree(self, root, path, folded, start, references).bytes()

    def was_seen(self, identity: int) -> bool:
        """Whether the exact part of the walk has opened the object (or the Arrow buffer) of this address."""
        return identity in self.seen[identity >> 4 & 63]


class _Subtree:
    """The nodes of one element in breadth-first order; node 0 is the element."""

    def __init__(  # noqa: PLR0917
        self, parent: Subtrees, root: Any, path: str, folded: bool, start: float, references: int
    ) -> None:
        self._kinds, self._names = parent.kinds, parent.names
        self._parent = parent
        self._folded = folded
        self._start = start
        self._turn = 0
        self.objects: list[Any] = [root]
        self.paths = [path]
        self.tree = [-1]
        self.weight = [1.0]
        self.references = [references]
        self.faint = [(1.0 / references, 0)]
        self.own: list[float] = []
        self.edges: dict[int, list[tuple[int, float]]] = {}
        self.buffers: list[tuple[int, float, int]] = []

    def bytes(self) -> tuple[Bytes, Buffers]:
        self._explore()
        self._parent.opened += len(self.objects)
        flows = self._flows()
        if self._folded:
            total = {self.paths[0]: sum(map(mul, flows, self.own))}
        else:
            total = {}
            for path, flow, own in zip(self.paths, flows, self.own, strict=True):
                total[path] = total.get(path, 0.0) + flow * own
        return total, [(address, flows[node] * size, self.paths[node]) for address, size, node in self.buffers]

    def _explore(self) -> None:  # noqa: PLR0912, PLR0915
        """Open the nodes in turn; their children become nodes, or bytes of theirs where they are plain values.

        One loop without calls: it is where the time of a walk goes.
        """
        kinds, seen, held = self._kinds, self._parent.seen, self._parent.held
        objects, own, references_of, faint = self.objects, self.own, self.references, self.faint
        index = {id(objects[0]): 0}
        number = 0
        while number < len(objects):
            obj = objects[number]
            kind = kinds[type(obj)]
            size = float(kind.size(obj))
            if kind.form is Form.ATOM or len(objects) > NODES:
                own.append(size)
                number += 1
                continue
            if kind.small and kind.length(obj) <= SMALL:
                batches: Iterable[Batch] = ((obj, 1.0, ITERATED, self._path_in(number)),)
            else:
                more, batches = self._open(number, obj, kind)
                size += more
            for children, weight, ours, path in batches:
                for child in children:
                    kind = kinds[type(child)]
                    if kind.plain:
                        references = getrefcount(child) - ours
                        if references <= 1:
                            size += kind.fixed * weight
                        elif references < IMMORTAL:
                            size += kind.fixed * weight / references
                        continue
                    if kind is NOBODY:
                        continue
                    identity = id(child)
                    known = index.get(identity)
                    if known is not None:
                        self.edges.setdefault(known, []).append((number, weight))
                        continue
                    if identity in seen[identity >> 4 & 63]:
                        continue
                    references = getrefcount(child) - ours
                    strength, far = faint[number]
                    if references > 1:
                        references -= held.get(identity, 0)
                        if ours == LISTED:  # a list of ours may hold it more than once
                            references -= sum(other is child for other in children) - 1
                    if references > 1:
                        if references > IMMORTAL or kind.form is Form.CLASS:  # all that are somebody's were seen
                            continue
                        strength, far = strength / references, far + 1
                    else:
                        references = 1
                    if kind.form is Form.ATOM:
                        size += kind.size(child) * weight / references
                        continue
                    if far >= FAR or (far > 1 and strength < FAINT):
                        continue
                    index[identity] = len(objects)
                    objects.append(child)
                    self.paths.append(path)
                    self.tree.append(number)
                    self.weight.append(weight)
                    references_of.append(references)
                    faint.append((strength, far))
            own.append(size)
            number += 1

    def _path_in(self, number: int) -> str:
        """The path of the elements of container `number`, which is also its own."""
        path = self.paths[number]
        if not self._folded and not path.endswith("[*]"):
            path = self.paths[number] = path + "[*]"
        return path

    def _open(self, number: int, obj: Any, kind: Kind) -> tuple[float, list[Batch]]:
        """More bytes of node `number`, and its children in batches: (children, weight, references of ours, path)."""
        form, path = kind.form, self.paths[number]
        if form is Form.CONTAINER:
            return 0.0, self._open_container(obj, kind, self._path_in(number))
        if form is Form.ARROW:
            self.buffers += [(address, float(chunk(size)), number) for address, size in arrow_buffers(obj)]
            return 0.0, []
        referents = gc.get_referents(obj) if form in (Form.INSTANCE, Form.FUTURE, Form.OTHER) else []
        more = float(values_size(obj, kind, referents))
        if form is Form.INSTANCE and self._folded:
            return more, [(referents, 1.0, LISTED, path)]
        del referents
        return more, self._labelled(obj, kind, path)

    def _labelled(self, obj: Any, kind: Kind, path: str) -> list[Batch]:
        labelled = parts(obj, kind, self._kinds, self._names)
        if kind.form is Form.ARRAY and kind.attributes:
            return _at_once(labelled, path, folded=self._folded)
        if self._folded:
            return [((part,), 1.0, LISTED, path) for _, part in labelled]
        return [((part,), 1.0, LISTED, below(path, label, obj, part)) for label, part in labelled]

    def _open_container(self, obj: Any, kind: Kind, path: str) -> list[Batch]:
        length = kind.length(obj)
        batches = self._elements(obj, length, kind.elements(obj), path, indexed=kind.indexed)
        if kind.keys is not None:
            batches += self._elements(obj, length, kind.keys(obj), path, indexed=False)
        if kind.attributes:
            batches += self._labelled(obj, kind, path)
        return batches

    def _elements(self, obj: Any, length: int, elements: Iterable[Any], path: str, *, indexed: bool) -> list[Batch]:
        if length <= SMALL:
            return [(elements, 1.0, ITERATED, path)]
        self._turn += 1
        start = golden(self._start, self._turn)
        factor = 1.0
        if length <= SCAN:
            looked_at = obj if indexed else list(elements)
        else:
            step = length // SCAN + 1
            looked_at = list(obj[int(start * step) :: step]) if indexed else list(islice(elements, 0, None, step))
            factor = length / len(looked_at)
        return [(picked, weight * factor, LISTED, path) for picked, weight in pick(looked_at, self._kinds, start)]

    def _flows(self) -> list[float]:
        """What share of each node (times what it stands for) is the element's."""
        weights, references, tree = self.weight, self.references, self.tree
        flows: list[float] = []
        if not self.edges:
            for number, parent in enumerate(tree):
                arriving = flows[parent] * weights[number] if parent >= 0 else 1.0
                flows.append(arriving / references[number])
            return flows
        unit: list[float] = []
        for number, parent in enumerate(tree):
            above = unit[parent] if parent >= 0 else 1.0
            unit.append(above * weights[number] / references[number])
        for number, parent in enumerate(tree):
            arriving = flows[parent] * weights[number] if parent >= 0 else 1.0
            back = 0.0
            for source, weight in self.edges.get(number, ()):
                if source < number:
                    arriving += flows[source] * weight
                else:
                    back += unit[source] / unit[number] * weight / references[number]
            flows.append(arriving / references[number] / max(1.0 - back, 1.0 / references[number]))
        return flows


def _at_once(labelled: Iterable[tuple[str, Any]], path: str, *, folded: bool) -> list[Batch]:
    """The parts in batches in which one stands as often as it is referred to: numpy.memmap has its mapping twice."""
    batches: dict[int, tuple[list[Any], str]] = {}
    for label, part in labelled:
        batches.setdefault(id(part), ([], path if folded else path + label))[0].append(part)
    return [(children, 1.0, LISTED, below) for children, below in batches.values()]


def pick(elements: Any, kinds: Kinds, start: float) -> list[tuple[list[Any], float]]:
    """Some of `elements`, a sequence, by size where they have one: lists of elements, and what each stands for."""
    types = set(map(type, elements))
    if len(types) > 1:
        return _evenly(elements, 16, start)
    kind = kinds[types.pop()]
    if kind.plain:
        return _evenly(elements, 4, start)
    if kind.form is Form.CONTAINER:
        lengths = list(map(kind.length, elements))
        if min(lengths) == max(lengths):
            return _evenly(elements, 4, start)
        return _by_size(elements, [6 + size for size in lengths], 8, start)
    if kind.form is Form.ATOM:
        return _by_size(elements, list(map(kind.size, elements)), 8, start)
    return _evenly(elements, 8, start)


def _evenly(elements: Any, draws: int, start: float) -> list[tuple[list[Any], float]]:
    length = len(elements)
    picked = [elements[position] for position in spread(length, draws, start)]
    return [(picked, length / len(picked))]


def _by_size(elements: Any, sizes: list[int], draws: int, start: float) -> list[tuple[list[Any], float]]:
    sums = list(accumulate(sizes))
    total = sums[-1]
    picked = []
    for number in range(draws):
        position = bisect_right(sums, (start + number) * total / draws)
        picked.append(([elements[position]], total / draws / sizes[position]))
    return picked
