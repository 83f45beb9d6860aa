"""Pages, headers and lines: each part of the breakdown sees what is put before it."""

from __future__ import annotations

import gc
import mmap
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.probes.allocators import arrow
from harness.probes.allocators import statistics as allocator
from harness.probes.allocators.pymalloc import ALIGNMENT, HEADER, NO_POOL, POOL, parse_headers
from harness.probes.allocators.statistics import Allocators, Mallinfo2, Pymalloc
from harness.probes.process import rss_reader
from harness.probes.resident.breakdown import BREAKDOWN, NOT_READ, Breakdown
from harness.probes.resident.mapped_parts import MappedParts
from harness.probes.resident.own_mappings import PAGE
from harness.probes.resident.own_memory import FEW, OwnMemory
from harness.probes.resident.pages import Pages, address_of

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is judged on Linux")

SIZE = 64 * PAGE

DEBUGMALLOCSTATS = b"""\
Small block threshold = 512, in 32 size classes.

class   size   num pools   blocks in use  avail blocks
-----   ----   ---------   -------------  ------------
    0     16           2            1504           538

# arenas allocated total           =                   17
# arenas allocated current         =                    2
2 arenas * 1048576 bytes/arena     =            2,097,152

# bytes in allocated blocks        =              799,616
# bytes in available blocks        =              370,816
54 unused pools * 16384 bytes      =              884,736
# bytes lost to pool headers       =                3,456
# bytes lost to quantization       =                5,760
# bytes lost to arena alignment    =               32,768
Total                              =            2,097,152
"""


def anonymous(size: int) -> mmap.mmap:
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def touch(mapping: mmap.mmap, pages: int) -> None:
    for number in range(pages):
        mapping[number * PAGE] = 1


def claimed(mapping: mmap.mmap) -> int:
    pages = Pages()
    start = address_of(mapping)
    return sum(pages.claim(*part) for part in pages.between(start, start + len(mapping)))


# -- pages and memory --------------------------------------------------------------------------------------------------


def test_a_page_counts_once_it_is_written() -> None:
    mapping = anonymous(SIZE)
    assert claimed(mapping) == 0
    touch(mapping, 10)
    assert claimed(mapping) == 10 * PAGE
    assert mapping[20 * PAGE] == 0  # reading maps the kernel's page of zeros, which is nobody's memory
    assert claimed(mapping) == 10 * PAGE


def test_what_is_claimed_is_not_claimed_again() -> None:
    mapping = anonymous(SIZE)
    touch(mapping, 10)
    pages = Pages()
    (part,) = pages.between(address_of(mapping), address_of(mapping) + 8 * PAGE)
    assert pages.address(part[0]) == address_of(mapping)
    assert [pages.claim(*part), pages.claim(*part)] == [8 * PAGE, 0]


def counted(pages: Pages) -> np.ndarray:
    return np.array([pages.file_bytes, pages.shared_bytes, pages.dirty_file_bytes])


@pytest.mark.parametrize(
    ("access", "pages"),
    [(mmap.ACCESS_READ, [64, 0, 0]), (mmap.ACCESS_WRITE, [0, 0, 64]), (mmap.ACCESS_COPY, [54, 0, 10])],
)
def test_pages_of_files_count_as_dirty_where_they_may_have_been_written(
    tmp_path: Path, access: int, pages: list[int]
) -> None:
    (tmp_path / "file").write_bytes(bytes(SIZE))
    before = counted(Pages())
    with (tmp_path / "file").open("r+b") as file:
        mapping = mmap.mmap(file.fileno(), SIZE, access=access)
    assert mapping[:] == bytes(SIZE)  # every page is there
    if access == mmap.ACCESS_COPY:
        touch(mapping, 10)
    assert (counted(Pages()) - before).tolist() == [count * PAGE for count in pages]


@pytest.mark.parametrize("make", [lambda: mmap.mmap(-1, SIZE), lambda: SharedMemory(create=True, size=SIZE)])
def test_shared_memory_is_no_file(make: Callable[[], Any]) -> None:
    before = counted(Pages())
    held = make()
    touch(held if isinstance(held, mmap.mmap) else held.buf, 10)
    assert (counted(Pages()) - before).tolist() == [0, 10 * PAGE, 0]
    if isinstance(held, SharedMemory):
        held.close()
        held.unlink()


def test_stacks_of_threads_are_found_by_their_guards() -> None:
    before, over = len(Pages().stacks), threading.Event()
    running = [threading.Thread(target=over.wait) for _ in range(20)]
    for thread in running:
        thread.start()
    pages = Pages()
    stacks = [sum(pages.claim(*part) for part in pages.stacks)]
    over.set()
    for thread in running:
        thread.join()
    assert len(pages.stacks) - before >= 10  # glibc keeps some of threads that ended before
    assert stacks[0] >= 20 * PAGE


def test_a_part_counts_as_its_line_does(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(SIZE))
    parts: dict[str, mmap.mmap] = {"private": anonymous(SIZE), "shared": mmap.mmap(-1, SIZE), "gone": anonymous(SIZE)}
    with (tmp_path / "file").open("r+b") as file:
        for name in ("READ", "WRITE", "COPY"):
            parts[name] = mmap.mmap(file.fileno(), SIZE, access=getattr(mmap, f"ACCESS_{name}"))
            assert parts[name][:] == bytes(SIZE)
    for name in ("private", "shared", "COPY"):
        touch(parts[name], 10)
    parts["gone"].close()
    weigh = MappedParts()
    assert {name: weigh.of_object(part) // PAGE for name, part in parts.items()} == {
        "private": 10,
        "shared": 10,
        "gone": 0,
        "READ": 0,
        "WRITE": 64,
        "COPY": 10,
    }


def test_memory_is_read_by_address() -> None:
    words = np.arange(3 * FEW, dtype=np.uint64)
    memory, at = OwnMemory(), address_of(words)
    assert memory.readable
    assert memory.few_words(at + 8) == list(range(1, FEW + 1))
    found = memory.words(np.array([at, at + 80], np.uint64), 2)
    assert found.tolist() == [[0, 1], [10, 11]]


def test_memory_that_is_gone_reads_as_zeros() -> None:
    words = np.full(4, 7, np.uint64)
    gone = anonymous(PAGE)
    nowhere = address_of(gone)
    gone.close()
    addresses = np.full(3000, address_of(words), np.uint64)
    addresses[[0, 1500, 2999]] = nowhere
    memory = OwnMemory()
    assert memory.few_words(nowhere) == [0] * FEW
    found = memory.words(addresses, 2)
    assert np.flatnonzero((found == 0).all(axis=1)).tolist() == [0, 1500, 2999]
    assert (found[1:1500] == 7).all()


# -- allocators --------------------------------------------------------------------------------------------------------


def test_pymallocs_text_is_read_whole() -> None:
    pymalloc = allocator._parse(DEBUGMALLOCSTATS)
    assert pymalloc == Pymalloc(2, 1 << 20, 1 << 14, 799_616, 9_216, 1_255_552, 32_768)
    assert pymalloc.live + pymalloc.overhead + pymalloc.free + pymalloc.alignment == 2 << 20


def test_without_pymalloc_the_text_has_no_arenas() -> None:
    assert allocator._parse(b"0 free PyDictObjects * 48 bytes each = 0\n") is None


@pytest.mark.parametrize(
    ("pymalloc", "glibc", "live"), [(100, 10, 110), (None, 10, 10), (100, None, 100), (None, None, None)]
)
def test_live_bytes_are_those_of_the_allocators_that_can_tell(
    monkeypatch: pytest.MonkeyPatch, pymalloc: int | None, glibc: int | None, live: int | None
) -> None:
    allocators = Allocators()
    allocators.objects_in_mimalloc = False
    monkeypatch.setattr(allocators, "pymalloc_bytes", lambda: pymalloc)
    monkeypatch.setattr(allocators, "glibc_bytes", lambda: glibc)
    assert allocators.live_bytes() == live


def test_live_bytes_are_unknown_where_python_keeps_its_objects_in_mimalloc() -> None:
    allocators = Allocators()
    allocators.objects_in_mimalloc = True
    assert allocators.live_bytes() is None


def header(used: int, size: int, untouched: int, arena: int = 5) -> list[int]:
    size_class = size // ALIGNMENT - 1
    return [used, 0xF00, 0, 0, arena | size_class << 32, untouched | (POOL - size) << 32]


def test_only_what_can_be_a_header_of_a_pool_is_one() -> None:
    capacity = (POOL - HEADER) // 64
    rows = [
        header(10, 64, HEADER + 20 * 64),
        header(0, 512, HEADER + 512),
        header(capacity + 1, 64, HEADER + 64),  # more blocks than fit
        header(10, 64, HEADER + 65),  # between two blocks
        header(10, 1024, HEADER + 1024),  # larger than pymalloc's largest
        [0] * 6,
    ]
    headers = parse_headers(np.array(rows, np.uint64))
    assert headers.arena.tolist() == [5, 5, *[NO_POOL] * 4]
    assert headers.size[:2].tolist() == [64, 512]
    assert headers.used[:2].tolist() == [10, 0]


# -- lines -------------------------------------------------------------------------------------------------------------


class Told:
    """Allocators of which only some can tell."""

    def __init__(self, *, pymalloc: bool, glibc: bool) -> None:
        self._real = Allocators()
        self._pymalloc, self._glibc = pymalloc, glibc
        self.objects_in_mimalloc = False

    def pymalloc(self) -> Pymalloc | None:
        return self._real.pymalloc() if self._pymalloc else None

    def glibc(self) -> Mallinfo2 | None:
        return self._real.glibc() if self._glibc else None


def lines(ballast: mmap.mmap | None = None, *, pymalloc: bool = True, glibc: bool = True) -> dict[str, int]:
    breakdown = Breakdown(Told(pymalloc=pymalloc, glibc=glibc))  # type: ignore[arg-type]
    rss = rss_reader()()
    breakdown.read(rss, ballast)
    found = dict(zip(BREAKDOWN, breakdown.values.tolist(), strict=True))
    assert sum(value for value in found.values() if value != NOT_READ) == rss
    return found


def at_once(call: Callable[[], None]) -> None:
    call()


def in_a_thread(call: Callable[[], None]) -> None:
    """So that malloc serves it from an arena of its own."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(call).result()


def test_each_kind_of_memory_shows_in_its_line() -> None:
    each_kind_of_memory_shows_in_its_line()


@pytest.mark.parametrize("run", [at_once, in_a_thread])
def test_what_was_touched_of_a_heaps_free_end_is_not_in_use(run: Callable[[Callable[[], None]], None]) -> None:
    with ProcessPoolExecutor(1, get_context("spawn")) as fresh:  # in this one the heap has free chunks large enough
        fresh.submit(with_a_list_on_the_heap, run).result()


def with_a_list_on_the_heap(run: Callable[[Callable[[], None]], None]) -> None:
    np.ones(2_500_000)  # glibc maps blocks one by one from 20 MB on from now on
    run(each_kind_of_memory_shows_in_its_line)


def each_kind_of_memory_shows_in_its_line() -> None:
    gc.collect()  # or what other tests left is given back between the two readings
    before = lines()
    ballast = anonymous(200 * PAGE)
    touch(ballast, 150)
    mapped, shared = anonymous(4000 * PAGE), mmap.mmap(-1, 4000 * PAGE)
    touch(mapped, 3000)
    touch(shared, 2000)
    small = [float(number) for number in range(300_000)]  # 24 bytes, in blocks of 32
    large = np.ones(5_000_000)
    untouched = np.zeros(5_000_000)
    after = lines(ballast)
    assert after["ballast_bytes"] == 150 * PAGE
    assert before["ballast_bytes"] == 0
    assert after["anonymous_bytes"] - before["anonymous_bytes"] == pytest.approx(3000 * PAGE, rel=0.1)
    assert after["shared_bytes"] - before["shared_bytes"] == 2000 * PAGE
    assert abs(after["residual_bytes"]) < 0.03 * sum(after.values())
    assert after["pymalloc_bytes"] - before["pymalloc_bytes"] == pytest.approx(300_000 * 32, rel=0.02)
    glibc = [sum(found[name] for name in ("glibc_heap_bytes", "glibc_mapped_bytes")) for found in (before, after)]
    assert glibc[1] - glibc[0] == pytest.approx(large.nbytes + sys.getsizeof(small), rel=0.03)
    assert untouched.nbytes == 40_000_000


def test_an_allocator_that_cannot_tell_leaves_its_lines_out() -> None:
    whole = lines()
    without = lines(pymalloc=False)
    assert [name for name in BREAKDOWN if without[name] == NOT_READ] == [*BREAKDOWN[:3], "anonymous_bytes"]
    arenas = sum(whole[name] for name in BREAKDOWN[:3])
    assert arenas > 20e6
    unknown = whole["residual_bytes"] + whole["anonymous_bytes"]
    assert without["residual_bytes"] - unknown == pytest.approx(arenas, abs=3e6)
    without = lines(glibc=False)
    assert {name for name in BREAKDOWN if without[name] == NOT_READ} >= set(BREAKDOWN[3:6])
    assert without["residual_bytes"] > whole["residual_bytes"]


def test_where_proc_does_not_tell_every_line_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> int:
        raise PermissionError(*map(str, arguments))

    breakdown = Breakdown(Allocators())
    monkeypatch.setattr(os, "open", refuse)
    breakdown.read(1_000_000, None)
    assert breakdown.values.tolist() == [NOT_READ] * len(BREAKDOWN)


def test_arrow_is_not_imported_to_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pyarrow", raising=False)
    assert arrow.arrow_pools() == (0, 0, 0)
    assert "pyarrow" not in sys.modules
