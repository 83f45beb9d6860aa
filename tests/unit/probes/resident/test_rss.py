"""RSS is what the process has touched."""

from __future__ import annotations

import mmap
import sys

import pytest

from harness.probes.resident.rss import rss_reader

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
