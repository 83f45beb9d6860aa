"""Whether floors rise by more than a budget beside what the recent load explains.

Growth that follows the load is no leak; growth per hour, or per event delivered since the feed began, is. With B the
budget, [low, high] the union of the intervals of all fits that the floors leave possible (harness.analysis.leaks.
load_fit):

    LEAK  low > B and low > 0, and the slopes of the last half and quarter of what the load does not explain are > B
    OK    high <= B, and the slope of the last half of what the load does not explain is <= B

So the mean curve of the seeds is judged with their mean load, and every run with its own. It is one half of the answer.
The other is the rule without a load (harness.analysis.leaks.decision), of the floors less what the load explains of the
mean curve: it knows starts that settle, and runs that disagree. Both must say LEAK or OK; SOME needs a run that is LEAK
by both and one that is OK by both.

Where one fit alone would decide and all together do not, time and load cannot be parted in these hours: with a load
that only rose, a window and a leak look alike. A flat load explains nothing; there nothing of this is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.analysis.leaks.decision import CONFIDENCE, Decision, decide
from harness.analysis.leaks.floors import FEWEST_BESIDE_LOAD, Floors, at_hours
from harness.analysis.leaks.load import Kept, LoadCourse, looked_at
from harness.analysis.leaks.load_ahead import hours_to_part, to_come
from harness.analysis.leaks.load_fit import ERROR, Candidates, LoadFit, fit_load
from harness.analysis.leaks.over_seeds import Rise, rise

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]

TOGETHER = "time and load cannot be parted in these hours"


class LoadDecision(NamedTuple):
    """What is decided with the load alone, each (...,). `together`: time and load cannot be parted."""

    leak: Bools
    ok: Bools
    together: Bools


@dataclass(frozen=True, eq=False)
class Explained:
    """What the load explains of a config's growth. Slopes are in the unit of the floors per hour.

    `slope` is that of the mean curve beside the load, [`low`, `high`] its interval. `share` of its growth from the
    first floor to the last is explained by what was delivered in the last `window_h` hours, or between the two of
    `windows_h`; None where nothing grew, or where no load explains anything. `kept` says how the store that fits best
    follows its load. `hours_needed` are the virtual hours of a run that would decide, None where the load alone decides
    or none would; `reason` says why it does not.
    """

    decision: LoadDecision
    slope: float
    low: float
    high: float
    share: float | None
    window_h: float | None
    windows_h: tuple[float, float] | None
    kept: Kept | None
    hours_needed: float | None
    reason: str


@dataclass(frozen=True, eq=False)
class BesideLoad:
    """A config judged with its load: what is decided, of which floors, and what the load explains.

    `found` are the floors less what the load explains. `explained` is None with fewer than eight floors: then nothing
    is decided.
    """

    decision: Decision
    found: Rise
    explained: Explained | None


def decide_with_load(fit: LoadFit, budget: float) -> LoadDecision:
    """What fits of one curve or of many decide by themselves."""
    leak = (fit.low > max(budget, 0.0)) & (fit.late > budget) & (fit.last > budget)
    ok = (fit.high <= budget) & (fit.late <= budget)
    straddles = (fit.low <= budget) & (fit.high > budget)
    one_decides = (
        (fit.line_low > budget) | (fit.line_high <= budget) | (fit.own_low > budget) | (fit.own_high <= budget)
    )
    return LoadDecision(np.asarray(leak), np.asarray(ok), np.asarray(straddles & one_decides))


def both_decide(left: Decision, mean: LoadDecision, runs: LoadDecision) -> Decision:
    """What is decided by the rule without a load, of what the load leaves, and by that with it.

    `mean` (...,) is of the mean curve, `runs` (..., seeds) of every run with its own load.
    """
    leaking, fine = left.leaking & runs.leak, left.fine & runs.ok
    some = left.some & leaking.any(axis=-1) & fine.any(axis=-1)
    return left._replace(
        leak=left.leak & mean.leak,
        some=np.asarray(some),
        ok=left.ok & mean.ok,
        every=left.every & mean.leak & runs.leak.all(axis=-1),
        leaking=leaking,
        fine=fine,
    )


def left_over(floors: Sequence[Floors], hours: Array, explained: Array) -> list[Floors]:
    """The floors of every seed less what the load explains, (..., floors) at `hours` (floors,)."""
    return [replace(seed, values=seed.values - at_hours(seed.hours, hours, explained)) for seed in floors]


def judge_beside_load(
    floors: Sequence[Floors],
    loads: Sequence[LoadCourse],
    budget: float,
    *,
    confidence: float = CONFIDENCE,
    ahead: LoadCourse | None = None,
) -> BesideLoad | None:
    """The verdict on one config from the floors and the load of every seed, None where the load is flat.

    `floors` have values (floors,) and `loads` (samples,); `confidence` is that of one look. `ahead` is the mean load of
    a longer run from the start of this one, where it is known.
    """
    scarce = min(floors, key=lambda seed: seed.hours.size)
    load = mean_load(loads)
    points = looked_at(scarce)
    if not points.size or load.is_flat(float(points[0, 0]), float(points[-1, -1])):
        return None
    found = rise(floors)
    if found.hours.size < FEWEST_BESIDE_LOAD:
        left = decide(found, budget, confidence)
        nothing = LoadDecision(*(np.zeros_like(left.leak) for _ in LoadDecision._fields))
        runs = LoadDecision(*(np.zeros_like(left.leaking) for _ in LoadDecision._fields))
        return BesideLoad(both_decide(left, nothing, runs), found, None)
    error = ERROR * (1 - confidence) / (1 - CONFIDENCE)
    common = replace(scarce, values=found.mean)
    fit, explained = _explained(common, load, budget, error, ahead)
    found = rise(left_over(floors, found.hours, fit.explained))
    each = [_of_run(seed, own, budget, error) for seed, own in zip(floors, loads, strict=True)]
    runs = LoadDecision(*(np.stack(part) for part in zip(*each, strict=True)))
    decision = both_decide(decide(found, budget, confidence), explained.decision, runs)
    return BesideLoad(decision, found, explained)


def mean_load(loads: Sequence[LoadCourse]) -> LoadCourse:
    """The mean of loads of several seeds, up to where the shortest ends."""
    shortest = min(loads, key=lambda load: float(load.t_h[-1]))
    return LoadCourse(shortest.t_h, np.mean([load.at(shortest.t_h) for load in loads], axis=0))


def _of_run(floors: Floors, load: LoadCourse, budget: float, error: float) -> LoadDecision:
    fit = fit_load(floors.hours, floors.values, Candidates.of(load, looked_at(floors)), error=error)
    return decide_with_load(fit, budget)


def _explained(
    floors: Floors, load: LoadCourse, budget: float, error: float, ahead: LoadCourse | None
) -> tuple[LoadFit, Explained]:
    points = looked_at(floors)
    candidates = Candidates.of(load, points)
    fit = fit_load(floors.hours, floors.values, candidates, error=error)
    decision = decide_with_load(fit, budget)
    hours, reason = None, "decided beside the load"
    if fit.low <= budget < fit.high:
        hours = hours_to_part(floors, fit, candidates, budget, ahead or to_come(load), error=error)
        reason = TOGETHER if decision.together else "the interval beside the load reaches across the budget"
    elif not (decision.leak or decision.ok):
        hours = float(2 * points[-1, -1] - points[0, 0])
        reason = "beside the load, the end of the run does not agree with the whole of it"
    explains = bool(fit.window_h > 0)
    return fit, Explained(
        decision=decision,
        slope=float(fit.slope),
        low=float(fit.low),
        high=float(fit.high),
        share=float(fit.share) if explains and np.isfinite(fit.share) else None,
        window_h=float(fit.window_h) if explains else None,
        windows_h=(float(fit.windows_h[0]), float(fit.windows_h[1])) if explains else None,
        kept=candidates.kept[int(fit.best)] if explains else None,
        hours_needed=hours,
        reason=reason,
    )
