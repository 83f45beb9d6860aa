"""What objects that hold mappings are weighed at: the pages that they have in memory, wherever they hang."""

from __future__ import annotations

import mmap
import sys
from collections.abc import Iterator
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from harness.probes.owners import walk

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is judged on Linux")

SIZE = 1 << 20


class Holder:
    def __init__(self, held: Any) -> None:
        self.held = held


def weighed(held: Any) -> dict[str, float]:
    return {owner.path: owner.bytes for owner in walk({"": Holder(held)}, seed=1)}


def touched(mapping: mmap.mmap, share: float = 1.0) -> mmap.mmap:
    for offset in range(0, int(share * len(mapping)), mmap.PAGESIZE):
        mapping[offset] = 1
    return mapping


def private() -> mmap.mmap:
    return mmap.mmap(-1, SIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


@pytest.fixture
def segment() -> Iterator[SharedMemory]:
    found = SharedMemory(create=True, size=SIZE)
    found.buf[:] = bytes(SIZE)
    yield found
    found.close()
    found.unlink()


@pytest.mark.parametrize("make", [private, lambda: mmap.mmap(-1, SIZE)])
@pytest.mark.parametrize("count", [3, 600])
def test_mappings_weigh_what_was_touched_of_them(make: Any, count: int) -> None:
    found = weighed([touched(make(), 0.5) for _ in range(count)])
    assert found["held[*]"] == pytest.approx(count * SIZE / 2, rel=0.02)


def test_a_mapping_that_nobody_touched_or_that_is_closed_weighs_nothing() -> None:
    closed = touched(private())
    closed.close()
    assert weighed([private(), closed])["held[*]"] < 4096


def test_shared_memory_is_weighed_once(segment: SharedMemory) -> None:
    found = weighed({"one": segment, "view": segment.buf, "array": np.frombuffer(segment.buf, np.uint8)})
    assert sum(found.values()) == pytest.approx(SIZE, rel=0.02)
    assert max(found, key=lambda path: found[path]).startswith("held")


def test_an_attribute_of_shared_memory_names_its_mapping(segment: SharedMemory) -> None:
    assert weighed([segment])["held[*]._mmap"] == pytest.approx(SIZE, rel=0.02)


@pytest.mark.parametrize(("mode", "share"), [("w+", 1.0), ("r+", 1.0), ("c", 0.5), ("r", 0.0)])
def test_arrays_on_files_weigh_the_pages_that_may_be_dirty(tmp_path: Path, mode: Any, share: float) -> None:
    (tmp_path / "file").write_bytes(bytes(SIZE))
    array = np.memmap(tmp_path / "file", np.uint8, mode, shape=SIZE)
    assert not array.any()
    if mode == "c":
        array[: SIZE // 2] = 1
    assert weighed([array])["held[*]"] == pytest.approx(share * SIZE, abs=0.02 * SIZE)


def test_many_arrays_on_mappings_are_weighed_whole(tmp_path: Path) -> None:
    size, count = 4 * mmap.PAGESIZE, 600
    (tmp_path / "file").write_bytes(bytes(size))
    arrays = [np.memmap(tmp_path / "file", np.uint8, "r+", shape=size) for _ in range(count)]
    for array in arrays:
        array[:] = 1
    assert sum(weighed(arrays).values()) == pytest.approx(count * size, rel=0.15)


def test_a_subclass_with_attributes_is_looked_into() -> None:
    class Named(mmap.mmap):
        pass

    mapping = Named(-1, SIZE)
    mapping.notes = [str(number) * 20 for number in range(500)]  # type: ignore[attr-defined]
    assert weighed(SimpleNamespace(inner=touched(mapping)))["held.inner"] == pytest.approx(SIZE, rel=0.02)


def test_a_view_that_was_released_is_passed_by() -> None:
    view = memoryview(bytearray(SIZE))
    view.release()
    assert sum(weighed([view]).values()) < 4096
