"""``heap_shapes.py SHAPE GB``: a process with a heap of one shape prints, as JSON, what the breakdown says of it."""

from __future__ import annotations

import ctypes
import gc
import json
import mmap
import os
import sys
import tempfile
import threading
from typing import Any

import numpy as np

from harness.probes.allocators.statistics import Allocators
from harness.probes.process import rss_reader
from harness.probes.resident.breakdown import BREAKDOWN, Breakdown

_PR_SET_THP_DISABLE = 41


def small(size: int) -> Any:
    return [(float(number), str(number)) for number in range(size // 170)]


def fragmented(size: int) -> Any:
    return [(float(number), str(number)) for number in range(size // 85)][::3]


def arrays(size: int) -> Any:
    """Arrays that are touched, untouched, views of others, and freed."""
    touched = [np.ones(100_000 + number % 50) for number in range(size // 800_000)]
    untouched = [np.zeros(5_000_000) for _ in range(10)]
    views = [array[10:20] for array in touched[::2]]
    for number in range(0, len(touched), 3):
        touched[number] = None  # type: ignore[call-overload]
    middling = [np.ones(3_000) for _ in range(size // 240_000)]
    return touched, untouched, views, middling[::2]


def read_zeros(size: int) -> Any:
    """Memory that was read and never written: the kernel's one page of zeros, which is no part of RSS."""
    arrays = [np.zeros(1_000_000) for _ in range(size // 8_000_000)]
    assert sum(int(array.sum()) for array in arrays) == 0
    return arrays


def arrow(size: int) -> Any:
    """Tables, many small arrays, and buffers that were allocated and never written."""
    import pyarrow as pa

    columns = [pa.array(np.arange(500_000 + number)).cast(pa.float64()) for number in range(size // 4_000_000)]
    table = pa.table({"number": columns[0], "text": columns[0].cast(pa.string())})
    short = [pa.array([str(number)] * 200) for number in range(2000)]
    ahead = [pa.allocate_buffer(20_000_000) for _ in range(5)]
    del columns[::4]
    return columns, table, short, ahead


def reserved(size: int) -> Any:
    """On the heap: a third touched, a third freed between what is touched, a third given out and never touched."""
    freed = np.ones(4_000_000)
    del freed  # from now on arrays of up to 32 MB lie on the heap
    third = size // 3
    touched: list[Any] = [np.ones(300_000) for _ in range(2 * third // 2_400_000)]
    touched[::2] = [None] * len(touched[::2])
    half = [np.empty(2_000_000) for _ in range(third // 16_000_000)]
    for array in half:
        array[:1_000_000] = 1
    untouched = [np.zeros(2_000_000) for _ in range(third // 16_000_000)]
    return touched, half, untouched, np.ones(3_000)


def threads(size: int) -> Any:
    """Large blocks of four threads, each with an arena of its own."""
    held: list[Any] = []

    def hold() -> None:
        held.append([b"x" * (600 + number % 3000) for number in range(size // 4 // 2100)])

    running = [threading.Thread(target=hold) for _ in range(4)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return held


def forked(size: int) -> Any:
    """Pages shared with a child, which lives as long as this process."""
    held = small(size)
    ends, kept = os.pipe()
    if os.fork() == 0:
        os.close(kept)
        os.read(ends, 1)
        os._exit(0)
    return held, kept


def ballast(size: int) -> mmap.mmap:
    mapping = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for offset in range(0, size, mmap.PAGESIZE):
        mapping[offset] = 1
    return mapping


def mapped(size: int) -> Any:
    """A third anonymous, a third shared, a third of a file; half of each was never touched."""
    private = mmap.mmap(-1, size // 3 * 2, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    shared = mmap.mmap(-1, size // 3 * 2)
    with tempfile.TemporaryFile() as file:
        file.truncate(size // 3 * 2)
        written = mmap.mmap(file.fileno(), size // 3 * 2)
    for mapping in (private, shared, written):
        for offset in range(0, size // 3, mmap.PAGESIZE):
            mapping[offset] = 1
    return [private, shared, written]


def stacks(size: int) -> Any:
    """Threads that wait at some depth of C calls."""
    deep, over = threading.Semaphore(0), threading.Event()

    def sink(depth: int) -> int:
        if depth:
            return max([0], key=lambda _: sink(depth - 1))
        deep.release()
        over.wait()
        return 0

    running = [threading.Thread(target=sink, args=(200,), daemon=True) for _ in range(size // 1_000_000)]
    for thread in running:
        thread.start()
        deep.acquire()
    return running, over


def none(size: int) -> Any:
    return size


def main() -> None:
    shape, gb, *mode = sys.argv[1:]
    ctypes.CDLL(None).prctl(_PR_SET_THP_DISABLE, 1, 0, 0, 0)
    allocators, rss = Allocators(), rss_reader()
    breakdown = Breakdown(allocators)
    held = globals()[shape](int(float(gb) * 1e9))
    mapping = held if isinstance(held, mmap.mmap) else None
    found: dict[str, Any] = {}
    if mode:
        # what is used for the first time (free lists, numpy's caches) is used before
        for _ in range(50):
            breakdown.read(rss(), mapping)
        before = _state(allocators, rss())
        for _ in range(50):
            breakdown.read(rss(), mapping)
        found["moved"] = {name: value - before[name] for name, value in _state(allocators, rss()).items()}
    found["rss"] = rss()
    breakdown.read(found["rss"], mapping)
    found |= zip(BREAKDOWN, breakdown.values.tolist(), strict=True)
    found["live"] = allocators.live_bytes()
    found["pools"] = _arrow_bytes()
    print(json.dumps(found))


def _state(allocators: Allocators, rss: int) -> dict[str, int]:
    gc.collect()  # empties the free lists
    glibc = allocators.glibc()
    assert glibc is not None
    return {
        "blocks": sys.getallocatedblocks(),
        "arenas": allocators.pymalloc().arenas,  # type: ignore[union-attr]
        "glibc": allocators.glibc_bytes() or 0,
        "glibc_arena": glibc.arena,
        "rss": rss,
    }


def _arrow_bytes() -> int:
    return sys.modules["pyarrow"].total_allocated_bytes() if "pyarrow" in sys.modules else 0


if __name__ == "__main__":
    main()
