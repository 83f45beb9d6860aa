"""Where RSS goes at every instant: the costly readings of its lines carried over by the cheap ones between them.

RSS is read with every sample, the bytes in use by pymalloc and by glibc every minute or so, the other lines every half
hour. What the program has in use and what it has besides follow from these: only the split of the latter is a guess.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.analysis.curves import Curve, spread
from harness.analysis.metrics.rss_lines import Breakdown, read_at
from harness.analysis.runs import EPSILON_S, Run
from harness.analysis.tables import LINES, MAPPINGS, RESIDUAL

IN_USE = ("pymalloc_bytes", "glibc_heap_bytes", "glibc_mapped_bytes")
GLIBC_IN_USE = IN_USE[1:]
FREE = ("pymalloc_free_bytes", "glibc_free_bytes")
OVERHEAD = "pymalloc_overhead_bytes"
SLOW = tuple(name for name in (*LINES, RESIDUAL) if name not in (*IN_USE, *FREE, OVERHEAD, *MAPPINGS))
"""Lines that are interpolated between the costly readings: ballast, files, Arrow's pool, the residual."""
NEEDED = {"glibc_heap_bytes", "glibc_free_bytes", RESIDUAL}
PYMALLOC = {"pymalloc_bytes", OVERHEAD, "pymalloc_free_bytes"}

_Values = NDArray[np.float64]


def rss_course(curve: Curve, runs: Sequence[Run]) -> Breakdown | None:
    """The breakdown of a config at every instant of its `curve`, None where its runs lack what that needs.

    Lines in SLOW are interpolated between the costly readings. Those IN_USE follow the cheap readings, glibc's split
    into heap and mapped, and pymalloc's overhead in proportion, as in the costly ones; so do those of MAPPINGS. What is
    left up to RSS is free and still mapped: glibc's part of it is what its resident memory, interpolated, holds beyond
    what is in use (it rarely gives any back), pymalloc's the rest. Each line is the median over the seeds. With the
    residual they add up to the median of RSS; a negative residual is taken off what is free. At the costly readings of
    a single run the lines are these readings.
    """
    rows = [found for run in runs if run.config == curve.config and (found := _of_run(run, curve.hours * 3600))]
    if not rows:
        return None
    names = [name for name in (*LINES, RESIDUAL) if any(name in row for row in rows)]
    nothing = np.full(curve.hours.size, np.nan)
    lines = {name: spread(np.array([row.get(name, nothing) for row in rows])).median for name in names}
    rss = curve.rss.median
    residual = lines.pop(RESIDUAL)
    return Breakdown(curve.config, curve.hours, rss, _fitted(lines, rss - np.maximum(residual, 0.0)), residual)


def held_between(at: _Values, times: _Values, values: _Values, *, steps: _Values, end: float) -> _Values:
    """`values` read at `times` interpolated at other instants: the last one holds to the `end`, beyond is NaN.

    Where a step (a cleanup) lies between two readings, the value of the first holds up to it and that of the second
    after it. `at`, `times` (increasing) and `steps` in the same unit, one dimension each.
    """
    place = np.searchsorted(times, steps, side="left")
    inside = (place > 0) & (place < times.size)
    inside[inside] &= times[place[inside]] > steps[inside]
    first = np.unique(place[inside], return_index=True)[1]
    place, steps = place[inside][first], steps[inside][first]
    moments = np.concatenate([times, steps, np.nextafter(steps, np.inf)])
    known = np.concatenate([values, values[place - 1], values[place]])
    order = np.argsort(moments, kind="stable")
    found = np.interp(at, moments[order], known[order], left=np.nan)
    return np.where(at > end + EPSILON_S, np.nan, found)


def _of_run(run: Run, at_s: _Values) -> dict[str, _Values]:
    """The lines of one run, GB, before they are fitted to RSS; empty where a reading that they need is missing."""
    fed = run.fed
    times, costly = run.t_s[fed], read_at(run)[fed]
    glibc = run.gb(1) * run.column("glibc_bytes")[fed]
    columns = {name: run.gb(1) * run.column(name)[fed] for name in (*LINES, RESIDUAL)}
    columns = {name: column for name, column in columns.items() if np.isfinite(column[costly]).any()}
    needed = [glibc, *columns.values()]
    if NEEDED - columns.keys() or any(not np.isfinite(column[costly]).all() for column in needed):
        return {}

    def slow(values: _Values) -> _Values:
        return held_between(at_s, times[costly], values, steps=np.empty(0), end=times[-1])

    def cheap(values: _Values) -> _Values:
        read = np.isfinite(values)
        return held_between(at_s, times[read], values[read], steps=run.event_times("cleanup"), end=times[-1])

    found = {name: slow(columns[name][costly]) for name in SLOW if name in columns}

    def follow(name: str, leading: _Values) -> _Values:
        """A line in proportion to another one, as at the costly readings."""
        return cheap(leading) * slow(columns[name][costly] / np.maximum(leading[costly], 1e-12))

    mappings = run.gb(1) * run.column("mappings_bytes")[fed]
    mapped = [name for name in MAPPINGS if name in columns]
    if np.isfinite(mappings[costly]).all():
        found |= {name: follow(name, mappings) for name in mapped}
    else:
        found |= {name: slow(columns[name][costly]) for name in mapped}
    chunks = [name for name in GLIBC_IN_USE if name in columns]
    found |= {name: follow(name, glibc) for name in chunks}
    resident = slow(np.sum([columns[name][costly] for name in (*chunks, "glibc_free_bytes")], axis=0))
    found["glibc_free_bytes"] = np.maximum(resident - np.sum([found[name] for name in chunks], axis=0), 0.0)
    if not PYMALLOC - columns.keys():
        found["pymalloc_bytes"] = cheap(columns["pymalloc_bytes"])
        found[OVERHEAD] = follow(OVERHEAD, columns["pymalloc_bytes"])
        found["pymalloc_free_bytes"] = np.zeros(at_s.size)
    return found


def _fitted(lines: dict[str, _Values], rss: _Values) -> dict[str, _Values]:
    """The lines made to add up to RSS: what is missing is free, what is too much is taken off the least certain."""
    found = {name: np.array(values) for name, values in lines.items()}
    surplus = rss - np.sum(list(found.values()), axis=0)
    least_certain = [name for name in (*FREE, *IN_USE) if name in found]
    found[least_certain[0]] += np.maximum(surplus, 0.0)
    excess = np.maximum(-surplus, 0.0)
    for name in least_certain:
        taken = np.minimum(found[name], excess)
        found[name] -= taken
        excess -= taken
    return found
