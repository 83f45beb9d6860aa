"""What Arrow's memory pools hold, where pyarrow is loaded; it is never imported here."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from harness.probes.resident.own_mappings import PAGE
from harness.probes.resident.pages import Pages

# whole names: one put together at run time would stay behind in CPython's type attribute cache
_POOLS = ("system_memory_pool", "mimalloc_memory_pool", "jemalloc_memory_pool")

_MIMALLOC_FROM, _MIMALLOC_TO = 2 << 40, 32 << 40
"""mimalloc asks for its memory at 2 to 30 TiB (_mi_os_get_aligned_hint), where the kernel puts nothing unasked."""

_EXTENT = 2 << 20
"""jemalloc's mappings begin at multiples of 2 MiB, and are no smaller."""


class ArrowPools(NamedTuple):
    """Bytes that Arrow says it holds: from malloc, and in the allocators that came with it."""

    system: int
    mimalloc: int
    jemalloc: int


def arrow_pools() -> ArrowPools:
    """The pools of Arrow in this process; all 0 where pyarrow is not loaded (or still being imported)."""
    pyarrow = sys.modules.get("pyarrow")
    if pyarrow is None or not hasattr(pyarrow, "system_memory_pool"):
        return ArrowPools(0, 0, 0)
    return ArrowPools(*(_held(pyarrow, name) for name in _POOLS))


def _held(pyarrow: Any, name: str) -> int:
    try:
        return int(getattr(pyarrow, name)().bytes_allocated())
    except (NotImplementedError, AttributeError):  # this build of Arrow has no such pool
        return 0


def claim_mimalloc(pages: Pages) -> int:
    """Resident bytes of the mimalloc that came with Arrow, whose mappings have an address range of their own."""
    if "pyarrow" not in sys.modules:
        return 0
    return sum(pages.claim(*part) for part in pages.between(_MIMALLOC_FROM, _MIMALLOC_TO))


def claim_jemalloc(pages: Pages, pools: ArrowPools) -> int:
    """Resident bytes of the jemalloc that came with Arrow: what nobody else claimed in memory aligned as its is."""
    if not pools.jemalloc:
        return 0
    total = 0
    for first, count, address in pages.spans():
        lead = -address % _EXTENT // PAGE
        if (count - lead) * PAGE >= _EXTENT:
            total += pages.claim(first + lead, count - lead)
    return total
