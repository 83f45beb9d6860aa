"""One claim against its runs: the estimate, the band, and whether the one lies in the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from harness.analysis.estimates import Bound, Estimate, Reading
from harness.analysis.full_scale.anchor_runs import NO_ANCHORS, Anchors
from harness.analysis.full_scale.moving_metrics import Basis, FullScale, moves
from harness.analysis.leaks.config_leaks import ConfigLeak, judge_leaks
from harness.analysis.leaks.sequential import confidence_of
from harness.analysis.metrics.guardrails import saved_by_losing
from harness.analysis.metrics.pairing import reduction
from harness.analysis.metrics.table import METRICS, Metric
from harness.analysis.runs import Run
from harness.errors import UsageError
from harness.problems import Problem
from harness.scenario import Claim, Scenario
from harness.text import dotted

Outcome = Literal["met", "exceeded", "missed", "inconclusive", "incomplete", "not applicable", "not testable"]

Counts = Literal["met", "missed", "inconclusive", "incomplete", "nothing"]

LEAK_BAND = (None, 1.0)
"""The one band of a claim on a leak: at most one budget. Its verdict is the verdict on the leak, not a band's."""

_LEAK_OUTCOMES: dict[str, Outcome] = {"OK": "met", "LEAK": "missed", "INCONCLUSIVE": "inconclusive"}

ROUNDING = 1e-9
"""Values that differ by this share, or this much near zero, are the same: sums of floats end a last digit apart."""


@dataclass(frozen=True)
class ClaimVerdict:
    """A claim and what became of it. Values are in the metric's unit; None is open, unknown or not reached.

    `low` and `high` are the interval over seeds, at the confidence of the soak; `bound` says whether the estimate is
    exact, or at least ("lower") or at most ("upper") what is shown; `values` holds the value of every seed. `leak` is
    the verdict that a claim on a leak follows, None of all other claims and where nothing was recorded; `guard` says
    why it is missed wherever the estimate lies.

    What moves with the memory scale is judged at full scale: `basis` says how it was had, "undecided" where it was not,
    and `basis_words` off which runs. `small_estimate` and its interval are then what the small world says. Otherwise
    the basis is "scenario": the runs of the soak themselves.
    """

    name: str
    metric: str
    configs: tuple[str, ...]
    kind: str
    expected: tuple[float | None, float | None]
    tolerance: float | None
    better: str
    estimate: float | None
    low: float | None
    high: float | None
    bound: Bound
    arithmetic: float | None
    unit: str
    verdict: Outcome
    known: str | None
    reason: str
    source: str
    note: str | None
    moves_with_scale: bool
    seeds: tuple[int, ...]
    values: dict[int, float | None]
    leak: ConfigLeak | None = None
    guard: str = ""
    basis: Literal["scenario"] | Basis = "scenario"
    basis_words: str = ""
    small_estimate: float | None = None
    small_low: float | None = None
    small_high: float | None = None

    @property
    def counts_as(self) -> Counts:
        """What the claim adds to the soak's status: a known miss adds nothing, and a miss once it is met."""
        if self.verdict in ("met", "exceeded"):
            return "missed" if self.known == "missed" else "met"
        if self.verdict == "missed":
            return "nothing" if self.known == "missed" else "missed"
        if self.verdict in ("inconclusive", "incomplete"):
            return self.verdict
        return "nothing"

    @property
    def lacks_seeds(self) -> bool:
        """Whether it is open and one more seed may decide it: it has a value, and no bound that seeds do not mend.

        A claim on a leak lacks what the verdict on the leak lacks. What is judged at full scale lacks anchor runs.
        """
        if self.basis != "scenario":
            return False
        if self.leak is not None:
            return self.verdict == "inconclusive" and self.leak.verdict.lacks_seeds
        return self.verdict == "inconclusive" and self.estimate is not None and self.bound == "exact"


def metric_of(claim: Claim) -> Metric:
    """The metric that a claim names.

    Raises UsageError where there is none of that name, or the claim names another number of configs than it needs, or
    expects of a leak anything but at most one budget.
    """
    metric = METRICS.get(claim.metric)
    if metric is None:
        raise UsageError(
            f'claims."{claim.name}".metric = "{claim.metric}": no such metric; there are {", ".join(METRICS)}'
        )
    if len(claim.configs) != metric.configs:
        needed = "one config" if metric.configs == 1 else "two configs"
        raise UsageError(f'claims."{claim.name}".configs = {list(claim.configs)}: {claim.metric} is about {needed}')
    if metric.leak is not None:
        _check_leak_claim(claim)
    return metric


def _check_leak_claim(claim: Claim) -> None:
    written = ["open" if end is None else end for end in claim.expected]
    judged = f"{claim.metric} is judged by the verdict on the leak"
    for key, value, fits, allowed in (
        ("expected", written, claim.expected == LEAK_BAND, 'must be ["open", 1.0]: at most one budget'),
        ("better", claim.better, claim.better == "lower", 'must be "lower"'),
        ("tolerance", claim.tolerance, not claim.tolerance, "leave it out"),
    ):
        if not fits:
            raise UsageError(str(Problem(dotted("claims", claim.name, key), f"{allowed}; {judged}", value)))


def judge_claim(
    claim: Claim,
    scenario: Scenario,
    runs: Sequence[Run],
    *,
    leaks: Sequence[ConfigLeak] | None = None,
    incomplete: str = "",
    anchors: Anchors = NO_ANCHORS,
) -> ClaimVerdict:
    """The verdict on one claim from all `runs` of a soak.

    `leaks` are the verdicts on the leaks of all its configs, where they are known already. `incomplete` says why the
    runs it needs are not whole; the claim is then not judged and has no estimate. What moves with the memory scale is
    judged at full scale, by the `anchors` of the soak, or not at all. A claim on a reduction of memory is
    missed, whatever was measured, where what was saved was saved by losing data. Raises UsageError where the claim does
    not fit its metric.
    """
    metric = metric_of(claim)
    leak: ConfigLeak | None = None
    basis: Literal["scenario"] | Basis = "scenario"
    words = ""
    small = Estimate(None, None, None, "exact", {})
    if incomplete:
        estimate = small
    elif moves(metric, scenario, runs, claim.configs):
        small = metric.compute(scenario, runs, claim.configs, confidence_of(scenario))
        estimate, leak, basis, words = _at_full_scale(claim, metric, scenario, runs, anchors)
    else:
        estimate = metric.compute(scenario, runs, claim.configs, confidence_of(scenario))
        if metric.leak is not None:
            known = judge_leaks(scenario, runs) if leaks is None else leaks
            leak = next(
                (one for one in known if (one.config, one.measure.name) == (claim.configs[0], metric.leak)), None
            )
            estimate = estimate if leak is None else _in_budgets(leak, estimate)
    outcome, reason = _outcome(claim, estimate, leak, incomplete)
    if outcome == "inconclusive" and basis in ("measured", "continued", "extrapolated") and estimate.low is not None:
        reason = "the interval at full scale reaches across an end of the band: allow more time (--anchor-minutes)"
    guard = ""
    if outcome in ("met", "exceeded") and metric.pair is reduction and (estimate.low or 0.0) > 0:
        guard = saved_by_losing(scenario, runs, *claim.configs)
        outcome, reason = ("missed", guard) if guard else (outcome, reason)
    if claim.known == "missed":
        reason = "; ".join(filter(None, [*_known(outcome), reason, f"known: {claim.reason}"]))
    return ClaimVerdict(
        name=claim.name,
        metric=claim.metric,
        configs=tuple(claim.configs),
        kind=claim.kind,
        expected=claim.expected,
        tolerance=claim.tolerance,
        better=claim.better,
        estimate=estimate.estimate,
        low=estimate.low,
        high=estimate.high,
        bound=estimate.bound,
        arithmetic=None if incomplete else metric.by_arithmetic(scenario, runs, claim.configs),
        unit=metric.unit,
        verdict=outcome,
        known=claim.known,
        reason=reason,
        source=claim.source,
        note=claim.note,
        moves_with_scale=metric.moves_with_scale,
        seeds=estimate.seeds,
        values=estimate.values,
        leak=leak,
        guard=guard,
        basis=basis,
        basis_words=words,
        small_estimate=small.estimate,
        small_low=small.low,
        small_high=small.high,
    )


def _at_full_scale(
    claim: Claim, metric: Metric, scenario: Scenario, runs: Sequence[Run], anchors: Anchors
) -> tuple[Estimate, ConfigLeak | None, Basis, str]:
    """The estimate of a claim at full scale, the verdict on the leak that it is about, and how they were had."""
    full = FullScale(scenario, runs, anchors, confidence_of(scenario))
    if metric.leak is None:
        found = full.estimate(metric, claim.configs)
        return found.estimate, None, found.basis, found.words
    (config,) = claim.configs
    leak = full.leak(metric, config)
    if isinstance(leak, str):
        return Estimate(None, None, None, "exact", {}, "undecided", leak), None, "undecided", leak
    whole = Estimate(None, None, None, "exact", {})
    return _in_budgets(leak, whole), leak, "measured", f"{config}: live bytes leak, or it was measured at scale 1"


def _in_budgets(leak: ConfigLeak, whole: Estimate) -> Estimate:
    """The slope and interval of the part that decided, in budgets; `whole` is the estimate of the whole runs."""
    found = leak.verdict
    if found.slope is None or found.low is None or found.high is None:
        return replace(whole, estimate=None, low=None, high=None, lack="undecided", reason=leak.reason)
    readings = {seed: Reading(slope / leak.budget) for seed, slope in found.seed_slopes.items()}
    ends = (found.slope / leak.budget, found.low / leak.budget, found.high / leak.budget)
    return Estimate(*ends, "exact", readings, reason=leak.reason if found.outcome == "INCONCLUSIVE" else "")


def _known(outcome: Outcome) -> list[str]:
    return (
        ["known miss is met" if outcome == "met" else "known miss is exceeded"]
        if outcome in ("met", "exceeded")
        else []
    )


def _outcome(claim: Claim, estimate: Estimate, leak: ConfigLeak | None, incomplete: str) -> tuple[Outcome, str]:
    if claim.not_testable:
        return "not testable", claim.not_testable
    if incomplete:
        return "incomplete", incomplete
    if leak is not None:
        return _LEAK_OUTCOMES[leak.verdict.outcome], estimate.reason
    if estimate.estimate is None:
        return ("not applicable" if estimate.lack == "not applicable" else "inconclusive"), estimate.reason
    if estimate.low is None and estimate.high is None:
        return "inconclusive", "one seed gives no interval: use --seeds 2 or more"
    return against_band(claim.band, estimate, claim.better)


def against_band(band: tuple[float | None, float | None], estimate: Estimate, better: str) -> tuple[Outcome, str]:
    """Where the interval of an estimate lies: in the band (ends belong to it), outside on a side, or across an end.

    Open ends, of the band as of a bound's interval, are infinite.
    """
    lowest, highest = _ends(band)
    low, high = _ends((estimate.low, estimate.high))
    if _at_least(low, lowest) and _at_least(highest, high):
        return "met", estimate.reason
    side = "higher" if not _at_least(highest, low) else "lower" if not _at_least(high, lowest) else None
    if side is not None:
        return ("exceeded" if side == better else "missed"), estimate.reason
    if estimate.bound == "exact":
        return "inconclusive", "the interval reaches across an end of the band: use more seeds"
    most = "at least" if estimate.bound == "lower" else "at most"
    return "inconclusive", f"{estimate.reason}: the value is {most} what is shown, which does not decide"


def _ends(pair: tuple[float | None, float | None]) -> tuple[float, float]:
    return (-math.inf if pair[0] is None else pair[0]), (math.inf if pair[1] is None else pair[1])


def _at_least(value: float, limit: float) -> bool:
    return value >= limit or math.isclose(value, limit, rel_tol=ROUNDING, abs_tol=ROUNDING)
