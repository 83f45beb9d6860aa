"""The verdict on a leak where the load is not flat: the same question, asked beside what the load explains.

A verdict that took the load for nothing is put aside then: growth that follows the load is none of time, and a load
that falls hides a leak. How it is judged says harness.analysis.leaks.load_decision. Where the load is flat, or was not
recorded, nothing is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from harness.analysis.leaks.decision import CONFIDENCE, LeakVerdict, outcome_of, too_few, why_open
from harness.analysis.leaks.floors import Floors
from harness.analysis.leaks.load import LoadCourse
from harness.analysis.leaks.load_decision import BesideLoad, judge_beside_load
from harness.analysis.leaks.load_fit import FEWEST_FLOORS
from harness.analysis.runs import Run


def load_of(run: Run) -> LoadCourse | None:
    """The bytes that a run was handed up to its horizon; None where they were not recorded, or nothing was handed."""
    if run.load is None:
        return None
    fed = run.until_horizon
    t_h, delivered = run.load.t_s[fed] / 3600, run.load.bytes[fed]
    later = np.flatnonzero(np.diff(t_h, append=np.inf) > 0)  # the last of the samples of one instant
    t_h, delivered = t_h[later], delivered[later]
    if t_h.size < 2 or not delivered[-1]:
        return None
    if t_h[0] > 0:
        t_h, delivered = np.append(0.0, t_h), np.append(0.0, delivered)
    return LoadCourse(t_h, delivered)


def with_load(
    verdict: LeakVerdict,
    floors: Mapping[int, Floors],
    loads: Mapping[int, LoadCourse],
    budget: float,
    confidence: float = CONFIDENCE,
) -> LeakVerdict:
    """`verdict`, asked again beside the load: from the floors and the loads of every run, by seed.

    As it was where a run has no load, where the load is flat, and where no floor differs from another.
    """
    if verdict.slope is None or not set(floors) <= set(loads):
        return verdict
    if not any(np.ptp(one.values) > 0 for one in floors.values()):
        return verdict
    each = list(floors.values())
    beside = judge_beside_load(each, [loads[seed] for seed in floors], budget, confidence=confidence)
    if beside is None:
        return verdict
    explained = beside.explained
    if explained is None:
        reason, hours = too_few(floors, FEWEST_FLOORS)
        open_reason = f"{reason} to tell growth from the load, which is not flat"
        return replace(verdict, outcome="INCONCLUSIVE", reason=open_reason, hours_needed=hours, leaking=())
    outcome = outcome_of(beside.decision)
    leaking = tuple(seed for seed, leaks in zip(floors, beside.decision.leaking.tolist(), strict=True) if leaks)
    hours, reason = None, "decided beside the load"
    if outcome == "SOME":
        reason = f"{len(leaking)} of {len(each)} runs {'leak' if len(leaking) > 1 else 'leaks'} beside the load"
    elif outcome == "INCONCLUSIVE":
        hours, reason = _open(beside, budget, confidence)
    return replace(
        verdict,
        outcome=outcome,
        slope=explained.slope,
        low=explained.low,
        high=explained.high,
        part="whole",
        minimum_detectable=None,
        hours_needed=hours,
        seed_slopes=dict(zip(floors, beside.found.slopes.whole.tolist(), strict=True)),
        reason=reason,
        leaking=leaking,
        load=explained,
    )


def _open(beside: BesideLoad, budget: float, confidence: float) -> tuple[float | None, str]:
    """The hours that would decide, and why it is open: by the load, else by the floors less what it explains."""
    explained = beside.explained
    assert explained is not None
    if not (explained.decision.leak or explained.decision.ok):
        return explained.hours_needed, explained.reason
    hours = beside.found.hours
    span_h = float(hours[0]), float(hours[-1])
    needed, reason = why_open(beside.found, beside.decision, budget, confidence, span_h)
    return needed, f"beside the load, {reason}"
