"""The breakdown adds up to RSS, in processes with heaps of many shapes."""

from __future__ import annotations

import ctypes.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.probes.resident.breakdown import BREAKDOWN, NOT_READ

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is judged on Linux"),
]

ROOT = Path(__file__).parents[2]
PYMALLOC = ("pymalloc_bytes", "pymalloc_overhead_bytes", "pymalloc_free_bytes")
GLIBC = ("glibc_heap_bytes", "glibc_mapped_bytes", "glibc_free_bytes")


def breakdown(shape: str, gb: float, *mode: str, **environment: str) -> dict[str, Any]:
    """What the breakdown says in a process whose heap has this shape."""
    process = subprocess.run(
        [sys.executable, ROOT / "tests" / "integration" / "heap_shapes.py", shape, str(gb), *mode],
        env={**os.environ, "PYTHONPATH": str(ROOT), "ARROW_DEFAULT_MEMORY_POOL": "system", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    found: dict[str, Any] = json.loads(process.stdout)
    assert found["rss"] == sum(found[name] for name in BREAKDOWN if found[name] != NOT_READ)
    return found


@pytest.mark.parametrize("gb", [0.1, 1.0])
@pytest.mark.parametrize("shape", ["small", "fragmented", "arrays", "arrow", "threads", "mapped"])
def test_lines_add_up_to_rss(shape: str, gb: float) -> None:
    found = breakdown(shape, gb)
    assert found["rss"] > 0.5e9 * gb
    assert abs(found["residual_bytes"]) <= 0.03 * found["rss"]
    if shape != "mapped":  # what an allocator holds is not taken for the program's own mappings
        assert found["anonymous_bytes"] + found["stacks_bytes"] <= 0.03 * found["rss"]
    assert min(found[name] for name in BREAKDOWN if name != "residual_bytes") >= 0


def test_small_objects_are_pymallocs_and_free_blocks_show() -> None:
    idle, held, freed = breakdown("small", 0.0), breakdown("small", 0.1), breakdown("fragmented", 0.1)
    assert held["pymalloc_bytes"] > 0.8 * held["rss"] - held["file_bytes"]
    assert held["pymalloc_free_bytes"] < 0.02 * held["rss"]
    # two of three objects were freed, and their neighbours hold the arenas
    kept = freed["pymalloc_bytes"] - idle["pymalloc_bytes"]
    assert freed["pymalloc_free_bytes"] == pytest.approx(2 * kept, rel=0.03)


def test_untouched_memory_is_not_counted() -> None:
    found = breakdown("read_zeros", 0.5)
    assert found["live"] > 0.5e9
    assert found["glibc_mapped_bytes"] < 0.01e9
    assert abs(found["residual_bytes"]) <= 0.03 * found["rss"]


def test_heap_that_was_given_out_and_never_touched_is_neither_in_use_nor_free() -> None:
    found = breakdown("reserved", 0.3)
    assert found["live"] > 0.28e9
    assert found["glibc_heap_bytes"] == pytest.approx(0.15e9, abs=0.01e9)
    assert found["glibc_free_bytes"] == pytest.approx(0.1e9, abs=0.01e9)


def test_pages_shared_with_a_child_count() -> None:
    found = breakdown("forked", 0.1)
    assert found["pymalloc_bytes"] > 0.08e9
    assert abs(found["residual_bytes"]) <= 0.03 * found["rss"]


def test_each_kind_of_mapping_is_a_line() -> None:
    found = breakdown("mapped", 0.3)
    for line in ("anonymous_bytes", "shared_bytes", "dirty_file_bytes"):
        assert found[line] == pytest.approx(0.1e9, abs=0.006e9), line


def test_stacks_of_threads_are_a_line() -> None:
    found = breakdown("stacks", 0.05)
    assert found["stacks_bytes"] > 50 * 100_000
    assert found["anonymous_bytes"] < 50 * 100_000
    assert abs(found["residual_bytes"]) <= 0.03 * found["rss"]


def test_ballast_is_a_line_of_its_own() -> None:
    assert breakdown("ballast", 0.2)["ballast_bytes"] == pytest.approx(0.2e9, abs=4096)


@pytest.mark.parametrize("pool", ["system", "mimalloc", "jemalloc"])
def test_arrow_is_the_pages_it_touched_whatever_its_pool(pool: str) -> None:
    found = breakdown("arrow", 0.2, ARROW_DEFAULT_MEMORY_POOL=pool)
    untouched = 5 * 20_000_000
    # its own allocators keep some of what it freed
    assert found["pools"] - untouched == pytest.approx(found["arrow_bytes"], rel=0.02 if pool == "system" else 0.35)
    assert found["pools"] - untouched <= found["arrow_bytes"] + 0.01e9
    assert abs(found["residual_bytes"]) <= 0.03 * found["rss"]


def test_without_pymalloc_its_lines_are_absent_and_the_rest_adds_up() -> None:
    found = breakdown("small", 0.1, PYTHONMALLOC="malloc")
    assert [found[name] for name in PYMALLOC] == [NOT_READ] * 3
    assert found["glibc_heap_bytes"] > 0.08e9
    assert found["live"] > 0.08e9
    assert abs(found["residual_bytes"]) <= 0.03 * found["rss"]


@pytest.mark.parametrize("library", ["jemalloc", "mimalloc"])
def test_with_another_malloc_glibcs_lines_are_absent_and_its_memory_is_residual(library: str) -> None:
    file = ctypes.util.find_library(library)
    if file is None:
        pytest.skip(f"lib{library} is not installed")
    found = breakdown("arrays", 0.1, LD_PRELOAD=file)
    assert [found[name] for name in GLIBC] == [NOT_READ] * 3
    assert found["arrow_bytes"] == 0
    assert found["pymalloc_bytes"] == pytest.approx(found["live"], rel=0.05)
    assert found["residual_bytes"] > 0.05e9


@pytest.mark.parametrize("shape", ["fragmented", "arrow"])
def test_reading_leaves_nothing_behind(shape: str) -> None:
    moved = breakdown(shape, 0.1, "fifty times")["moved"]
    assert moved["arenas"] == 0
    assert moved["glibc_arena"] == 0
    assert abs(moved["glibc"]) < 4096
    assert abs(moved["rss"]) < 65_536
    assert abs(moved["blocks"]) < 50
