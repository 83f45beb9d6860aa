"""Starting and stopping in one process: what climbs from restart to restart is a leak of stop()."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from harness.analysis.estimates import Reading, absent
from harness.analysis.leaks.floors import theil_sen
from harness.analysis.metrics.levels import not_reached
from harness.analysis.runs import Run

LEFT_OUT = 2
"""The first restarts fill what is allocated once."""

FEWEST = 3
"""Restarts that a slope needs, beside those left out."""

Read = Callable[[Run], Reading]


def after_restarts(run: Run, measure: str) -> NDArray[np.float64]:
    """A measure after each stop(), in their order, NaN where not read, shape (restarts,)."""
    found = run.facts.get("restarts") or {}
    values = [found[key].get(measure) for key in sorted(found, key=int)]
    return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)


def slope(measure: str) -> Read:
    """The reading of the Theil-Sen slope of bytes after each stop(), GB per restart, the first two left out."""

    def read(run: Run) -> Reading:
        values = after_restarts(run, measure)
        if (lack := _lack(run, values, measure)) is not None:
            return lack
        kept = values[LEFT_OUT:]
        if kept.size < FEWEST:
            return absent("undecided", f"{run.config} has {values.size} restarts; {LEFT_OUT + FEWEST} are needed")
        return Reading(float(theil_sen(np.arange(kept.size, dtype=np.float64), kept / run.memory_scale / 1e9)))

    return read


def difference(measure: str) -> Read:
    """The reading of a count after the last stop() less the one after the second."""

    def read(run: Run) -> Reading:
        values = after_restarts(run, measure)
        if (lack := _lack(run, values, measure)) is not None:
            return lack
        if values.size <= LEFT_OUT:
            return absent("undecided", f"{run.config} has {values.size} restarts; {LEFT_OUT + 1} are needed")
        return Reading(float(values[-1] - values[LEFT_OUT - 1]))

    return read


def _lack(run: Run, values: NDArray[np.float64], measure: str) -> Reading | None:
    if not values.size:
        never = absent("not applicable", f"{run.config} was not restarted")
        return never if run.status == "complete" else not_reached(run)
    if np.isnan(values).any():
        return absent("not applicable", f"{run.config} did not record {measure} after its restarts")
    return None if run.status == "complete" else not_reached(run)
