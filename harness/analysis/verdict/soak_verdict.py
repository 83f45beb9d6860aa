"""From the runs of a soak to its verdict: every claim, and the status of the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from harness import exit_codes
from harness.analysis.full_scale.anchor_runs import NO_ANCHORS, Anchors
from harness.analysis.leaks.child_commands import ConfigChildren, children_of
from harness.analysis.leaks.config_leaks import ConfigLeak, judge_leaks
from harness.analysis.leaks.memory_limit import Limit, leaking_rate, limit_of, told_by
from harness.analysis.leaks.sequential import CONFIDENCE, confidence_of
from harness.analysis.leaks.shape import Shape, config_shape
from harness.analysis.metrics.catalogue.savings import Reduced, reductions
from harness.analysis.runs import Run, Runs
from harness.analysis.verdict import validity
from harness.analysis.verdict.claim_verdict import ClaimVerdict, judge_claim
from harness.analysis.verdict.control_record import ControlRecord
from harness.analysis.verdict.run_summary import RunSummary, summarise
from harness.scenario import Scenario

Status = Literal["met", "missed", "inconclusive", "incomplete", "invalid"]


@dataclass(frozen=True)
class Verdict:
    """What became of a soak. `reasons` say why it is invalid or incomplete; they are empty otherwise.

    `confidence` is that of every interval; `leaks` has the quantities of every config that were recorded, and `shapes`
    their shapes by config and measure, of bytes only. A leak changes the status where a claim is about it (the metrics
    leak.*), and only there. `controls` are those that the soak carried out before its runs, None where it had none.
    `reductions` are all that may be claimed of the configs that the scenario is about, whatever is claimed; `limits`
    say when RSS reaches the machine's limit, of configs that did or that leak. `anchors` are the runs in other worlds,
    by which claims on what moves with the memory scale are judged. `children` tells of the configs that started
    processes. `seeds_due` is how many seeds every config should have; where one lacks some, the soak is incomplete, and
    its claims say of how many seeds they tell.
    """

    scenario: str
    memory_scale: float
    status: Status
    reasons: tuple[str, ...]
    claims: tuple[ClaimVerdict, ...]
    runs: tuple[RunSummary, ...]
    confidence: float = CONFIDENCE
    leaks: tuple[ConfigLeak, ...] = ()
    shapes: Mapping[tuple[str, str], Shape] = field(default_factory=dict)
    controls: ControlRecord | None = None
    reductions: tuple[Reduced, ...] = ()
    limits: Mapping[str, Limit] = field(default_factory=dict)
    anchors: tuple[RunSummary, ...] = ()
    children: tuple[ConfigChildren, ...] = ()
    seeds_due: int = 0

    @property
    def exit_code(self) -> int:
        """The exit code of `soak` for this verdict."""
        return exit_codes.OF_STATUS[self.status]

    @property
    def told_claims(self) -> tuple[ClaimVerdict, ...]:
        """The claims that people are told of: none of a soak that is no evidence, whatever they came to."""
        return () if self.status == "invalid" else self.claims

    def shape(self, leak: ConfigLeak) -> Shape | None:
        """The shape of what was judged, None of counts and of runs too short to have one."""
        return self.shapes.get((leak.config, leak.measure.name))


def judge(
    scenario: Scenario, runs: Sequence[Run], *, controls: ControlRecord | None = None, anchors: Anchors = NO_ANCHORS
) -> Verdict:
    """The verdict on all claims of a scenario from all its runs.

    `scenario` is the resolved one, at full scale. Where one of its `controls` failed, the soak is invalid. Claims on
    what moves with the memory scale are judged by its `anchors`; one that did not complete leaves them open, and
    nothing else. Runs that did not finish leave the soak incomplete, since what ended them may be what is looked for;
    claims are judged by the others. Raises UsageError where a claim does not fit its metric.
    """
    runs = Runs.of(scenario, runs)
    finished, telling = runs.finished, runs.telling
    due = len(validity.due_seeds(scenario, runs))
    lacking = validity.incomplete_configs(scenario, runs)
    invalid = validity.invalidities(scenario, runs, controls)
    leaks = judge_leaks(scenario, runs)
    claims = []
    for claim in scenario.claims:
        judged = len(validity.judged_seeds(scenario, finished, claim.configs))
        why = "" if judged else "; ".join(lacking[config] for config in claim.configs if config in lacking)
        found = judge_claim(claim, scenario, finished, leaks=leaks, anchors=anchors, incomplete=why)
        claims.append(replace(found, seeds_judged=judged, seeds_due=due))
    shapes = {
        (leak.config, leak.measure.name): config_shape(telling.of_config(leak.config), leak.measure)
        for leak in leaks
        if not leak.measure.counted
    }
    return Verdict(
        scenario=scenario.name,
        memory_scale=scenario.memory.scale,
        status=overall(claims, incomplete=bool(lacking), invalid=bool(invalid)),
        reasons=(*invalid, *lacking.values()),
        claims=tuple(claims),
        runs=tuple(summarise(run) for run in runs),
        confidence=confidence_of(scenario),
        leaks=leaks,
        shapes={key: shape for key, shape in shapes.items() if shape is not None},
        controls=controls,
        reductions=reductions(scenario, finished),
        limits=_limits(scenario, telling, leaks),
        anchors=tuple(summarise(run) for worlds in anchors.worlds.values() for world in worlds for run in world.runs),
        children=tuple(told for config in runs.configs if (told := children_of(config, runs)) is not None),
        seeds_due=due,
    )


def _limits(scenario: Scenario, runs: Runs, leaks: Sequence[ConfigLeak]) -> dict[str, Limit]:
    """When each config reaches the machine's limit, of those that did or that leak."""
    limits = {}
    for config, its_runs in runs.by_config().items():
        telling = told_by(scenario, (leak for leak in leaks if leak.config == config))
        limit = limit_of(scenario, its_runs, leaking_rate(telling))
        if limit is not None:
            limits[config] = limit
    return limits


def overall(claims: Sequence[ClaimVerdict], *, incomplete: bool, invalid: bool) -> Status:
    """The status of a soak: invalid > incomplete > missed > inconclusive > met.

    A soak whose claims could none of them be judged is inconclusive; one without claims has nothing to miss.
    """
    if invalid:
        return "invalid"
    counts = {judged.counts_as for judged in claims}
    if incomplete or "incomplete" in counts:
        return "incomplete"
    if "missed" in counts:
        return "missed"
    unjudged = claims and all(judged.outcome in ("not applicable", "not testable") for judged in claims)
    return "inconclusive" if "inconclusive" in counts or unjudged else "met"
