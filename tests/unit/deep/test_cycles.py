"""What only a collection frees."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from harness.deep.cycles import find_cycles

pytestmark = pytest.mark.usefixtures("collector_off")


class Node:
    def __init__(self) -> None:
        self.me = self
        self.payload = bytearray(10_000)


def test_cycles_are_counted_by_type_with_their_plain_values_and_then_freed() -> None:
    for _ in range(50):
        Node()
    noted: list[tuple[type, int]] = []
    found = find_cycles(lambda obj, size: noted.append((type(obj), size)))
    assert found.objects >= 50
    assert not found.collector_on
    counts = {one.name: one.objects for one in found.types}
    assert (counts["Node"], counts["bytearray"]) == (50, 50)
    assert found.bytes == sum(size for _, size in noted) == pytest.approx(50 * 10_000, rel=0.05)
    assert not any(isinstance(obj, Node) for obj in gc.get_objects())
    assert gc.get_debug() == 0


def test_what_is_held_is_in_no_cycle_and_what_was_uncollectable_stays() -> None:
    kept: list[Any] = [Node() for _ in range(50)]
    gc.garbage.append("from before")
    try:
        gc.enable()
        found = find_cycles(lambda obj, size: None)
        assert gc.isenabled()
        assert (found.uncollectable, found.collector_on) == (1, True)
        assert "Node" not in {one.name for one in found.types}
        assert gc.garbage == ["from before"]
    finally:
        gc.garbage.clear()
    assert len(kept) == 50
