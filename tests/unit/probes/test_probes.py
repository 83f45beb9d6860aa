"""The probes read what is there, and leave nothing behind."""

from __future__ import annotations

import mmap
import os
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from harness.probes import process
from harness.probes.allocators.statistics import Allocators
from harness.probes.resident.rss import rss_reader
from harness.probes.sampler import LIVE_EVERY, Sampler
from harness.worker.recorder import NOT_READ, PHASES, SAMPLE

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is judged on Linux")


def test_rss_sees_touched_pages() -> None:
    rss = rss_reader()
    before = rss()
    size = 50_000_000
    mapping = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for offset in range(0, size, mmap.PAGESIZE):
        mapping[offset] = 1
    assert rss() - before == pytest.approx(size, rel=0.02)
    mapping.close()
    assert rss() - before < size * 0.02


def test_pymalloc_counts_small_objects_and_glibc_large_ones() -> None:
    allocators = Allocators()
    pymalloc, glibc = allocators.pymalloc_bytes(), allocators.glibc_bytes()
    assert pymalloc is not None
    assert glibc is not None
    small = [float(i) for i in range(100_000)]  # 24 bytes, in blocks of 32
    grown = allocators.pymalloc_bytes()
    assert grown is not None
    assert grown - pymalloc == pytest.approx(100_000 * 32, rel=0.02)
    large = [np.empty(10_000) for _ in range(100)]
    held = allocators.glibc_bytes()
    assert held is not None
    assert held - glibc == pytest.approx(100 * 80_000 + sys.getsizeof(small), rel=0.02)
    del large, small
    assert allocators.trim()


def test_reading_pymalloc_leaves_stderr_alone(capfd: pytest.CaptureFixture[str]) -> None:
    Allocators().pymalloc_bytes()
    os.write(2, b"heard\n")
    assert capfd.readouterr().err == "heard\n"


def test_uss_is_part_of_rss() -> None:
    uss = process.uss_bytes()
    assert uss is not None
    assert 0 < uss <= rss_reader()()


def test_open_files_are_counted(tmp_path: Path) -> None:
    before = process.open_files()
    with (tmp_path / "one").open("w"), (tmp_path / "two").open("w"):
        assert before is not None
        assert process.open_files() == before + 2


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
