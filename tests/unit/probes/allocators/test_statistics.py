"""What the allocators have given out, read without leaving anything behind."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest

from harness.probes.allocators.statistics import Allocators

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is judged on Linux")


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
