"""The ballast: memory of no use that fills a judged process up to the baseline of its scenario."""

from __future__ import annotations

import mmap

from harness.worker.failures import RunEnded


def lay_ballast(idle_bytes: int, baseline_bytes: int) -> mmap.mmap:
    """An anonymous mapping of its own that brings RSS from `idle_bytes` to `baseline_bytes`, every page touched.

    Raises RunEnded("refused") where the idle process is larger than the baseline already.
    """
    size = baseline_bytes - idle_bytes
    if size < 0:
        raise RunEnded("refused", f"the idle process takes {idle_bytes / 1e6:.0f} MB")
    ballast = mmap.mmap(-1, max(size, mmap.PAGESIZE), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for offset in range(0, size, mmap.PAGESIZE):
        ballast[offset] = 1
    return ballast
