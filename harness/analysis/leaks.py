"""Slow growth: the slope of the floors of a run, GB per hour at full scale. Leaks show in floors, not in peaks."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from harness.analysis.estimates import Reading, absent
from harness.analysis.levels import not_reached, reached_horizon, until_horizon
from harness.analysis.runs import Run
from harness.analysis.teeth import cleanup_times
from harness.scenario import Scenario

FEWEST_FLOORS = 6
BLOCKS = 12
"""Where there is no cleanup, the load is cut into this many blocks, each with its 10th percentile as its floor."""


def between_cleanups(
    times: NDArray[np.float64], values: NDArray[np.float64], cleanups: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """When and how low the lowest value between each two successive cleanups was; each of shape (floors,).

    `times` and `values` have shape (samples,), `cleanups` (cleanups,). A sample at the instant of a cleanup belongs to
    the tooth that begins there: read before the cleanup it is high there and changes nothing.
    """
    lowest = []
    for begin, end in itertools.pairwise(cleanups):
        tooth = np.flatnonzero((times >= begin) & (times < end))
        if tooth.size:
            lowest.append(tooth[np.argmin(values[tooth])])
    index = np.array(lowest, dtype=np.intp)
    return times[index], values[index]


def of_blocks(
    times: NDArray[np.float64], values: NDArray[np.float64], blocks: int = BLOCKS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The middle and the 10th percentile of `blocks` equal spans of time; each of shape (blocks with a sample,)."""
    edges = np.linspace(times[0], times[-1], blocks + 1)
    block = np.clip(np.searchsorted(edges, times, side="right") - 1, 0, blocks - 1)
    held = np.unique(block)
    floors = np.array([np.percentile(values[block == number], 10) for number in held])
    return (edges[held] + edges[held + 1]) / 2, floors


def theil_sen(times: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    """The median of the slopes between all pairs of points (Theil 1950, Sen 1968), values per unit of time."""
    return float(stats.theilslopes(values, times).slope)


def floor_slope(run: Run, scenario: Scenario) -> Reading:
    """The Theil-Sen slope of the floors of RSS after the warm-up, up to the horizon."""
    return _at_horizon(run, scenario, run.rss_gb, "RSS")


def live_slope(run: Run, scenario: Scenario) -> Reading:
    """The Theil-Sen slope of the floors of live bytes after the warm-up, up to the horizon."""
    return _at_horizon(run, scenario, run.live_gb, "live bytes")


def _at_horizon(run: Run, scenario: Scenario, memory_gb: NDArray[np.float64], what: str) -> Reading:
    return slope(run, scenario, memory_gb, what) if reached_horizon(run, scenario) else not_reached(run)


def slope(run: Run, scenario: Scenario, memory_gb: NDArray[np.float64], what: str) -> Reading:
    """The Theil-Sen slope of the floors of any measure under load, per hour, as far as the run got.

    `memory_gb` has shape (samples,), NaN where it was not read; `what` names it in the reason of a lack.
    """
    load = run.loaded & until_horizon(run, scenario) & np.isfinite(memory_gb)
    if not load.any():
        return absent("not applicable", f"{run.config} recorded no {what} under load")
    times, values = run.t_s[load], memory_gb[load]
    cleanups = cleanup_times(run, scenario, after_warmup=True)
    moments, floors = between_cleanups(times, values, cleanups) if cleanups.size else of_blocks(times, values)
    if len(floors) < FEWEST_FLOORS:
        return absent("undecided", f"{run.config} has {len(floors)} floors of {what}; {_enough(cleanups)}")
    return Reading(theil_sen(moments / 3600, floors))


def _enough(cleanups: NDArray[np.float64]) -> str:
    """The hours that would give enough floors: one more cleanup than floors, at the pace of the cleanups seen."""
    if not cleanups.size:
        return f"{FEWEST_FLOORS} are needed: sample more often"
    pace = float(np.median(np.diff(cleanups))) if cleanups.size > 1 else float(cleanups[0])
    hours = (float(cleanups[0]) + FEWEST_FLOORS * pace) / 3600
    return f"{FEWEST_FLOORS} need {math.ceil(hours * 10) / 10:.1f} hours"
