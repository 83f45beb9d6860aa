"""The sampler reads each tier in its turn, and keeps nothing between samples."""

from __future__ import annotations

import sys
import tracemalloc

import numpy as np
import pytest

from harness.probes import process
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
