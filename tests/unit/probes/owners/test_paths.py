"""Which path gets the bytes: every kind of container and hiding place, by its own name."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import itertools
import sys
import threading
from array import array
from collections import ChainMap, Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from harness.probes.owners import Owner, walk
from tests.unit.probes.owners.owner_heaps import Holder, Snapshot, built

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is judged on Linux")


def by_path(owners: list[Owner]) -> dict[str, float]:
    return {owner.path: owner.bytes for owner in owners if not owner.symbol}


class Stamped(NamedTuple):
    price: float
    note: str


@dataclass(slots=True)
class Record:
    price: float
    notes: list[str]


@dataclass
class State:
    seen: list[str] = field(default_factory=list)


class Component:
    """Plain attributes, a property that must not run, and one that its class does not name."""

    calls = 0

    def __init__(self) -> None:
        self.history = texts()
        self._hidden = {"inner": texts()}

    @property
    def trap(self) -> list[str]:
        Component.calls += 1
        return []

    def __getattr__(self, name: str) -> Any:
        Component.calls += 1
        raise AttributeError(name)

    def __sizeof__(self) -> int:
        Component.calls += 1
        return 10**9


def texts(count: int = 50) -> list[str]:
    return [f"{i:0200}" for i in range(count)]


TEXTS_BYTES = 50 * 256 + 450

TABLE_BYTES = 8000
"""More than the table of any container of 50."""


@pytest.mark.parametrize(
    ("build", "path"),
    [
        (texts, "heap[*]"),
        (lambda: tuple(texts()), "heap[*]"),
        (lambda: deque(texts(), maxlen=50), "heap[*]"),
        (lambda: set(texts()), "heap[*]"),
        (lambda: dict.fromkeys(texts()), "heap[*]"),
        (lambda: dict(enumerate(texts())), "heap[*]"),
        (lambda: OrderedDict(enumerate(texts())), "heap[*]"),
        (lambda: Counter(texts()), "heap[*]"),
        (lambda: defaultdict(list, {1: texts()}), "heap[*][*]"),
        (lambda: ChainMap({1: texts()}), "heap.maps[*][*][*]"),
        (lambda: asyncio_queue(texts()), "heap._queue[*]"),
        (lambda: Stamped(1.5, "x" * 12_900), "heap[*]"),
        (lambda: Record(1.5, texts()), "heap.notes[*]"),
        (lambda: State(texts()), "heap.seen[*]"),
        (Component, "heap.history[*]"),
        (lambda: array("d", [0.5] * 1700), "heap"),
        (lambda: bytearray(12_900), "heap"),
        (lambda: b"x" * 12_900, "heap"),
        (lambda: memoryview(bytearray(12_900)), "heap"),
        (lambda: np.zeros(1600), "heap"),
        (lambda: np.zeros(1600)[::2], "heap"),
        (lambda: np.array(texts(), dtype=object), "heap[*]"),
        (lambda: closure(texts()), "heap.<closure seen>[*]"),
        (lambda: defaults(texts()), "heap.<default>[*]"),
        (lambda: functools.partial(print, texts()), "heap.args[*][*]"),
        (lambda: Component().history.append, "heap.<list>[*]"),
        (lambda: iterating(texts()), "heap.<local>[*]"),
        (lambda: cached(None), "heap.<cache>[*]"),
        (lambda: cached(100), "heap.<cache>[*]"),
        (lambda: waited_for(texts()), "heap._callbacks[*].args[*][*]"),
        (lambda: waited_for_twice(texts()), "heap._callbacks[*][*].<closure seen>[*]"),
        (lambda: NamedFuture(texts()), "heap.notes[*]"),
        (lambda: came_to(texts()), "heap.<list>[*]"),
        (lambda: in_context(texts()), "heap.<context kept>[*]"),
        (lambda: of_threads(texts()), "heap.kept[*]"),
        (lambda: teed(70), "heap.<_tee_dataobject>"),
        (lambda: chained(texts()), "heap.next"),
        (lambda: failed(texts()), "heap.<traceback>.<frame>.<local>[*]"),
        (lambda: failed_deep_down(texts()), "heap.<traceback>.<frame>.<local>[*]"),
        (lambda: failed_below(texts()), "heap.<traceback>.<frame>.<local>[*]"),
    ],
)
def test_what_holds_the_texts(build: Callable[[], Any], path: str) -> None:
    target = Holder(build())
    before = Component.calls
    owners = by_path(walk({"": target}, seed=1))
    assert Component.calls == before
    assert 50 * 256 <= owners[path] <= 50 * 256 + TABLE_BYTES, owners


class Link:
    def __init__(self, text: str, after: Link | None) -> None:
        self.text = text
        self.next = after


def chained(items: list[str]) -> Link | None:
    link = Link("", None)
    for item in items:
        link = Link(item, link)
    return Link("", link)


def teed(count: int) -> Any:
    """What one of two readers has still to read; a block of it has room for 57."""
    ahead, behind = itertools.tee(f"{number:0200}" for number in range(count))
    for _ in range(count):
        next(ahead)
    return behind


def asyncio_queue(items: list[str]) -> asyncio.Queue[str]:
    queue: asyncio.Queue[str] = asyncio.Queue()
    for item in items:
        queue.put_nowait(item)
    return queue


def closure(seen: list[str]) -> Callable[[], int]:
    return lambda: len(seen)


def defaults(seen: list[str]) -> Callable[..., int]:
    def function(seen: list[str] = seen) -> int:
        return len(seen)

    return function


def iterating(kept: list[str]) -> Iterator[int]:
    def generate(kept: list[str]) -> Iterator[int]:
        yield 1
        yield len(kept)

    generator = generate(kept)
    next(generator)
    return generator


def cached(maxsize: int | None) -> Callable[[int], str]:
    @functools.lru_cache(maxsize)
    def text(number: int) -> str:
        return f"{number:0200}"

    for number in range(1000, 1050):
        text(number)
    return text


LOOP = asyncio.new_event_loop()
LOOP.close()


class NamedFuture(asyncio.Future[None]):
    def __init__(self, notes: list[str]) -> None:
        super().__init__(loop=LOOP)
        self.notes = notes


def waited_for(kept: list[str]) -> asyncio.Future[None]:
    future: asyncio.Future[None] = asyncio.Future(loop=LOOP)
    future.add_done_callback(functools.partial(print, kept))
    return future


def waited_for_twice(seen: list[str]) -> asyncio.Future[None]:
    future: asyncio.Future[None] = asyncio.Future(loop=LOOP)
    future.add_done_callback(print)
    future.add_done_callback(lambda _: print(seen))
    return future


def came_to(kept: list[str]) -> asyncio.Future[list[str]]:
    future: asyncio.Future[list[str]] = asyncio.Future(loop=LOOP)
    future.set_result(kept)
    return future


def in_context(values: list[str]) -> contextvars.Context:
    kept = contextvars.ContextVar[list[str]]("kept")
    context = contextvars.Context()
    context.run(kept.set, values)
    return context


def of_threads(values: list[str]) -> threading.local:
    local = threading.local()
    local.kept = values
    return local


def failed(kept: list[str]) -> BaseException:
    def fail(kept: list[str]) -> None:
        raise ValueError(len(kept))

    try:
        fail(kept)
    except ValueError as error:
        return error
    raise AssertionError


def failed_deep_down(kept: list[str], depth: int = 5) -> BaseException:
    """The locals are those of the innermost of many frames: a stack is one owner, however deep it is."""

    def fall(depth: int) -> None:
        if not depth:
            values = list(kept)
            kept.clear()
            raise ValueError(len(values))
        fall(depth - 1)

    try:
        fall(depth)
    except ValueError as error:
        return error
    raise AssertionError


def failed_below(kept: list[str]) -> BaseException:
    """The locals are those of a frame above the one that caught it, which no traceback names."""

    def handle() -> BaseException:
        try:
            raise ValueError
        except ValueError as error:
            return error

    def receive(kept: list[str]) -> BaseException:
        return handle()

    return receive(kept)


def test_a_container_with_attributes_of_its_own() -> None:
    class Store(dict[int, str]):
        def __init__(self) -> None:
            super().__init__(enumerate(texts()))
            self.extra = texts()

    owners = by_path(walk({"": Holder(Store())}, seed=1))
    assert owners["heap.extra[*]"] == pytest.approx(TEXTS_BYTES, rel=0.05)
    assert 50 * 256 <= owners["heap[*]"] <= 50 * 256 + TABLE_BYTES


def test_keys_of_a_mapping_count_with_it() -> None:
    owners = by_path(walk({"": Holder(dict.fromkeys(texts()))}, seed=1))
    assert owners["heap[*]"] == pytest.approx(50 * 256 + 2400, rel=0.1)


def test_an_array_that_views_share_counts_once() -> None:
    base = np.zeros(1_000_000)
    target = Holder([base[i:] for i in range(2000)])
    del base
    assert by_path(walk({"": target}, seed=1))["heap[*]"] == pytest.approx(8e6 + 2000 * (96 + 32 + 8), rel=0.01)


def test_what_comes_back_from_below_does_not_halve_its_owner() -> None:
    class Child:
        __slots__ = ("parent", "text")

    class Parent:
        __slots__ = ("children", "text")

    def family(number: int) -> Parent:
        parent = Parent()
        parent.text, parent.children = f"{number:0200}", [Child() for _ in range(20)]
        for child in parent.children:
            child.parent, child.text = parent, f"{number:0100}"
        return parent

    family(0)
    with built(lambda: [family(number) for number in range(2000)]) as (target, truth):
        assert by_path(walk({"": target}, seed=1))["heap[*]"] == pytest.approx(truth, rel=0.01)


def test_what_two_owners_share_is_split_between_them() -> None:
    class Both:
        def __init__(self) -> None:
            self.first = [Snapshot(number) for number in range(2000)]
            self.second = list(self.first)
            self.alone = [Snapshot(number) for number in range(1000)]

    owners = by_path(walk({"": Both()}, seed=1))
    assert owners["first[*]"] == pytest.approx(owners["alone[*]"], rel=0.02)
    assert owners["second[*]"] == pytest.approx(owners["alone[*]"], rel=0.02)


def test_blocks_of_a_frame_and_of_a_series() -> None:
    frame = pd.DataFrame({"price": np.arange(20_000.0), "quantity": np.arange(20_000.0), "id": np.arange(20_000)})
    owners = by_path(walk({"": Holder([frame, pd.Series(np.arange(10_000.0))])}, seed=1))
    assert sum(owners.values()) == pytest.approx(3 * 160_000 + 80_000, rel=0.05)


def test_buffers_of_arrow_count_once_however_many_slices_hold_them() -> None:
    table = pa.table({"price": pa.array(np.random.default_rng(1).random(50_000))})
    batches = table.to_batches(max_chunksize=100)
    assert len(batches) == 500
    owners = by_path(walk({"": Holder([table, batches])}, seed=1))
    assert sum(owners.values()) == pytest.approx(400_000, rel=0.25)
    apart = [pa.array(np.random.default_rng(seed).random(1000)) for seed in range(500)]
    assert by_path(walk({"": Holder(apart)}, seed=1))["heap[*]"] == pytest.approx(500 * 8100, rel=0.02)


def test_nobody_owns_the_process() -> None:
    class Knows:
        def __init__(self) -> None:
            self.nothing, self.truth, self.kind, self.module, self.function = None, True, dict, np, np.linspace
            self.number, self.empty = 7, ()

    assert sum(by_path(walk({"": Knows()}, seed=1)).values()) < 1000


def test_symbols_are_kept_apart_and_add_up() -> None:
    target = Holder({"AAA": [Snapshot(i) for i in range(300)], "BBB": [Snapshot(i) for i in range(100)], "other": []})
    owners = walk({"": target}, seed=1, symbols=("AAA", "BBB", "CCC"))
    parts = {(owner.path, owner.symbol): owner.bytes for owner in owners}
    assert parts["heap[*][*]", "AAA"] == pytest.approx(3 * parts["heap[*][*]", "BBB"], rel=0.02)
    assert parts["heap[*][*]", "AAA"] + parts["heap[*][*]", "BBB"] == pytest.approx(parts["heap[*][*]", ""], rel=1e-4)
    assert by_path(owners) == pytest.approx(by_path(walk({"": target}, seed=1)), rel=1e-9)


def test_records_have_no_parts_but_components_do() -> None:
    class Part:
        def __init__(self) -> None:
            self.history = texts()

    owners = by_path(walk({"": Holder({number: Part() for number in range(200)})}, seed=1))
    assert owners["heap[*].history[*]"] == pytest.approx(200 * TEXTS_BYTES, rel=0.05)
    owners = by_path(walk({"": Holder({number: Record(0.5, texts()) for number in range(200)})}, seed=1))
    assert set(owners) == {"heap[*]", "(target)"}
