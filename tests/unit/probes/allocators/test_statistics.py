"""What the allocators have given out, read without leaving anything behind."""

from __future__ import annotations

import os
import sys
from unittest.mock import Mock

import numpy as np
import pytest

from harness.probes.allocators.statistics import _PROBE_BYTES, Allocators, Mallinfo2, _counts_malloc

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


@pytest.mark.parametrize(("more", "counted"), [(_PROBE_BYTES + 16, True), (_PROBE_BYTES - 500, True), (48, False)])
def test_glibc_counts_where_a_block_shows_whatever_else_is_given_back_meanwhile(more: int, counted: bool) -> None:
    counts = iter([Mallinfo2(uordblks=1_000_000), Mallinfo2(uordblks=1_000_000 + more)])
    libc = Mock()
    libc.malloc.return_value = 1
    assert _counts_malloc(libc, lambda: next(counts)) is counted
