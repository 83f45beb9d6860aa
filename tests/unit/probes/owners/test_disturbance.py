"""A walk changes nothing in the process that it looks at, keeps nothing, and lives with what changes under it."""

from __future__ import annotations

import functools
import gc
import sys
from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from harness.probes.allocators.statistics import Allocators
from harness.probes.owners import Owner, walk, walk_in_slices
from harness.probes.process import rss_reader
from tests.unit.probes.owners.owner_heaps import HEAPS, Holder, Snapshot

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is judged on Linux")

SIZE = 4e6


class Part:
    def __init__(self, number: int) -> None:
        self.number = number + 1_000_000
        self.history = [number + 0.5]


def test_nothing_is_kept() -> None:
    target = Holder([HEAPS[name](1e6) for name in HEAPS])
    roots: dict[str, Any] = {"": target}
    allocators, rss = Allocators(), rss_reader()

    def after(walks: int) -> tuple[int, int, int]:
        for _ in range(walks):
            walk(roots, seed=1)
        gc.collect()  # empties the interpreter's free lists, which are not the walk's
        pymalloc = allocators.pymalloc_bytes()
        assert pymalloc is not None
        return sys.getallocatedblocks(), pymalloc, rss()

    after(2)
    (blocks, pymalloc, resident), (blocks_later, pymalloc_later, resident_later) = after(1), after(5)
    assert abs(blocks_later - blocks) <= 8  # the figures themselves
    assert abs(pymalloc_later - pymalloc) < 512
    assert abs(resident_later - resident) < 300_000


def test_no_instance_gets_its_dict() -> None:
    target = Holder([Part(number) for number in range(3000)])
    few = Holder([Part(number) for number in range(20)])
    walk({"": target, "few": few}, seed=1)
    made = sum(any(type(value) is dict for value in gc.get_referents(part)) for part in target.heap + few.heap)
    assert made == 0


def test_the_collector_rests_only_while_a_slice_runs() -> None:
    walking = walk_in_slices({"": Holder(HEAPS["collector"](SIZE))}, seed=1, slice_s=0.0)
    collected = gc.get_stats()[0]["collections"]
    next(walking)
    assert gc.isenabled()
    assert gc.get_stats()[0]["collections"] <= collected + 1
    walking.close()
    assert gc.isenabled()
    gc.disable()
    try:
        walk({"": Holder([])}, seed=1)
        assert not gc.isenabled()
    finally:
        gc.enable()


def in_slices(target: Any, change: Any) -> tuple[list[Owner], int]:
    walking = walk_in_slices({"": target}, seed=1, slice_s=0.0)
    slices = 0
    while True:
        try:
            next(walking)
        except StopIteration as finished:
            return finished.value, slices
        slices += 1
        change(slices)


def test_a_walk_in_slices_finds_the_same() -> None:
    target = Holder(HEAPS["collector"](SIZE))
    owners, slices = in_slices(target, lambda _: None)
    assert slices > 20
    assert owners == walk({"": target}, seed=1)


def test_what_changes_between_slices_is_survived() -> None:
    target = Holder(
        {
            "dict": {i: Snapshot(i) for i in range(1000)},
            "set": {f"{i:060}" for i in range(40_000)},
            "deque": deque([(i + 0.5,) for i in range(40_000)], maxlen=40_000),
            "list": [Snapshot(i) for i in range(1000)],
        }
    )

    def change(number: int) -> None:
        target.heap["dict"][-number] = Snapshot(number)
        target.heap["set"].add(f"new {number}")
        target.heap["deque"].append((number + 0.5,))
        del target.heap["list"][-1:]

    before = sum(owner.bytes for owner in walk({"": target}, seed=1))
    owners, slices = in_slices(target, change)
    assert slices > 20
    after = sum(owner.bytes for owner in walk({"": target}, seed=1))
    low, high = sorted((before, after))
    assert 0.9 * low < sum(owner.bytes for owner in owners) < 1.1 * high


def test_a_walk_that_is_left_gives_everything_back() -> None:
    target = Holder(HEAPS["collector"](SIZE))

    def leave_after(slices: int) -> None:
        walking = walk_in_slices({"": target}, seed=1, slice_s=0.0)
        for _ in range(slices):
            next(walking)
        walking.close()

    blocks = []
    for _ in range(3):
        for slices in (5, 15, 25):
            leave_after(slices)
        gc.collect()
        blocks.append(sys.getallocatedblocks())
    assert abs(blocks[2] - blocks[1]) <= 2


class Nosy:
    """Whatever is asked of it shows in `asked`."""

    asked: ClassVar[list[str]] = []

    def __init__(self, number: int) -> None:
        self.texts = [f"{number:0200}"]

    def __getattribute__(self, name: str) -> Any:
        Nosy.asked.append(name)
        return object.__getattribute__(self, name)

    def __getattr__(self, name: str) -> Any:
        Nosy.asked.append(name)
        raise AttributeError(name)

    def __sizeof__(self) -> int:
        Nosy.asked.append("sizeof")
        return 10**9

    def __eq__(self, other: object) -> bool:
        Nosy.asked.append("eq")
        return self is other

    def __hash__(self) -> int:
        Nosy.asked.append("hash")
        return id(self)

    @property
    def made(self) -> list[str]:
        Nosy.asked.append("made")
        return []

    @functools.cached_property
    def later(self) -> list[str]:
        Nosy.asked.append("later")
        return []


class NosyList(list[Any]):
    def __iter__(self) -> Iterator[Any]:
        Nosy.asked.append("iter")
        return iter(())

    def __len__(self) -> int:
        Nosy.asked.append("len")
        return 0

    def __getitem__(self, index: Any) -> Any:
        Nosy.asked.append("getitem")
        return None


class NosyDict(dict[Any, Any]):
    def __missing__(self, key: Any) -> Any:
        Nosy.asked.append("missing")
        return self.setdefault(key, [])

    def values(self) -> Any:
        Nosy.asked.append("values")
        return super().values()


@pytest.mark.parametrize("count", [5, 3000])
def test_no_code_of_the_target_runs(count: int) -> None:
    nosy = [Nosy(number) for number in range(count)]
    records: list[Any] = [NosyDict(price=[number + 0.5], size=[number + 0.25]) for number in range(count)]
    records[count // 2].pop("size")
    defaults = [defaultdict(list, {f"key {i % 3}": [i + 0.5], "price": [i + 0.5]}) for i in range(count)]
    target = Holder(
        [nosy, NosyList(nosy), NosyList(range(1000, 1000 + count)), records, dict.fromkeys(nosy), set(nosy), defaults]
    )
    Nosy.asked.clear()
    sizes = [len(each) for each in defaults]
    owners = walk({"": target}, seed=1, symbols=("AAA",))
    assert Nosy.asked == []
    assert [len(each) for each in defaults] == sizes
    assert sum(owner.bytes for owner in owners) > count * 256
