"""One claim against its runs: the estimate, the band, whether it is met, and what a known miss counts as."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from harness.analysis.estimates import NO_ESTIMATE, Estimate, Reading
from harness.analysis.full_scale.anchor_runs import NO_ANCHORS, Anchors
from harness.analysis.full_scale.extrapolation import AtFullScale, Basis, FullScale, moves
from harness.analysis.leaks.config_leaks import ConfigLeak, judge_leaks
from harness.analysis.leaks.sequential import confidence_of
from harness.analysis.metrics.catalogue import METRICS, Metric
from harness.analysis.metrics.guardrails import saved_by_losing
from harness.analysis.metrics.pairing import reduction
from harness.analysis.runs import Run, Runs
from harness.errors import UsageError
from harness.problems import Problem, refused
from harness.scenario import Claim, Scenario
from harness.text import did_you_mean, dotted, shown_path

Outcome = Literal["met", "exceeded", "missed", "inconclusive", "incomplete", "not applicable", "not testable"]

Counts = Literal["met", "missed", "inconclusive", "incomplete", "nothing"]

LEAK_BAND = (None, 1.0)
"""The one band of a claim on a leak: at most one budget. Its verdict is the verdict on the leak, not a band's."""

_LEAK_OUTCOMES: dict[str, Outcome] = {"OK": "met", "LEAK": "missed", "SOME": "missed", "INCONCLUSIVE": "inconclusive"}

ROUNDING = 1e-9
"""Values that differ by this share, or this much near zero, are the same: sums of floats end a last digit apart."""


@dataclass(frozen=True)
class ClaimVerdict:
    """A claim, the metric that it names, and what became of it.

    The `outcome` follows the `estimate`; `arithmetic` is what the model's arithmetic alone would give. `leak` is the
    verdict that a claim on a leak follows, None of all other claims and where nothing was recorded; `guard` says why it
    is missed wherever the estimate lies.

    What moves with the memory scale is judged at full scale: `basis` says how the estimate was had, "undecided" where
    it was not, and `basis_words` off which runs. `small` is then what the small world says. Otherwise the basis is
    "scenario": the runs of the soak themselves.

    `seeds_judged` of the `seeds_due` have a finished run of each of its configs; 0 of 0 where nobody asked.
    """

    claim: Claim
    metric: Metric
    outcome: Outcome
    estimate: Estimate = NO_ESTIMATE
    reason: str = ""
    arithmetic: float | None = None
    leak: ConfigLeak | None = None
    guard: str = ""
    basis: Literal["scenario"] | Basis = "scenario"
    basis_words: str = ""
    small: Estimate = NO_ESTIMATE
    seeds_judged: int = 0
    seeds_due: int = 0

    @property
    def lacking(self) -> str:
        """Of how many seeds it tells where it lacks runs: ``2 of 3 seeds``; empty where it lacks none."""
        return f"{self.seeds_judged} of {self.seeds_due} seeds" if self.seeds_judged < self.seeds_due else ""

    @property
    def counts_as(self) -> Counts:
        """What the claim adds to the soak's status.

        A known miss adds nothing, and a miss once it is met. One soak need not decide it again: open, with its estimate
        outside the band, it adds nothing either.
        """
        if self.outcome in ("met", "exceeded"):
            return "missed" if self.claim.known == "missed" else "met"
        if self.outcome == "missed":
            return "nothing" if self.claim.known == "missed" else "missed"
        if self.as_known:
            return "nothing"
        if self.outcome in ("inconclusive", "incomplete"):
            return self.outcome
        return "nothing"

    @property
    def as_known(self) -> bool:
        """Whether it is a known miss that is open, and still lies outside the band as far as it is known."""
        value, (low, high) = self.estimate.estimate, _ends(self.claim.band)
        known = self.outcome == "inconclusive" and self.claim.known == "missed"
        return known and value is not None and not low <= value <= high

    @property
    def lacks_seeds(self) -> bool:
        """Whether it is open and one more seed may decide it: it has a value, and no bound that seeds do not mend.

        A claim on a leak lacks what the verdict on the leak lacks. What is judged at full scale lacks anchor runs.
        """
        if self.basis != "scenario" or self.outcome != "inconclusive" or self.as_known:
            return False
        if self.leak is not None:
            return self.leak.verdict.lacks_seeds
        return self.estimate.estimate is not None and self.estimate.bound == "exact"


def check_claims(scenario: Scenario) -> None:
    """Raise UsageError, naming the file, where a claim does not fit the metric that it names. Known before runs."""
    problems = [problem for claim in scenario.claims for problem in _problems(claim)]
    if problems:
        raise refused(shown_path(scenario.path), problems)


def metric_of(claim: Claim) -> Metric:
    """The metric that a claim names. Raises UsageError where the claim does not fit it."""
    for problem in _problems(claim):
        raise UsageError(str(problem))
    return METRICS[claim.metric]


def _problems(claim: Claim) -> Iterator[Problem]:
    """What does not fit: the name, the number of configs; of a leak anything but at most one budget."""
    metric = METRICS.get(claim.metric)
    if metric is None:
        known = f"no such metric; {did_you_mean(claim.metric, METRICS, noun='the metrics')}"
        yield Problem(dotted("claims", claim.name, "metric"), known, claim.metric)
        return
    if len(claim.configs) != metric.configs:
        needed = "one config" if metric.configs == 1 else "two configs"
        yield Problem(dotted("claims", claim.name, "configs"), f"{claim.metric} is about {needed}", claim.configs)
    if metric.leak is None:
        return
    written = ["open" if end is None else end for end in claim.expected]
    judged = f"{claim.metric} is judged by the verdict on the leak"
    for key, value, fits, allowed in (
        ("expected", written, claim.expected == LEAK_BAND, 'must be ["open", 1.0]: at most one budget'),
        ("better", claim.better, claim.better == "lower", 'must be "lower"'),
        ("tolerance", claim.tolerance, not claim.tolerance, "leave it out"),
    ):
        if not fits:
            yield Problem(dotted("claims", claim.name, key), f"{allowed}; {judged}", value)


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
    metric, runs = metric_of(claim), Runs.of(scenario, runs)
    estimate, small, leak = NO_ESTIMATE, NO_ESTIMATE, None
    basis: Literal["scenario"] | Basis = "scenario"
    words = ""
    if not incomplete and moves(metric, scenario, runs, claim.configs):
        small = metric.compute(runs, claim.configs, confidence_of(scenario))
        full, leak = _at_full_scale(claim, metric, scenario, runs, anchors)
        estimate, basis, words = full.estimate, full.basis, full.words
    elif not incomplete:
        estimate, leak = _in_this_world(claim, metric, scenario, runs, leaks)
    outcome, reason = _outcome(claim, estimate, leak, incomplete)
    if metric.beside is not None and estimate.estimate is not None:
        reason = "; ".join(filter(None, [reason, metric.beside(runs, claim.configs[0])]))
    if outcome == "inconclusive" and basis in ("measured", "continued", "extrapolated") and estimate.low is not None:
        reason = "the interval at full scale reaches across an end of the band: allow more time (--anchor-minutes)"
    guard = ""
    if outcome in ("met", "exceeded") and metric.pair is reduction and (estimate.low or 0.0) > 0:
        guard = saved_by_losing(runs, *claim.configs)
        outcome, reason = ("missed", guard) if guard else (outcome, reason)
    if claim.known == "missed":
        passed = f"known miss is {outcome}" if outcome in ("met", "exceeded") else ""
        reason = "; ".join(filter(None, [passed, reason, f"known: {claim.reason}"]))
    return ClaimVerdict(
        claim,
        metric,
        outcome,
        estimate,
        reason,
        arithmetic=None if incomplete else metric.by_arithmetic(scenario, runs, claim.configs),
        leak=leak,
        guard=guard,
        basis=basis,
        basis_words=words,
        small=small,
    )


def _in_this_world(
    claim: Claim, metric: Metric, scenario: Scenario, runs: Runs, leaks: Sequence[ConfigLeak] | None
) -> tuple[Estimate, ConfigLeak | None]:
    """The estimate of a claim from the runs of the soak themselves, and the verdict on the leak that it is about.

    Of a leak it is that of the part that decided; where none did, the slopes of the whole runs are still shown.
    """
    leak: ConfigLeak | None = None
    if metric.leak is not None:
        known = judge_leaks(scenario, runs) if leaks is None else leaks
        leaks_of = {(leak.config, leak.measure.name): leak for leak in known}
        leak = leaks_of.get((claim.configs[0], metric.leak))
    of_leak = NO_ESTIMATE if leak is None else _in_budgets(leak)
    if of_leak.estimate is not None:
        return of_leak, leak
    whole = metric.compute(runs, claim.configs, confidence_of(scenario))
    return whole if leak is None else replace(of_leak, readings=whole.readings), leak


def _at_full_scale(
    claim: Claim, metric: Metric, scenario: Scenario, runs: Runs, anchors: Anchors
) -> tuple[AtFullScale, ConfigLeak | None]:
    """The estimate of a claim at full scale, and the verdict on the leak that it is about."""
    full = FullScale(scenario, runs, anchors, confidence_of(scenario))
    if metric.leak is None:
        return full.estimate(metric, claim.configs), None
    (config,) = claim.configs
    leak = full.leak(metric, config)
    if isinstance(leak, str):
        return AtFullScale(replace(NO_ESTIMATE, lack="undecided", reason=leak), "undecided", leak), None
    words = f"{config}: live bytes leak, or it was measured at scale 1"
    return AtFullScale(_in_budgets(leak), "measured", words), leak


def _in_budgets(leak: ConfigLeak) -> Estimate:
    """The slope and interval of the part of the runs that decided, in budgets; without a value where none did."""
    verdict, budget = leak.verdict, leak.budget
    if verdict.slope is None or verdict.low is None or verdict.high is None:
        return replace(NO_ESTIMATE, lack="undecided", reason=leak.reason)
    readings = {seed: Reading(slope / budget) for seed, slope in verdict.seed_slopes.items()}
    reason = leak.reason if verdict.outcome in ("SOME", "INCONCLUSIVE") else ""
    slope, low, high = verdict.slope / budget, verdict.low / budget, verdict.high / budget
    return Estimate(slope, low, high, "exact", readings, reason=reason)


def _outcome(claim: Claim, estimate: Estimate, leak: ConfigLeak | None, incomplete: str) -> tuple[Outcome, str]:
    if claim.not_testable or incomplete:
        return ("not testable", claim.not_testable) if claim.not_testable else ("incomplete", incomplete)
    if leak is not None:
        return _LEAK_OUTCOMES[leak.verdict.outcome], estimate.reason
    if estimate.counted and (decided := by_each_run(claim.band, estimate, claim.better)) is not None:
        return decided
    if estimate.estimate is None:
        return ("not applicable" if estimate.lack == "not applicable" else "inconclusive"), estimate.reason
    if estimate.low is None and estimate.high is None:
        return "inconclusive", "one seed gives no interval: use --seeds 2 or more"
    return against_band(claim.band, estimate, claim.better)


def by_each_run(band: tuple[float | None, float | None], estimate: Estimate, better: str) -> tuple[Outcome, str] | None:
    """The outcome of what every run counts exactly; None where runs have no value and the others do not decide.

    One run outside of the band on its worse side misses the claim, whatever the others did.
    """
    outcomes: dict[int, tuple[Outcome, str]] = {}
    for seed, reading in estimate.readings.items():
        if reading.value is not None:
            low, high = (None if reading.bound == open_end else reading.value for open_end in ("upper", "lower"))
            of_run = Estimate(reading.value, low, high, reading.bound, {}, reason=reading.reason)
            outcomes[seed] = against_band(band, of_run, better)
    missed = [seed for seed, (outcome, _) in outcomes.items() if outcome == "missed"]
    if missed:
        seeds = f"seed{'s' if len(missed) > 1 else ''} {', '.join(map(str, missed))}"
        where = f"in {len(missed)} of {len(estimate.readings)} runs ({seeds})"
        return "missed", where if len(missed) < len(estimate.readings) else outcomes[missed[0]][1]
    if estimate.estimate is None:
        return None
    return next((one for one in outcomes.values() if one[0] == "inconclusive"), _kept(outcomes))


def _kept(outcomes: Mapping[int, tuple[Outcome, str]]) -> tuple[Outcome, str]:
    """Met where a run is in the band and the others are no worse; exceeded where all are better."""
    return next((one for one in outcomes.values() if one[0] == "met"), next(iter(outcomes.values())))


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
