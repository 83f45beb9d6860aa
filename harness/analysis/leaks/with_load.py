"""The verdict on a leak where the load is not flat: the same question, asked beside what the load explains.

Every run is asked by itself, and the mean curve of the seeds with their mean load (harness.analysis.leaks.
load_decision):

    LEAK  every run leaks beside the load; or the mean curve does, and no run is OK by itself
    SOME  a run leaks beside the load, at the error parted by the number of runs, and another is OK
    OK    the mean curve is OK beside the load, or every run is, and no run leaks

A verdict that took the load for nothing is put aside: growth that follows the load is none of time, and a load that
falls hides a leak. Where the load is flat, or was not recorded, nothing is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from harness.analysis.leaks.decision import CONFIDENCE, LeakVerdict, Outcome
from harness.analysis.leaks.floors import Floors
from harness.analysis.leaks.load import LoadCourse
from harness.analysis.leaks.load_decision import LoadVerdict, judge_with_load
from harness.analysis.leaks.load_fit import ERROR
from harness.analysis.leaks.over_seeds import rise
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
    if not floors or set(loads) < set(floors) or verdict.slope is None:
        return verdict
    if not any(np.ptp(one.values) > 0 for one in floors.values()):
        return verdict
    error = ERROR * (1 - confidence) / (1 - CONFIDENCE)
    fewest = min(floors.values(), key=lambda one: one.hours.size)
    common = replace(fewest, values=rise(list(floors.values())).values)
    together = judge_with_load(common, _mean([loads[seed] for seed in floors]), budget, error=error)
    if together is None:
        return verdict
    own = {seed: judge_with_load(one, loads[seed], budget, error=error) for seed, one in floors.items()}
    strict = {
        seed: judge_with_load(one, loads[seed], budget, error=error / len(floors)) for seed, one in floors.items()
    }
    outcome, reason = _outcome(together, own, strict)
    slopes = {seed: verdict.seed_slopes[seed] if one is None else one.slope for seed, one in own.items()}
    return replace(
        verdict,
        outcome=outcome,
        slope=together.slope,
        low=together.low,
        high=together.high,
        part="whole",
        minimum_detectable=None,
        hours_needed=together.hours_needed if outcome == "INCONCLUSIVE" else None,
        seed_slopes=slopes,
        reason=reason,
        leaking=tuple(seed for seed, one in own.items() if one is not None and one.outcome == "LEAK"),
        load=together,
    )


def _outcome(
    together: LoadVerdict, own: Mapping[int, LoadVerdict | None], strict: Mapping[int, LoadVerdict | None]
) -> tuple[Outcome, str]:
    runs = len(own)
    leaking, fine = (
        [seed for seed, one in own.items() if one is not None and one.outcome == kind] for kind in ("LEAK", "OK")
    )
    if len(leaking) == runs:
        return "LEAK", f"{'every run leaks' if runs > 1 else 'it leaks'} beside the load"
    if fine and any(one is not None and one.outcome == "LEAK" for one in strict.values()):
        return "SOME", f"{len(leaking)} of {runs} runs {'leak' if len(leaking) > 1 else 'leaks'} beside the load"
    if together.outcome == "LEAK" and not fine:
        return "LEAK", together.reason
    if not leaking and (together.outcome == "OK" or len(fine) == runs):
        return "OK", together.reason if together.outcome == "OK" else "no run leaks beside the load"
    if together.outcome == "INCONCLUSIVE":
        return "INCONCLUSIVE", together.reason
    return "INCONCLUSIVE", "beside the load, the runs do not agree with their mean"


def _mean(loads: list[LoadCourse]) -> LoadCourse:
    """The mean load of runs, at the instants of the first."""
    t_h = loads[0].t_h
    return LoadCourse(t_h, np.mean([np.interp(t_h, load.t_h, load.delivered) for load in loads], axis=0))
