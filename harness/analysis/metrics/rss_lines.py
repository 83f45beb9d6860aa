"""Where RSS goes, line by line: over virtual time, and whether the lines add up. GB at full scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.analysis.curves import spread
from harness.analysis.estimates import Reading, absent
from harness.analysis.runs import Run
from harness.analysis.tables import LINES, MAPPINGS, RESIDUAL

PARTS: dict[str, tuple[str, ...]] = {
    "live": ("pymalloc_bytes", "glibc_heap_bytes", "glibc_mapped_bytes"),
    "pinned": ("pymalloc_overhead_bytes", "pymalloc_free_bytes"),
    "slack": ("glibc_free_bytes",),
    "mapped": MAPPINGS,
}
"""What memory is to the program: held by it; in Python's pools but free; in glibc's hands and free; mapped by itself.
The rest (files, Arrow's pool, ballast, residual) is other."""

ALLOCATORS_HOLD_FREE = (*PARTS["pinned"], *PARTS["slack"])
"""What fragmentation may be: all else is held by somebody."""


@dataclass(frozen=True, eq=False)
class Breakdown:
    """RSS of one config over time, the median over its seeds. `hours` and every line have shape (points,).

    A point is an instant at which the lines were read; NaN is a line that was not. A line that no run has (its
    allocator is replaced, or not recorded) is not there. The residual, RSS less all lines, may be negative.
    """

    config: str
    hours: NDArray[np.float64]
    rss: NDArray[np.float64]
    lines: dict[str, NDArray[np.float64]]
    residual: NDArray[np.float64]


def breakdown(config: str, runs: Sequence[Run], *, every_s: float) -> Breakdown | None:
    """The breakdown of `config` under feed, None where none of its runs recorded one.

    Instants that differ by less than half of `every_s` (the interval of the samples) are one: the real clock is late by
    some milliseconds.
    """
    mine = [(run, at) for run in runs if run.config == config and (at := np.flatnonzero(read_at(run) & run.fed)).size]
    if not mine:
        return None
    times = [run.t_s[at] for run, at in mine]

    def median(name: str) -> NDArray[np.float64]:
        return median_of(times, [run.column(name)[at] / run.memory_scale / 1e9 for run, at in mine], every_s=every_s)[1]

    hours, rss = median_of(times, [run.rss_gb[at] for run, at in mine], every_s=every_s)
    lines = {name: values for name in LINES if np.isfinite(values := median(name)).any()}
    return Breakdown(config, hours, rss, lines, median(RESIDUAL))


def median_of(
    times_s: Sequence[NDArray[np.float64]], values: Sequence[NDArray[np.float64]], *, every_s: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The hours of all instants of some series, and the median of those that have a value there, NaN where none has."""
    ticks = [np.round(times / every_s).astype(np.int64) for times in times_s]
    grid = np.unique(np.concatenate(ticks))
    rows = np.full((len(ticks), grid.size), np.nan)
    for row, tick, one in zip(rows, ticks, values, strict=True):
        row[np.searchsorted(grid, tick)] = one
    return grid * every_s / 3600, spread(rows).median


def read_at(run: Run) -> NDArray[np.bool_]:
    """At which samples the lines were read, shape (samples,)."""
    return np.isfinite(run.column(RESIDUAL))


def worst_residual(run: Run) -> Reading:
    """The largest residual of a breakdown up to the end of the run, as a share of RSS."""
    read = read_at(run)
    if not read.any():
        return absent("not applicable", f"{run.config} recorded no breakdown of RSS")
    return Reading(float(np.max(np.abs(run.column(RESIDUAL)[read]) / run.column("rss_bytes")[read])))


def parts_gb(run: Run, start: Mapping[str, float], now: Mapping[str, float]) -> dict[str, float]:
    """How RSS changed between two readings of a run, by part; the parts add up to the change exactly.

    Both map column names to real bytes, NaN or absent where a line was not read. A part none of whose lines was read
    is not there; what it would have held is in "other".
    """
    total = now["rss_bytes"] - start["rss_bytes"]
    found: dict[str, float] = {}
    for part, names in PARTS.items():
        changes = [now.get(name, np.nan) - start.get(name, np.nan) for name in names]
        known = [change for change in changes if np.isfinite(change)]
        if known:
            found[part] = float(sum(known))
    found["other"] = total - sum(found.values())
    return {part: run.gb(real_bytes) for part, real_bytes in found.items()}


def growth_gb(run: Run) -> dict[str, float]:
    """How every line of RSS changed under feed after the warm-up, and "rss_bytes"; empty where it was read but once.

    From the first reading of all lines that is judged (the very first where there is only one such) to the last up to
    the horizon; a line that was not read is not there.
    """
    at = np.flatnonzero(read_at(run) & run.until_horizon)
    late = at[run.t_s[at] >= run.warmup_s]
    at = late if late.size > 1 else at
    if at.size < 2:
        return {}
    first, last = reading(run, int(at[0])), reading(run, int(at[-1]))
    changes = {name: run.gb(last[name] - first[name]) for name in ("rss_bytes", *LINES, RESIDUAL)}
    return {name: change for name, change in changes.items() if np.isfinite(change)}


def reading(run: Run, index: int) -> dict[str, float]:
    """The columns of a sample that a breakdown knows, real bytes, NaN where not read."""
    return {name: float(run.column(name)[index]) for name in ("rss_bytes", "live_bytes", *LINES, RESIDUAL)}
