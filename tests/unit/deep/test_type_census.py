"""Two counts of all objects by type: which types grew, by how much, and who refers to what is new of them."""

from __future__ import annotations

import ctypes
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from harness.deep.findings import BY_NOBODY, IN_CYCLES, ByCensus, GrownType, by_census
from harness.deep.type_census import LEAST_BYTES, CensusTracer, type_name

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is judged on Linux"),
    pytest.mark.usefixtures("collector_off"),
    pytest.mark.long,  # it counts what other tests left in this process, too
]


class Node:
    def __init__(self, number: int) -> None:
        self.values = [number + 0.5 + place for place in range(40)]


class Loop(Node):
    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.me = self


NODE, LOOP = type_name(Node), type_name(Loop)


@pytest.fixture
def elsewhere() -> Iterator[Any]:
    """A module that no path from a target leads to."""
    module = ModuleType("elsewhere")
    module.SEEN = []  # type: ignore[attr-defined]
    sys.modules["elsewhere"] = module
    yield module
    del sys.modules["elsewhere"]


@pytest.fixture
def found(tmp_path: Path) -> Callable[..., tuple[ByCensus, dict[str, GrownType]]]:
    """What two censuses find, with something made between them."""

    def count(make: Callable[[], object], most_paths: int = 10**9) -> tuple[ByCensus, dict[str, GrownType]]:
        tracer = CensusTracer(tmp_path, most_paths)
        tracer.begin({})
        make()
        tracer.end({})
        found = by_census(json.loads((tmp_path / "found.json").read_text()))
        return found, {one.name: one for one in found.types}

    return count


def test_types_that_grew_with_what_hangs_on_them_and_who_refers_to_it(elsewhere: Any, found: Any) -> None:
    elsewhere.OLD = [Node(number) for number in range(3000)]
    whole, grown = found(lambda: elsewhere.SEEN.extend(map(Node, range(1000, 2000))))
    assert list(grown)[:2] == ["float", "list"]
    assert grown[NODE].objects == 1000
    assert grown[NODE].holders[0] == ("elsewhere.SEEN[*]", pytest.approx(1.0, abs=0.05))
    assert grown["float"].objects == pytest.approx(40_000, rel=0.01)
    assert grown["float"].bytes == pytest.approx(40_000 * 32, rel=0.01)
    assert grown["float"].holders[0] == ("elsewhere.SEEN[*].values[*]", pytest.approx(1.0, abs=0.05))
    assert sum(one.bytes for one in whole.types) == pytest.approx(whole.live_bytes, rel=0.05)
    assert not whole.truncated


def test_a_value_that_many_refer_to_counts_once(elsewhere: Any, found: Any) -> None:
    text = "x" * 100_000
    _, grown = found(lambda: elsewhere.SEEN.extend([text, (text, text)] for _ in range(100)))
    assert "str" not in grown


def test_arrays_and_what_hangs_on_views_are_seen_though_the_collector_does_not_know_them(
    elsewhere: Any, found: Any
) -> None:
    _, grown = found(lambda: elsewhere.SEEN.extend([np.zeros(1000)[:10]] for _ in range(100)))
    assert grown["numpy.ndarray"].bytes == pytest.approx(820_000, rel=0.05)


def test_what_stays_as_it_is_does_not_grow(elsewhere: Any, found: Any) -> None:
    elsewhere.SEEN = [Node(number) for number in range(1000)]
    whole, grown = found(elsewhere.SEEN.reverse)
    assert grown == {}
    assert whole.live_bytes < LEAST_BYTES


def test_what_sits_in_cycles_is_held_by_nothing_else(found: Any) -> None:
    def make() -> None:
        for number in range(1000, 2000):
            Loop(number).pair = (number, number + 0.5)  # type: ignore[attr-defined]

    _, grown = found(make)
    for name in (LOOP, "list", "float", "tuple"):
        path, share = grown[name].holders[0]
        assert path == IN_CYCLES, grown[name]
        assert share > 0.95, grown[name]


def test_a_reference_that_was_never_given_back_is_held_by_nobody(found: Any) -> None:
    made: list[int] = []

    def make() -> None:
        for number in range(1000, 2000):
            node = Node(number)
            made.append(id(node))
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(node))

    try:
        _, grown = found(make)
        assert grown[NODE].holders[0] == (BY_NOBODY, pytest.approx(1.0, abs=0.05))
    finally:
        for address in made:
            ctypes.pythonapi.Py_DecRef(ctypes.cast(address, ctypes.py_object))


def test_memory_of_c_code_is_in_no_type(found: Any) -> None:
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    made: list[int] = []
    whole, grown = found(lambda: made.extend(libc.malloc(ctypes.c_size_t(1500)) for _ in range(1000)))
    for address in made:
        libc.free(ctypes.c_void_p(address))
    assert sum(one.bytes for one in grown.values()) < 0.1 * whole.live_bytes
    assert whole.live_bytes == pytest.approx(1.5e6, rel=0.1)


def test_of_many_objects_a_sample_is_asked_who_refers_to_them(elsewhere: Any, found: Any) -> None:
    _, grown = found(lambda: elsewhere.SEEN.extend(map(Node, range(1000, 2000))), most_paths=20_000)
    assert grown["float"].objects == pytest.approx(40_000, rel=0.01)
    path, share = grown["float"].holders[0]
    assert path == "elsewhere.SEEN[*].values[*]"
    assert share > 0.9
