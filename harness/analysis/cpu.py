"""What a run costs in processor time: per cycle, whether that grows, and how long it may have paused. CPU milliseconds.

Virtual work takes no virtual time, so a pause shows in CPU only. All of it is of the scaled world, with the market and
the readings of the instrument: a cost to compare with that of another config on the same machine, or with itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.analysis.estimates import Reading, absent
from harness.analysis.floors import theil_sen
from harness.analysis.levels import not_reached, reached_horizon, until_horizon
from harness.analysis.runs import Run
from harness.scenario import Scenario

BLOCKS = 24
"""The load is cut into this many spans of time, each with its median, before a slope is laid through them."""


def per_cycle_ms(run: Run, scenario: Scenario) -> Reading:
    """The median CPU per cycle under load: between each two samples, brought to one cycle."""
    spent = _spent(run, scenario)
    if isinstance(spent, Reading):
        return spent
    _, per_second, _ = spent
    return Reading(float(np.median(per_second)) * scenario.time.cycle_s * 1000)


def growth(run: Run, scenario: Scenario) -> Reading:
    """How much the CPU per cycle grew from the start of the load to its end, as a share of its median.

    The Theil-Sen slope through the medians of BLOCKS spans of time, times the duration of the load. What is dear and
    rare (a cleanup, a walk of the owners) moves no median.
    """
    spent = _spent(run, scenario)
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


def longest_pause_ms(run: Run, scenario: Scenario) -> Reading:
    """The most CPU between two samples under load, an upper bound of the longest pause: work that was not one stretch
    counts together."""
    spent = _spent(run, scenario)
    if isinstance(spent, Reading):
        return spent
    _, _, cpu_s = spent
    return Reading(float(cpu_s.max()) * 1000)


_Values = NDArray[np.float64]


def _spent(run: Run, scenario: Scenario) -> tuple[_Values, _Values, _Values] | Reading:
    """Hours at the end of, CPU seconds per virtual second in, and CPU seconds of each interval between two samples
    under load up to the horizon, each of shape (samples - 1,); a reading without a value where there is none."""
    if not reached_horizon(run, scenario):
        return not_reached(run)
    load = run.loaded & until_horizon(run, scenario)
    at, cpu_s = run.t_s[load], run.column("cpu_s")[load]
    read = np.isfinite(cpu_s)
    apart_s = np.diff(at[read])
    if not (apart_s > 0).any():
        return absent("not applicable", f"{run.config} recorded no CPU time under load")
    spent_s = np.diff(cpu_s[read])[apart_s > 0]
    return at[read][1:][apart_s > 0] / 3600, spent_s / apart_s[apart_s > 0], spent_s


def total_s(run: Run, _scenario: Scenario) -> Reading:
    """User and system CPU seconds of the judged process up to its end: target, market and probes."""
    seconds = run.facts.get("cpu_s")
    return Reading(float(seconds)) if run.status == "complete" and seconds is not None else not_reached(run)
