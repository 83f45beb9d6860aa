"""LEAK, OK, SOME or INCONCLUSIVE: whether a quantity of a config rises by more than a budget, over its runs.

Two questions, two answers. *Does it leak* is asked of every run by its own floors (harness.analysis.leaks.one_run), and
then of the config by its runs. *How fast* has an interval over the seeds, which is wide where they leak at different
rates; it decides nothing about the first.

With two runs or more, B the budget and a the error allowed on one side of one part (1.25 % where one look is taken):

    LEAK    every run is LEAK by itself; or the seeds agree (harness.analysis.leaks.over_seeds: LEAK), the increments
            of their mean curve are above B in the same part, at a, and that curve is not settling; or the mean curve,
            judged as if it were one run, is LEAK, growth goes on over the seeds, and no run is OK by itself. What all
            runs share, a step or a wave, is in the mean curve.
    SOME    a run is LEAK by itself at a/K, K the number of runs, and another is OK by itself: some leak, some do not
    OK      every run is OK by itself, or over the seeds it is OK and the mean curve (by increments, or by its
            autoregressive line) is within B at 2.5 %; and no run is LEAK by itself

Below 14 floors increments are too few to see a leak of a few budgets in a sawtooth: there the slope beside the one step
that fits best stands in for them, in the whole run and its last half. One run alone has the verdict of one_run.

How often the rule errs, and where it does so more often than in one soak of a hundred, is in docs/METHOD.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from harness.analysis.leaks.floors import Floors, find_floors, part_of, slopes
from harness.analysis.leaks.one_run import FEWEST_ALONE, decide_run, part_increments, run_slopes
from harness.analysis.leaks.over_seeds import (
    DECIDING,
    FEWEST_FLOORS,
    Interval,
    Rise,
    SeedsDecision,
    decide_over_seeds,
    line,
    part_interval,
    rise,
)
from harness.analysis.leaks.slope_errors import Slope, beside_a_step

if TYPE_CHECKING:
    from harness.analysis.leaks.load_decision import Explained

Outcome = Literal["LEAK", "SOME", "OK", "INCONCLUSIVE"]

CONFIDENCE = 0.95
POWER = 0.9
"""A leak is detectable if this share of soaks like this one would call it LEAK."""

LATE_POWER = 0.95
"""And in as many the means of the last half and quarter are above the budget."""

FEW_FLOORS = 14
"""With fewer the slope beside a step stands in for increments."""

SPREAD_POWER = 1.5
"""The spread of a slope shrinks with this power of the hours, for noise whose correlation is short against the run."""

MOST_TIMES_THE_HOURS = 10.0
"""Beyond this many times the hours, hours are no advice."""

NAMES = {"whole": "the whole run", "last_three_quarters": "its last three quarters", "last_half": "its last half"}


@dataclass(frozen=True, eq=False)
class Series:
    """A quantity of one run at full scale: `t_s` and `values` of shape (samples,), NaN where it was not read.

    `cleanups_s` are the times of the cleanups that may have lowered it, shape (cleanups,); none for a quantity that no
    cleanup touches (tasks, threads, open files), or where the target does not tell.
    """

    t_s: NDArray[np.float64]
    values: NDArray[np.float64]
    cleanups_s: NDArray[np.float64]


@dataclass(frozen=True)
class LeakVerdict:
    """What became of a quantity. Slopes are in its unit per hour.

    `slope`, `low` and `high` belong to `part`, the part of the run that decided (the whole run where none did); None
    with too few floors. Of one run alone they are its increments. `minimum_detectable` is the slope that 90 % of soaks
    like this would call LEAK; `hours_needed` the virtual hours of a run that would decide, None where it is decided or
    hours do not help. `floors` is the fewest of a seed; `seed_slopes` are those of `part`; `leaking` are the seeds that
    leak by themselves; `cut_short`: it is open since a run ended early. `confidence` is that of the interval.
    `load` is what was judged beside the load, None where that is flat or was not recorded (`load_recorded`).
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
    leaking: tuple[int, ...] = ()
    confidence: float = CONFIDENCE
    load: Explained | None = None
    load_recorded: bool = True

    @property
    def lacks_seeds(self) -> bool:
        """Whether it is open and one more seed may decide it: neither floors nor hours are lacking."""
        return self.outcome == "INCONCLUSIVE" and self.floors >= FEWEST_FLOORS and not self.cut_short

    @property
    def runs(self) -> int:
        """Of how many runs it is, where there are floors enough."""
        return len(self.seed_slopes)

    @property
    def leaks(self) -> bool:
        """Whether some run leaks, if not all do."""
        return self.outcome in ("LEAK", "SOME")


class Decision(NamedTuple):
    """Per judged set of seeds, each of shape (...,): what was decided, and which guards spoke.

    `leaking` and `fine` are of every run by itself, (..., seeds). `every` says that every run is LEAK by itself.
    """

    leak: NDArray[np.bool_]
    some: NDArray[np.bool_]
    ok: NDArray[np.bool_]
    every: NDArray[np.bool_]
    settling: NDArray[np.bool_]
    starting: NDArray[np.bool_]
    leaking: NDArray[np.bool_]
    fine: NDArray[np.bool_]


def decide(found: Rise, budget: float, confidence: float = CONFIDENCE) -> Decision:
    """The rule of this module, for the floors of one seed or more.

    `confidence` is that of one look: an error of 1 - `confidence` is parted between both sides and two parts of the
    run. Slopes that are NaN (a quarter with too few floors) leave their guard silent.
    """
    error = (1 - confidence) / 4
    seeds = found.values.shape[-2]
    run = decide_run(found.runs, found.slopes, budget, error)
    if seeds == 1:
        leak, ok, settles, starts = (np.asarray(part[..., 0]) for part in run)
        return Decision(leak, np.zeros_like(leak), ok & ~leak, leak, settles, starts, run.leak, run.ok)
    every = np.asarray(run.leak.all(axis=-1))
    strict = decide_run(found.runs, found.slopes, budget, error / seeds)
    some = strict.leak.any(axis=-1) & run.ok.any(axis=-1) & ~every
    over_seeds = decide_over_seeds(found, budget, confidence)
    mean_floors = Floors(found.hours, found.mean, "blocks", np.empty(0))
    mean_slopes = run_slopes(found.hours, found.mean)
    mean_curve = decide_run(mean_slopes, slopes(mean_floors), budget, error)
    agreed = _agreed(found, over_seeds, budget, error) & ~mean_curve.settling
    shared = mean_curve.leak & ~run.ok.any(axis=-1)
    leak = every | ((agreed | shared) & over_seeds.going_on & ~some)
    ok = over_seeds.ok & (mean_slopes.high((1 + confidence) / 2) <= budget)
    ok = (ok | run.ok.all(axis=-1)) & ~run.leak.any(axis=-1) & ~leak & ~some
    settling = over_seeds.settling | mean_curve.settling
    return Decision(leak, some, ok, every, settling, over_seeds.starting, run.leak, run.ok)


def _agreed(found: Rise, over_seeds: SeedsDecision, budget: float, error: float) -> NDArray[np.bool_]:
    """Whether the seeds' slopes are above the budget together, and their mean curve confirms it."""
    confirmed = []
    for part, above in zip(DECIDING, over_seeds.above, strict=True):
        low = part_increments(found.hours, found.mean, part).low(1 - error)
        confirmed.append(above & (low > budget))
    if found.hours.size < FEW_FLOORS:
        half = part_of("last_half", found.hours.size)
        steep = beside_a_step(found.hours, found.mean) > budget
        steep &= beside_a_step(found.hours[half], found.mean[..., half]) > budget
        confirmed.append(steep & np.logical_or.reduce(over_seeds.above))
    return np.asarray(np.logical_or.reduce(confirmed))


def minimum_detectable(found: Rise, budget: float, confidence: float = CONFIDENCE) -> NDArray[np.float64]:
    """The slope that about 90 % of soaks with these seeds and this spread would call LEAK, (...,).

    Above the budget by d times the error of the increments of the mean curve (or of the one run), where d is the
    noncentrality at which a t statistic of their freedom exceeds its bound with probability 0.9; below 14 floors by the
    error over the seeds, and of the line through their mean, in their place. And by enough for the means of the last
    half and the last quarter, which vary more, to be above the budget in 95 %. Infinite where nothing tells.
    """
    seeds, parts = found.values.shape[-2], found.slopes
    margin = _margin(part_increments(found.hours, found.mean, "whole"), 1 - (1 - confidence) / 4)
    if seeds == 1:
        return budget + margin
    if found.hours.size < FEW_FLOORS:
        two_sided = (1 + confidence) / 2
        over_seeds = _margin(_over_seeds(parts.whole), two_sided)
        margin = np.fmin(margin, np.fmax(over_seeds, _margin(line(found, "whole"), two_sided)))
    late = [_over_seeds(part).error for part in (parts.last_half, parts.last_quarter)]
    one_sided = float(stats.t.ppf(LATE_POWER, seeds - 1))
    return np.asarray(budget + np.fmax.reduce([margin, *(one_sided * error for error in late)]))


def _over_seeds(slopes: NDArray[np.float64]) -> Slope:
    """The mean over the seeds of slopes (..., seeds), with its standard error."""
    seeds = slopes.shape[-1]
    error = slopes.std(axis=-1, ddof=1) / math.sqrt(seeds)
    return Slope(slopes.mean(axis=-1), error, np.full(error.shape, seeds - 1.0))


def _margin(slope: Slope, confidence: float) -> NDArray[np.float64]:
    """How far above a bound the truth must be for a one-sided test at `confidence` to find it in 90 %."""
    freedom = int(np.max(slope.freedom, initial=0))
    if freedom < 1:
        return np.full(slope.error.shape, np.inf)
    return np.asarray(_noncentrality(freedom, confidence) * slope.error)


@lru_cache(maxsize=256)
def _noncentrality(freedom: int, confidence: float) -> float:
    bound = float(stats.t.ppf(confidence, freedom))
    return float(optimize.brentq(lambda d: float(stats.nct.sf(bound, freedom, d)) - POWER, 0, 20 * bound))


def judge_leak(
    series: Mapping[int, Series], *, warmup_s: float, budget: float, confidence: float = CONFIDENCE
) -> LeakVerdict:
    """The verdict on one quantity of one config, from its series by seed.

    What was sampled before `warmup_s` is left out. `budget` is per hour, in the unit of the values; `confidence` is
    that of one look (see harness.analysis.leaks.sequential).
    """
    floors = {seed: judged_floors(one, warmup_s) for seed, one in sorted(series.items())}
    fewest = min((one.hours.size for one in floors.values()), default=0)
    needed = FEWEST_ALONE if len(floors) == 1 else FEWEST_FLOORS
    if fewest < needed:
        reason, hours = too_few(floors, needed)
        return LeakVerdict("INCONCLUSIVE", None, None, None, "whole", None, hours, fewest, {}, reason)
    found = rise(list(floors.values()))
    decision = decide(found, budget, confidence)
    outcome = outcome_of(decision)
    part = _deciding(found, outcome, budget, confidence)
    interval = _interval(found, part, confidence)
    by_seed = dict(zip(floors, getattr(found.slopes, part).tolist(), strict=True))
    leaking = tuple(seed for seed, leaks in zip(floors, decision.leaking.tolist(), strict=True) if leaks)
    hours, reason = None, f"decided by {NAMES[part]}"
    if outcome == "LEAK" and decision.every and len(floors) > 1:
        reason = f"every run leaks by itself, at {min(by_seed.values()):.3g} to {max(by_seed.values()):.3g} an hour"
    elif outcome == "SOME":
        reason = f"{len(leaking)} of {len(floors)} runs {'leak' if len(leaking) > 1 else 'leaks'}"
    elif outcome == "INCONCLUSIVE":
        last_h = max(float(one.t_s[-1]) for one in series.values()) / 3600
        hours, reason = why_open(found, decision, budget, confidence, (warmup_s / 3600, last_h))
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


def outcome_of(decision: Decision) -> Outcome:
    """What was decided of one set of seeds, in a word."""
    if decision.leak:
        return "LEAK"
    if decision.some:
        return "SOME"
    return "OK" if decision.ok else "INCONCLUSIVE"


def judged_floors(one: Series, warmup_s: float) -> Floors:
    """The floors that a verdict looks at: of what was read from `warmup_s` on."""
    read = (one.t_s >= warmup_s) & np.isfinite(one.values)
    if not read.any():
        return Floors(np.empty(0), np.empty(0), "blocks", np.empty(0))
    return find_floors(one.t_s[read], one.values[read], one.cleanups_s[one.cleanups_s >= warmup_s])


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
    return _two_sided(part_increments(found.hours, found.mean, part), confidence)


def _two_sided(slope: Slope, confidence: float) -> Interval:
    return Interval(slope.value, slope.low((1 + confidence) / 2), slope.high((1 + confidence) / 2))


def _deciding(found: Rise, outcome: Outcome, budget: float, confidence: float) -> str:
    for part in DECIDING:
        interval = _interval(found, part, confidence)
        if (outcome == "LEAK" and interval.low > max(budget, 0.0)) or (outcome == "OK" and interval.high <= budget):
            return part
    return DECIDING[0]


def why_open(
    found: Rise, decision: Decision, budget: float, confidence: float, span_h: tuple[float, float]
) -> tuple[float | None, str]:
    """The hours that would decide, and why it is open; `span_h` are the hours at which judging begins and ends."""
    begin_h, end_h = span_h
    twice = begin_h + 2 * (end_h - begin_h)
    if decision.settling and found.slopes.last_half.mean() > budget:
        return twice, "growth is slowing down: a start that settles looks like this, and so does a leak beside one"
    if decision.starting:
        return twice, "growth began late in the run"
    runs, leaking = decision.leaking.size, int(decision.leaking.sum())
    if leaking:
        return twice, f"{leaking} of {runs} runs {'leak' if leaking > 1 else 'leaks'}, and the others do not tell"
    times = 1.0
    of_mean_curve = _two_sided(part_increments(found.hours, found.mean, "whole"), confidence)
    for interval in (_interval(found, "whole", confidence), of_mean_curve):
        distance, half = abs(float(interval.mean) - budget), float(interval.high - interval.mean)
        times = max(times, (half / distance) ** (1 / SPREAD_POWER) if distance > 0 else np.inf)
    if times > MOST_TIMES_THE_HOURS:
        return None, "the slope is too near the budget for more hours to tell"
    if times == 1.0:
        return twice, "the end of the run does not agree with the whole of it"
    return begin_h + times * (end_h - begin_h), "the interval reaches across the budget"
