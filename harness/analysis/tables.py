"""The tables that a recorded run consists of: their columns, which it needs, and those of a run that has none."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from harness.soaks.children_file import CHILDREN_COLUMNS
from harness.worker.recorder import SAMPLE

REQUIRED = ("t_s", "wall_s", "cpu_s", "phase", "rss_bytes", "live_bytes")
"""The columns without which a recording says nothing. Others may be null, or absent from an old one."""

LINES = (
    "ballast_bytes",
    "file_bytes",
    "stacks_bytes",
    "dirty_file_bytes",
    "shared_bytes",
    "anonymous_bytes",
    "arrow_bytes",
    "glibc_mapped_bytes",
    "glibc_heap_bytes",
    "pymalloc_bytes",
    "pymalloc_overhead_bytes",
    "pymalloc_free_bytes",
    "glibc_free_bytes",
)
"""The lines that RSS is broken down into, in the order in which they are stacked; with the residual they add up to it.

`pymalloc_bytes` is read more often than the others.
"""

RESIDUAL = "residual_bytes"

MAPPINGS = LINES[2:6]
"""What the program mapped itself, past the allocators; recordings from before 2026-11-26 have none of these lines."""

COLUMNS = tuple(dict.fromkeys([*(SAMPLE.names or ()), *LINES, RESIDUAL]))

CHILDREN_SINCE = 3
"""The format from which on a recording without children says that the run had none."""

OWNER_COLUMNS = {"t_s": float, "step": str, "path": str, "symbol": str, "bytes": float, "se": float}


def no_samples() -> pd.DataFrame:
    """The samples of a run that took none."""
    return pd.DataFrame({name: pd.Series(dtype=object if name == "phase" else np.float64) for name in COLUMNS})


def no_owners() -> pd.DataFrame:
    """The owners of a run that was not walked."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in OWNER_COLUMNS.items()})


def no_children() -> pd.DataFrame:
    """The children of a run that had none."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in CHILDREN_COLUMNS.items()})


def refuse_without(columns: Iterable[str], table: pd.DataFrame, what: str) -> None:
    """Raise ValueError, naming the columns, where a table lacks some."""
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise ValueError(f"{what} have no column {', '.join(missing)}")
