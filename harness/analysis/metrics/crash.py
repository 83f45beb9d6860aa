"""A run that reaches the machine's memory limit: when, whether its start foretold it, and what it had not saved."""

from __future__ import annotations

import numpy as np

from harness.analysis.estimates import Reading, absent
from harness.analysis.metrics.buffers import not_saved
from harness.analysis.metrics.levels import not_reached
from harness.analysis.runs import EPSILON_S, Run

FORETOLD_BY_S = 1800.0
"""Of a run its first 30 virtual minutes, less the warm-up, foretell when it reaches the limit."""


def minutes(run: Run) -> Reading:
    """When RSS reached the limit, minutes since the feed began; a lower bound where the run reached its horizon."""
    if run.limit_s is not None:
        return Reading(run.limit_s / 60)
    if not run.reached_horizon:
        return not_reached(run)
    return Reading(run.horizon_s / 60, "lower", reason=f"{run.config} did not reach the limit")


def prediction_error(run: Run) -> Reading:
    """How far the foretold time of the crash lies behind the actual one, as a share of it.

    Foretold by the least-squares line through RSS from the end of the warm-up to FORETOLD_BY_S, carried on to the RSS
    at which the run ended.
    """
    if run.limit_s is None:
        return absent("not applicable", f"{run.config} did not reach the limit")
    early = run.fed & (run.t_s >= run.warmup_s - EPSILON_S) & (run.t_s <= FORETOLD_BY_S + EPSILON_S)
    if early.sum() < 3 or run.limit_s <= FORETOLD_BY_S:
        return absent("undecided", f"{run.config} reached the limit too early to be foretold")
    slope, at_zero = np.polyfit(run.t_s[early], run.rss_gb[early], 1)
    limits = [event["rss_bytes"] for event in run.events if event["kind"] == "limit" and event.get("rss_bytes")]
    if not limits or slope <= 0:
        return absent("undecided", f"{run.config} did not grow in its first {FORETOLD_BY_S / 60:g} minutes")
    foretold_s = (run.gb(limits[-1]) - at_zero) / slope
    return Reading(float(foretold_s) / run.limit_s - 1)


def unsaved(run: Run) -> Reading:
    """Samples collected that were not on disk when RSS reached the limit."""
    if run.limit_s is None:
        return absent("not applicable", f"{run.config} did not reach the limit")
    count = not_saved(run, None)
    if count is None:
        return absent("not applicable", f"{run.config} does not count collected and persisted samples")
    return Reading(count)
