"""The verdict on a leak: LEAK, SOME, OK or INCONCLUSIVE, with its rate, its reason and the hours that would decide.

The rule is that of harness.analysis.leaks.decision. Where the load is not flat, the same is asked beside what the load
explains (harness.analysis.leaks.load_decision), and the verdict that took it for nothing is put aside: growth that
follows the load is none of time, and a load that falls hides a leak. Where it is flat, or was not recorded, nothing of
that is asked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from harness.analysis.leaks.decision import CONFIDENCE, Decision, decide, minimum_detectable
from harness.analysis.leaks.floors import FEWEST_ALONE, FEWEST_BESIDE_LOAD, FEWEST_FLOORS, Floors, Series
from harness.analysis.leaks.load import LoadCourse
from harness.analysis.leaks.load_decision import BesideLoad, Explained, judge_beside_load
from harness.analysis.leaks.one_run import part_increments
from harness.analysis.leaks.over_seeds import DECIDING, Interval, Rise, part_interval, rise, two_sided

Outcome = Literal["LEAK", "SOME", "OK", "INCONCLUSIVE"]

SPREAD_POWER = 1.5
"""The spread of a slope shrinks with this power of the hours, for noise whose correlation is short against the run."""

MOST_TIMES_THE_HOURS = 10.0
"""Beyond this many times the hours, hours are no advice."""

NAMES = {"whole": "the whole run", "last_three_quarters": "its last three quarters", "last_half": "its last half"}


@dataclass(frozen=True)
class LeakVerdict:
    """What became of a quantity. Slopes are in its unit per hour.

    `slope`, `low` and `high` belong to `part`, the part of the run that decided (the whole run where none did); None
    with too few floors. Of one run alone they are its increments. `minimum_detectable` is the slope that 90 % of soaks
    like this would call LEAK; `hours_needed` the virtual hours of a run that would decide, None where it is decided or
    hours do not help. `floors` is the fewest of a seed; `seed_slopes` are those of `part`; `leaking` are the seeds that
    leak by themselves; `cut_short`: it is open since a run ended early; `own_time`: since a child lived in real time;
    `hidden`: since one could not be looked into. `confidence` is that of the interval. `floors_needed` are those that
    more seeds do not replace. `load` is what was judged beside the load, None where that is flat or was not recorded
    (`load_recorded`).
    """

    outcome: Outcome
    slope: float | None
    low: float | None
    high: float | None
    part: str
    minimum_detectable: float | None
    hours_needed: float | None
    floors: int
    seed_slopes: Mapping[int, float]
    reason: str
    cut_short: bool = False
    floors_needed: int = FEWEST_FLOORS
    leaking: tuple[int, ...] = ()
    confidence: float = CONFIDENCE
    load: Explained | None = None
    load_recorded: bool = True
    own_time: bool = False
    hidden: bool = False

    @property
    def lacks_seeds(self) -> bool:
        """Whether it is open and one more seed may decide it: neither floors nor hours are lacking."""
        lacks_other = self.cut_short or self.own_time or self.hidden or self.floors < self.floors_needed
        return self.outcome == "INCONCLUSIVE" and not lacks_other

    @property
    def runs(self) -> int:
        """Of how many runs it is, where there are floors enough."""
        return len(self.seed_slopes)

    @property
    def leaks(self) -> bool:
        """Whether some run leaks, if not all do."""
        return self.outcome in ("LEAK", "SOME")


def judge_leak(
    series: Mapping[int, Series], *, warmup_s: float, budget: float, confidence: float = CONFIDENCE
) -> LeakVerdict:
    """The verdict on one quantity of one config, from its series by seed.

    What was sampled before `warmup_s` is left out. `budget` is per hour, in the unit of the values; `confidence` is
    that of one look (see harness.analysis.leaks.sequential).
    """
    floors = {seed: one.judged_floors(warmup_s) for seed, one in sorted(series.items())}
    last_h = max((float(one.t_s.max(initial=0.0)) for one in series.values()), default=0.0) / 3600
    return judge_floors(floors, (warmup_s / 3600, last_h), budget=budget, confidence=confidence)


def judge_floors(
    floors: Mapping[int, Floors], span_h: tuple[float, float], *, budget: float, confidence: float = CONFIDENCE
) -> LeakVerdict:
    """The verdict from the floors of every seed; `span_h` are the hours at which judging begins and ends."""
    fewest = min((one.hours.size for one in floors.values()), default=0)
    needed = FEWEST_ALONE if len(floors) == 1 else FEWEST_FLOORS
    if fewest < needed:
        reason, hours = too_few(floors, needed)
        return LeakVerdict("INCONCLUSIVE", None, None, None, "whole", None, hours, fewest, {}, reason)
    found = rise(list(floors.values()))
    decision = decide(found, budget, confidence)
    outcome = _outcome(decision)
    part = _deciding(found, outcome, budget, confidence)
    interval = _interval(found, part, confidence)
    by_seed = dict(zip(floors, getattr(found.slopes, part).tolist(), strict=True))
    leaking = _leaking(floors, decision)
    hours, reason = None, f"decided by {NAMES[part]}"
    if outcome == "LEAK" and decision.every and len(floors) > 1:
        reason = f"every run leaks by itself, at {min(by_seed.values()):.3g} to {max(by_seed.values()):.3g} an hour"
    elif outcome == "SOME":
        reason = _some_leak(len(leaking), len(floors))
    elif outcome == "INCONCLUSIVE":
        hours, reason = _why_open(found, decision, budget, confidence, span_h)
    least = float(minimum_detectable(found, budget, confidence))
    return LeakVerdict(
        outcome=outcome,
        slope=float(interval.mean),
        low=float(interval.low),
        high=float(interval.high),
        part=part,
        minimum_detectable=least if math.isfinite(least) else None,
        hours_needed=hours,
        floors=fewest,
        seed_slopes=by_seed,
        reason=reason,
        leaking=leaking,
        confidence=confidence,
    )


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
        reason, hours = too_few(floors, FEWEST_BESIDE_LOAD)
        open_reason = f"{reason} to tell growth from the load, which is not flat"
        lacking = replace(verdict, outcome="INCONCLUSIVE", reason=open_reason, hours_needed=hours, leaking=())
        return replace(lacking, floors_needed=FEWEST_BESIDE_LOAD)
    outcome = _outcome(beside.decision)
    leaking = _leaking(floors, beside.decision)
    hours, reason = None, "decided beside the load"
    if outcome == "SOME":
        reason = f"{_some_leak(len(leaking), len(each))} beside the load"
    elif outcome == "INCONCLUSIVE":
        hours, reason = _why_open_beside(beside, budget, confidence)
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


def _why_open_beside(beside: BesideLoad, budget: float, confidence: float) -> tuple[float | None, str]:
    """The hours that would decide, and why it is open: by the load, else by the floors less what it explains."""
    explained = beside.explained
    assert explained is not None
    if not (explained.decision.leak or explained.decision.ok):
        return explained.hours_needed, explained.reason
    hours = beside.found.hours
    span_h = float(hours[0]), float(hours[-1])
    needed, reason = _why_open(beside.found, beside.decision, budget, confidence, span_h)
    return needed, f"beside the load, {reason}"


def _leaking(floors: Mapping[int, Floors], decision: Decision) -> tuple[int, ...]:
    """The seeds that leak by themselves."""
    return tuple(seed for seed, leaks in zip(floors, decision.leaking.tolist(), strict=True) if leaks)


def _some_leak(leaking: int, runs: int) -> str:
    return f"{leaking} of {runs} runs {'leak' if leaking > 1 else 'leaks'}"


def _outcome(decision: Decision) -> Outcome:
    """What was decided of one set of seeds, in a word."""
    if decision.leak:
        return "LEAK"
    if decision.some:
        return "SOME"
    return "OK" if decision.ok else "INCONCLUSIVE"


def too_few(floors: Mapping[int, Floors], needed: int) -> tuple[str, float | None]:
    """Why there are too few floors by seed, and the hours that give the `needed` at the pace of the slowest seed."""
    if not floors:
        return "there is no run", None
    scarce = min(floors.values(), key=lambda one: one.hours.size)
    count = "1 floor" if scarce.hours.size == 1 else f"{scarce.hours.size} floors"
    alone = " of one run alone, or a second seed" if needed == FEWEST_ALONE else ""
    reason = f"{count} between {scarce.between}, {needed} are needed{alone}"
    if scarce.between == "blocks":
        return f"{reason}: sample more often", None
    if scarce.edges_h.size < 2:
        return reason, float(scarce.edges_h[0]) * (needed + 1) if scarce.edges_h.size else None
    pace = float(np.median(np.diff(scarce.edges_h)))
    return reason, float(scarce.edges_h[0]) + needed * pace


def _interval(found: Rise, part: str, confidence: float) -> Interval:
    """The interval of a rate: over the seeds, or of one run alone that of its increments."""
    if found.values.shape[-2] > 1:
        return part_interval(found, part, confidence)
    return two_sided(part_increments(found.hours, found.mean, part), confidence)


def _deciding(found: Rise, outcome: Outcome, budget: float, confidence: float) -> str:
    for part in DECIDING:
        interval = _interval(found, part, confidence)
        if (outcome == "LEAK" and interval.low > max(budget, 0.0)) or (outcome == "OK" and interval.high <= budget):
            return part
    return DECIDING[0]


def _why_open(
    found: Rise, decision: Decision, budget: float, confidence: float, span_h: tuple[float, float]
) -> tuple[float | None, str]:
    """The hours that would decide, and why it is open; `span_h` are the hours at which judging begins and ends."""
    begin_h, end_h = span_h
    twice = begin_h + 2 * (end_h - begin_h)
    if decision.settling and found.slopes.last_half.mean() > budget:
        return twice, "growth is slowing down: a start that settles looks like this, and so does a leak beside one"
    if decision.starting:
        return twice, "growth began late in the run"
    if leaking := int(decision.leaking.sum()):
        return twice, f"{_some_leak(leaking, decision.leaking.size)}, and the others do not tell"
    times = 1.0
    of_mean_curve = two_sided(part_increments(found.hours, found.mean, "whole"), confidence)
    for interval in (_interval(found, "whole", confidence), of_mean_curve):
        distance, half = abs(float(interval.mean) - budget), float(interval.high - interval.mean)
        times = max(times, (half / distance) ** (1 / SPREAD_POWER) if distance > 0 else np.inf)
    if times > MOST_TIMES_THE_HOURS:
        return None, "the slope is too near the budget for more hours to tell"
    if times == 1.0:
        return twice, "the end of the run does not agree with the whole of it"
    return begin_h + times * (end_h - begin_h), "the interval reaches across the budget"
