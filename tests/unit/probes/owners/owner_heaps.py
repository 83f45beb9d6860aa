"""Heaps of a known kind and about a known size, and what the allocators say that they take."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from harness.probes.allocators.statistics import Allocators


class Holder:
    """A target whose one attribute is the heap."""

    def __init__(self, heap: Any) -> None:
        self.heap = heap


class Side:
    def __init__(self, count: int) -> None:
        self.levels = {i: (i + 0.5, i + 0.25) for i in range(1000, 1000 + count)}


class Book:
    """Its size hides two hops down."""

    def __init__(self, count: int) -> None:
        self.name = "x"
        self.side = Side(count)


class Snapshot:
    __slots__ = ("asks", "bids", "timestamp_ms")

    def __init__(self, number: int) -> None:
        self.timestamp_ms = number + 1_700_000_000_000
        self.bids = [(number + 0.25 * i, i + 0.5) for i in range(50)]
        self.asks = [(number + 0.5 * i, i + 0.25) for i in range(50)]


class Pipeline:
    """What a collector keeps of one symbol: cached snapshots with a vector, the last of them a second time."""

    def __init__(self, count: int) -> None:
        self.cache = {i: (np.zeros(112), Snapshot(i)) for i in range(1000, 1000 + count)}
        self.snapshots = [entry[1] for entry in self.cache.values()][-50:]
        self.vanished = [(i + 0.5, i + 0.25, i + 1_700_000_000_000) for i in range(count // 5)]


def one_key(size: float) -> Any:
    """One of 5,000 keys holds 90 %."""
    large = int(size * 0.9 / 85)
    return {
        f"key {i}": deque([(j + 0.5,) for j in range(large if i == 2500 else large // 45_000)]) for i in range(5000)
    }


def one_key_hidden(size: float) -> Any:
    """The same, two attribute hops down."""
    large = int(size * 0.9 / 215)
    return {f"key {i}": Book(large if i == 2500 else large // 45_000) for i in range(5000)}


def zipf(size: float) -> Any:
    """20,000 lists whose lengths fall like 1 / rank."""
    first = int(size / 40 / (np.log(20_000) + 0.58))
    return {i: [j + 0.5 for j in range(1 + first // i)] for i in range(1, 20_001)}


def views(size: float) -> Any:
    """Small views, each pinning an array of its own; and as many views of one array."""
    count = int(size * 0.8 / 8200)
    shared = np.zeros(int(size * 0.2 / 8))
    return [np.zeros(1000)[:10] for _ in range(count)], [shared[i:] for i in range(count)]


def levels(size: float) -> Any:
    """20,000 price levels with lists of events of very different length."""
    mean = size / 20_000 / 270
    lengths = np.random.default_rng(1).exponential(mean, 20_000).astype(int).tolist()
    return {1000 + i: [{"price": j + 0.5, "t_ms": j + 1000} for j in range(n)] for i, n in enumerate(lengths)}


def shared_snapshots(size: float) -> Any:
    """A cache of snapshots, the later half of which is also in a history, and one as the latest."""
    cache = {i: Snapshot(i) for i in range(1000, 1000 + int(size / 13_700))}
    history = list(cache.values())[-len(cache) // 2 :]
    return cache, history, [history[-1]]


def plain(size: float) -> Any:
    """Values that need no walk: floats, integers, texts, a set."""
    count = int(size / 390)
    return (
        [i + 0.5 for i in range(count)],
        {i: f"{i:060}" for i in range(1_000_000, 1_000_000 + count)},
        {f"{i:020}" for i in range(count)},
    )


def collector(size: float) -> Any:
    """50 pipelines of one size, as a collector of order books has them."""
    count = int(size / 50 / 15_000)
    return {f"SYMBOL{i}": Pipeline(count) for i in range(50)}


class Quote(NamedTuple):
    """A tuple of a class of its own, with an odd number of items: CPython gives it room for one more."""

    price: float
    quantity: float
    side: str


def records(size: float) -> Any:
    """Named tuples, kept in a list."""
    return [Quote(number + 0.5, number + 0.25, "buy") for number in range(int(size / 152))]


class Refused(Exception):
    """What a collector keeps of a message that it could not read."""


def failures(size: float) -> Any:
    """Errors that were stored, with the frames that raised them and those that called these, and their locals."""
    return [_refused(number) for number in range(int(size / 1900))]


def _refused(number: int) -> Refused:
    row = [number * 1.5 for _ in range(10)]
    try:
        _parse(f"message {number:09}", number)
    except Refused as error:
        return error
    raise AssertionError(row)


def _parse(text: str, number: int) -> None:
    values = [float(number + place) for place in range(20)]
    _check(text, sum(values))


def _check(text: str, total: float) -> None:
    header = f"header of {text}"
    raise Refused(header, total)


HEAPS: dict[str, Callable[[float], Any]] = {
    build.__name__: build
    for build in (one_key, one_key_hidden, zipf, views, levels, shared_snapshots, plain, records, failures, collector)
}


def live_bytes(allocators: Allocators) -> int:
    pymalloc, glibc = allocators.pymalloc_bytes(), allocators.glibc_bytes()
    assert pymalloc is not None
    assert glibc is not None
    return pymalloc + glibc


@contextmanager
def built(make: Callable[[], Any]) -> Iterator[tuple[Holder, int]]:
    """What `make` builds, as a target, and the bytes that the allocators gave for it."""
    allocators = Allocators()
    make_nothing = Holder([])
    live_bytes(allocators)
    del make_nothing
    gc.collect()
    gc.disable()
    try:
        before = live_bytes(allocators)
        target = Holder(make())
        yield target, live_bytes(allocators) - before
    finally:
        gc.enable()
