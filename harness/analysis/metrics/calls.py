"""Growth for every call that a target makes of a library: the measure in which its maintainers think."""

from __future__ import annotations

from harness.analysis.estimates import Reading, absent
from harness.analysis.leaks.config_leaks import live_slope
from harness.analysis.metrics.levels import not_reached
from harness.analysis.runs import Run

CALLS = "calls"
"""The counter by which a target tells how often it called, over the whole run."""


def grown_per_1000_calls_mb(run: Run) -> Reading:
    """How fast live bytes rise after the warm-up, MB at full scale for every 1,000 calls under feed."""
    grown = live_slope(run)
    if grown.value is None:
        return grown
    calls = run.told.counter(CALLS)
    if calls is None:
        return absent("not applicable", f"{run.config} does not count its {CALLS}")
    fed_h = float(run.t_s[run.fed].max(initial=0.0)) / 3600
    if not fed_h:
        return not_reached(run)
    if calls <= 0:
        return absent("not applicable", f"{run.config} made no calls")
    return Reading(grown.value * 1e3 / (calls / fed_h / 1e3))
