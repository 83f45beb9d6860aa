"""What a run costs in processor time: per cycle, whether that grows, and how long it may have paused. CPU milliseconds.

Virtual work takes no virtual time, so a pause shows in CPU only. All of it is of the scaled world, with the market and
the readings of the instrument: a cost to compare with that of another config on the same machine, or with itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.analysis.estimates import Reading, absent
from harness.analysis.leaks.floors import theil_sen
from harness.analysis.metrics.levels import no_cleanup, not_reached
from harness.analysis.runs import EPSILON_S, Run, Terms

BLOCKS = 24
"""The load is cut into this many spans of time, each with its median, before a slope is laid through them."""

_Values = NDArray[np.float64]
_Intervals = tuple[_Values, _Values, _Values]


def per_cycle_ms(run: Run) -> Reading:
    """The median CPU per cycle under load: between each two samples, brought to one cycle."""
    spent = _spent(run)
    if isinstance(spent, Reading):
        return spent
    _, per_second, _ = spent
    return Reading(float(np.median(per_second)) * run.terms.cycle_s * 1000)


def growth(run: Run) -> Reading:
    """How much the CPU per cycle grew from the start of the load to its end, as a share of its median.

    The Theil-Sen slope through the medians of BLOCKS spans of time, times the duration of the load. What is costly and
    rare (a cleanup, a walk of the owners) moves no median.
    """
    spent = _spent(run)
    if isinstance(spent, Reading):
        return spent
    hours, per_second, _ = spent
    medians = np.array([np.median(block) for block in np.array_split(per_second, BLOCKS) if block.size])
    middles = np.array([np.mean(block) for block in np.array_split(hours, BLOCKS) if block.size])
    slope = float(theil_sen(middles, medians))
    typical = float(np.median(per_second))
    if not (np.isfinite(slope) and typical > 0):
        return absent("not applicable", f"{run.config} has too few samples under load, or took no CPU between them")
    return Reading(slope * float(hours[-1] - hours[0]) / typical)


def spans_h(terms: Terms) -> _Values:
    """The middles of the BLOCKS equal spans of time from the end of the warm-up to the horizon, hours."""
    edges = _edges_h(terms)
    return (edges[:-1] + edges[1:]) / 2


def per_symbol_cycle_ms(run: Run) -> _Values:
    """The median CPU per cycle and symbol in each of the spans of :func:`spans_h`, ms, shape (BLOCKS,).

    NaN where nothing was recorded, as in the spans after the end of a run that ended early.
    """
    medians = np.full(BLOCKS, np.nan)
    found = _between_samples(run)
    if found is not None:
        hours, per_second, _ = found
        ends = np.searchsorted(_edges_h(run.terms), hours - EPSILON_S / 3600) - 1
        span = np.clip(ends, 0, BLOCKS - 1)
        for each in np.unique(span):
            medians[each] = np.median(per_second[span == each])
    return medians * run.terms.cycle_s * 1000 / run.terms.symbols


def longest_pause_ms(run: Run) -> Reading:
    """The most CPU between two samples under load, an upper bound of the longest pause: work that was not one stretch
    counts together."""
    spent = _spent(run)
    if isinstance(spent, Reading):
        return spent
    _, _, cpu_s = spent
    return Reading(float(cpu_s.max()) * 1000)


def per_cleanup_ms(run: Run) -> Reading:
    """The median CPU of a cleanup under load: what the interval between samples in which it began took more than others
    of its length do.

    What shares that interval (a walk of the owners, a write) is counted with it.
    """
    spent = _spent(run)
    if isinstance(spent, Reading):
        return spent
    hours, per_second, cpu_s = spent
    began_h = run.late_cleanups_s / 3600
    places, times = np.unique(np.searchsorted(hours, began_h + EPSILON_S / 3600), return_counts=True)
    inside = places < hours.size  # one at the horizon is paid for after it
    if not inside.any():
        return absent("not applicable", no_cleanup(run, "under load"))
    places, times = places[inside], times[inside]
    others = np.delete(per_second, places)
    if not others.size:
        return absent("not applicable", f"{run.config} did a cleanup between each two samples")
    length_s = np.diff(hours, prepend=np.nan)[places] * 3600
    more = cpu_s[places] - float(np.median(others)) * length_s
    known = np.isfinite(more)
    if not known.any():
        return absent("not applicable", f"{run.config} did no cleanup between two samples under load")
    return Reading(float(np.median((more / times)[known])) * 1000)


def _spent(run: Run) -> _Intervals | Reading:
    """What was spent between the samples of a run up to the horizon; a reading without a value where there is none."""
    if not run.reached_horizon:
        return not_reached(run)
    found = _between_samples(run)
    return absent("not applicable", f"{run.config} recorded no CPU time under load") if found is None else found


def _between_samples(run: Run) -> _Intervals | None:
    """Hours at the end of, CPU seconds per virtual second in, and CPU seconds of each interval between two samples
    under load no later than the horizon, each of shape (samples - 1,); None where there is none."""
    load = run.loaded & run.until_horizon
    at, cpu_s = run.t_s[load], run.column("cpu_s")[load]
    read = np.isfinite(cpu_s)
    apart_s = np.diff(at[read])
    if not (apart_s > 0).any():
        return None
    spent_s = np.diff(cpu_s[read])[apart_s > 0]
    return at[read][1:][apart_s > 0] / 3600, spent_s / apart_s[apart_s > 0], spent_s


def _edges_h(terms: Terms) -> _Values:
    return np.linspace(terms.warmup_s / 3600, terms.horizon_s / 3600, BLOCKS + 1)


def total_s(run: Run) -> Reading:
    """User and system CPU seconds of the judged process up to its end: target, market and probes."""
    seconds = run.facts.get("cpu_s")
    return Reading(float(seconds)) if run.status == "complete" and seconds is not None else not_reached(run)
