"""The walk finds who holds the memory: the right path, the right bytes, an honest error, and nothing left behind."""

from __future__ import annotations

import asyncio
import functools
import gc
import math
import sys
import time
import types
from array import array
from collections import ChainMap, Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pytest

from harness.probes.allocator import Allocators
from harness.probes.owners import Owner, walk, walk_in_slices
from tests.unit.probes.owner_heaps import HEAPS, Book, Holder, Snapshot, built, live_bytes

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is judged on Linux")

SIZE = 4e6


def by_path(owners: list[Owner]) -> dict[str, float]:
    return {owner.path: owner.bytes for owner in owners if not owner.symbol}


def total(owners: list[Owner]) -> float:
    return sum(by_path(owners).values())


@pytest.mark.parametrize("name", HEAPS)
def test_the_total_is_right_and_its_error_honest(name: str) -> None:
    HEAPS[name](1e5)
    with built(lambda: HEAPS[name](SIZE)) as (target, truth):
        allowed = 0.05 if name == "shared_snapshots" else 0.01
        assert truth > SIZE / 3
        for seed in range(5):
            owners = walk({"": target}, seed=seed)
            error = total(owners) - truth
            assert abs(error) <= allowed * truth
            assert abs(error) <= 3 * sum(owner.se for owner in owners) + 0.01 * truth


def test_one_key_that_holds_nearly_all_is_found_two_hops_down() -> None:
    with built(lambda: HEAPS["one_key_hidden"](SIZE)) as (target, truth):
        largest = walk({"": target.heap["key 2500"]}, seed=1)[0]
        assert largest.path == "side.levels[*]"
        assert largest.bytes > 0.6 * truth
        whole = walk({"": target}, seed=1)[0]
        assert (whole.path, whole.bytes) == ("heap[*]", pytest.approx(truth, rel=0.01))


def test_the_same_seed_gives_the_same_reading_and_another_draws_anew() -> None:
    target = Holder(HEAPS["levels"](SIZE))
    assert walk({"": target}, seed=7) == walk({"": target}, seed=7)
    assert walk({"": target}, seed=7) != walk({"": target}, seed=8)


def test_an_owner_reads_the_same_whatever_others_do() -> None:
    target = types.SimpleNamespace(still=HEAPS["levels"](SIZE), growing=[])
    first = by_path(walk({"": target}, seed=1))["still[*]"]
    for _ in range(3):
        target.growing += [Snapshot(i) for i in range(300)]
        assert by_path(walk({"": target}, seed=1))["still[*]"] == first


def test_a_slowly_growing_list_keeps_its_draws() -> None:
    """New elements add their own bytes; a draw that moved would bring the spread of sizes with it."""
    lengths = np.random.default_rng(5).integers(1, 9, 5000).tolist()
    target = Holder([[[j + 0.5 for j in range(n)] for _ in range(2)] for n in lengths])
    first = walk({"": target}, seed=1)[0].bytes
    target.heap += [[[0.5], [0.25]] for _ in range(10)]
    grown = walk({"": target}, seed=1)[0].bytes - first
    assert abs(grown) < 0.002 * first


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
        (lambda: Stamped(1.5, "x" * 12_800), "heap[*]"),
        (lambda: Record(1.5, texts()), "heap.notes[*]"),
        (lambda: State(texts()), "heap.seen[*]"),
        (Component, "heap.history[*]"),
        (lambda: array("d", [0.5] * 1600), "heap"),
        (lambda: bytearray(12_800), "heap"),
        (lambda: b"x" * 12_800, "heap"),
        (lambda: memoryview(bytearray(12_800)), "heap"),
        (lambda: np.zeros(1600), "heap"),
        (lambda: np.zeros(1600)[::2], "heap"),
        (lambda: np.array(texts(), dtype=object), "heap[*]"),
        (lambda: closure(texts()), "heap.<closure seen>[*]"),
        (lambda: defaults(texts()), "heap.<default>[*]"),
        (lambda: functools.partial(print, texts()), "heap.<tuple>[*][*]"),
        (lambda: Component().history.append, "heap.<list>[*]"),
        (lambda: iterating(texts()), "heap.<local>[*]"),
        (lambda: cached(None), "heap.<cache>[*]"),
        (lambda: cached(100), "heap.<cache>[*]"),
        (lambda: failed(texts()), "heap.__traceback__.<frame>.<local>[*]"),
    ],
)
def test_what_holds_the_texts(build: Callable[[], Any], path: str) -> None:
    target = Holder(build())
    before = Component.calls
    owners = by_path(walk({"": target}, seed=1))
    assert Component.calls == before
    matching = sum(size for found, size in owners.items() if found == path or (path.count("<frame>") and "<local>" in found))
    assert matching == pytest.approx(TEXTS_BYTES, rel=0.45), owners


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


def failed(kept: list[str]) -> BaseException:
    def fail(kept: list[str]) -> None:
        raise ValueError(len(kept))

    try:
        fail(kept)
    except ValueError as error:
        return error
    raise AssertionError
