"""The sampler reads each tier in its turn, and keeps nothing between samples."""

from __future__ import annotations

import mmap
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.probes import process
from harness.probes.resident import breakdown, own_mappings
from harness.probes.sampler import LIVE_EVERY, Sampler
from harness.worker.recorder import NOT_READ, PHASES, SAMPLE

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is judged on Linux")


def sampler(row: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> Sampler:
    monkeypatch.setattr(process, "tasks", lambda: 3)  # there is no loop here
    return Sampler(row, lambda: 12.5)


def test_tiers_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    row = np.zeros(1, SAMPLE)
    probe = sampler(row, monkeypatch)
    live = []
    for _ in range(2 * LIVE_EVERY):
        probe.read(PHASES.index("load"))
        assert row["rss_bytes"][0] > 0
        live.append(row["live_bytes"][0] != NOT_READ)
    assert [number for number, read in enumerate(live) if read] == [0, LIVE_EVERY]
    assert (row["t_s"][0], PHASES[row["phase"][0]]) == (12.5, "load")
    probe.read(0, everything=True)
    assert row["live_bytes"][0] == row["pymalloc_bytes"][0] + row["glibc_bytes"][0]
    assert row["tasks"][0] == 3


def test_samples_retain_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    row = np.zeros(1, SAMPLE)
    probe = sampler(row, monkeypatch)
    for _ in range(130):
        probe.read(2)
    tracemalloc.start()
    try:
        before = tracemalloc.take_snapshot()
        for _ in range(1000):
            probe.read(2)
        after = tracemalloc.take_snapshot()
    finally:
        tracemalloc.stop()
    grown = [change for change in after.compare_to(before, "filename") if "/probes/" in change.traceback[0].filename]
    # one small integer may be newer than the last: nothing that grows with the number of samples
    assert sum(change.size_diff for change in grown) < 1000


PRIVATE = """\
import ctypes, mmap, os, signal
from harness.probes import process
from harness.probes.sampler import Sampler
from harness.worker.recorder import SAMPLE
import numpy as np

process.tasks = lambda: 0
row = np.zeros(1, SAMPLE)
probe = Sampler(row, lambda: 0.0)

def both():
    rolled_up = process.uss_bytes()
    probe.read(0, everything=True)
    return int(row["uss_bytes"][0]), rolled_up

both()
mapping = mmap.mmap(-1, 64 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
for offset in range(0, len(mapping), mmap.PAGESIZE):
    mapping[offset] = 1
at = ctypes.addressof(ctypes.c_char.from_buffer(mapping))
print(*both())
assert not ctypes.CDLL(None).mprotect(ctypes.c_void_p(at), ctypes.c_size_t(32 << 20), mmap.PROT_READ)
print(*both())  # as code that was made at run time
child = os.fork()
if not child:
    signal.pause()
print(*both())
print(*both())  # what was read is still shared
os.kill(child, signal.SIGKILL)
os.waitpid(child, 0)
print(*both())
"""


def test_private_pages_are_those_that_smaps_rollup_tells() -> None:
    told = subprocess.run([sys.executable, "-c", PRIVATE], capture_output=True, text=True, check=True).stdout
    pages, rolled_up = np.array([line.split() for line in told.splitlines()], np.int64).T
    assert rolled_up[0] > 64 << 20
    assert max(rolled_up[2:4]) < rolled_up[1] - (60 << 20)  # shared with the child, also what was read in between
    assert np.abs(pages - rolled_up).max() < 2 << 20  # reading touches some that the child had, too


def test_private_pages_are_told_where_pages_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    row = np.zeros(1, SAMPLE)
    probe = sampler(row, monkeypatch)
    monkeypatch.setattr(breakdown, "Pages", no_pagemap)
    monkeypatch.setattr(process, "uss_bytes", lambda: 4711)
    probe.read(2, everything=True)
    assert (row["uss_bytes"][0], row["residual_bytes"][0]) == (4711, NOT_READ)


def no_pagemap() -> None:
    raise FileNotFoundError("/proc/self/pagemap")


SIZE = 16 << 20


def in_file(folder: Path) -> Path:
    path = folder / "mapped"
    with path.open("wb") as file:
        file.truncate(SIZE)
    return path


def read_only(folder: Path) -> mmap.mmap:
    with in_file(folder).open("rb") as file:
        mapping = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    assert not any(mapping[:: mmap.PAGESIZE])
    return mapping


def touched(mapping: mmap.mmap) -> mmap.mmap:
    for offset in range(0, SIZE, mmap.PAGESIZE):
        mapping[offset] = 1
    return mapping


def written(folder: Path) -> mmap.mmap:
    with in_file(folder).open("r+b") as file:
        return touched(mmap.mmap(file.fileno(), 0))


def copied(folder: Path) -> mmap.mmap:
    with in_file(folder).open("r+b") as file:
        return touched(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))


def shared(folder: Path) -> mmap.mmap:
    return touched(mmap.mmap(-1, SIZE))


def in_memory(folder: Path) -> mmap.mmap:
    """A file on a tmpfs whose path does not tell: written through a mapping, and shared memory to the kernel."""
    if not Path("/dev/shm").is_dir():
        pytest.skip("no tmpfs")
    path = Path("/dev/shm") / f"soak-test-{folder.name}"
    with path.open("w+b") as file:
        path.unlink()
        file.truncate(SIZE)
        return touched(mmap.mmap(file.fileno(), 0))


@pytest.mark.parametrize(
    ("mapped", "share"), [(read_only, 0.0), (written, 1.0), (copied, 1.0), (shared, 1.0), (in_memory, 1.0)]
)
def test_between_two_readings_of_pages_mappings_move_by_what_was_mapped_and_not_by_clean_pages_of_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mapped: Callable[[Path], mmap.mmap], share: float
) -> None:
    row = np.zeros(1, SAMPLE)
    probe = sampler(row, monkeypatch)
    if mapped is in_memory:  # as if it were mounted anywhere
        monkeypatch.setattr(own_mappings, "_SHARED_PATHS", (b"/dev/zero",))
    probe.read(2, everything=True)

    def mappings() -> int:
        for _ in range(LIVE_EVERY):
            probe.read(2)
            if row["mappings_bytes"][0] != NOT_READ:
                assert row["anonymous_bytes"][0] == NOT_READ  # carried on
                found = int(row["mappings_bytes"][0])
        return found

    before = mappings()
    mapping = mapped(tmp_path)
    assert mappings() - before == pytest.approx(share * SIZE, abs=SIZE / 10)
    if mapped is read_only:
        mapping.madvise(21)  # MADV_PAGEOUT: what a kernel does with what is cold
        assert abs(mappings() - before) < SIZE / 10
    mapping.close()
    assert abs(mappings() - before) < SIZE / 10
