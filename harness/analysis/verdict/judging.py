"""From the runs of a soak to its verdict: every claim, the status of the whole, verdict.json.

Format 2 (2026) of verdict.json: what moves with the memory scale is judged at full scale: a claim's estimate is that of
its `basis`, what the small world says is `small_estimate`; `anchors` are the runs in other worlds.
Format 1 (2026): first version; `confidence`, `leaks`, `limits`, `controls` and `reductions` came later.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from harness.analysis.curves import STEPS, stop_gb
from harness.analysis.full_scale.anchor_runs import NO_ANCHORS, Anchors
from harness.analysis.leaks.config_leaks import ConfigLeak, floor_slope, judge_leaks
from harness.analysis.leaks.config_shape import config_shape
from harness.analysis.leaks.limit import Limit, leaking_rate, limit_of, told_by
from harness.analysis.leaks.sequential import CONFIDENCE, confidence_of
from harness.analysis.leaks.shape import Shape
from harness.analysis.metrics import levels, teeth
from harness.analysis.metrics.reductions import Reduced, reductions
from harness.analysis.metrics.table import METRICS
from harness.analysis.runs import Run, read_result
from harness.analysis.verdict import headline, validity
from harness.analysis.verdict.claims import ClaimVerdict, judge_claim, metric_of
from harness.analysis.verdict.control_record import ControlRecord, read_controls
from harness.errors import UsageError
from harness.files import write_json
from harness.scenario import Scenario
from harness.text import shown_path

FORMAT = 2
VERDICT_FILE = "verdict.json"

Status = Literal["met", "missed", "inconclusive", "incomplete", "invalid"]

EXIT_CODES: dict[Status, int] = {"invalid": 3, "incomplete": 3, "missed": 1, "inconclusive": 4, "met": 0}


@dataclass(frozen=True)
class RunSummary:
    """One run in numbers: GB at full scale, from a world of `memory_scale`; None where not reached.

    `peak_bound` is "lower" where the run ended before the horizon: its peak is at least this.
    """

    config: str
    seed: int
    status: str
    reason: str | None
    t_s: float | None
    start_gb: float | None
    peak_gb: float | None
    peak_bound: str
    horizon_gb: float | None
    horizon_instant_gb: float | None
    before_stop_gb: float | None
    after_stop_gb: float | None
    after_drop_gb: float | None
    after_trim_gb: float | None
    cleanups: int
    cpu_s: float | None
    acceleration: float | None
    memory_scale: float
    hours: float
    floors_gb_per_hour: float | None


@dataclass(frozen=True)
class Verdict:
    """What became of a soak. `reasons` say why it is invalid or incomplete; they are empty otherwise.

    `confidence` is that of every interval; `leaks` has the quantities of every config that were recorded, and `shapes`
    their shapes by config and measure, of bytes only. A leak changes the status where a claim is about it (the metrics
    leak.*), and only there. `controls` are those that the soak carried out before its runs, None where it had none.
    `reductions` are all that may be claimed of the configs that the scenario is about, whatever is claimed; `limits`
    say when RSS reaches the machine's limit, of configs that did or that leak. `anchors` are the runs in other worlds,
    by which claims on what moves with the memory scale are judged.
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

    def shape(self, leak: ConfigLeak) -> Shape | None:
        """The shape of what was judged, None of counts and of runs too short to have one."""
        return self.shapes.get((leak.config, leak.measure.name))


def lacking_seeds(scenario: Scenario, verdict: Verdict) -> tuple[str, ...]:
    """What is open and may be decided by one more seed, in words; empty where runs are missing or no evidence.

    Of claims the predictions count; of leaks those of the configs that claims are about, of all configs where nothing
    is claimed; RSS of a small world is left out, since nothing is judged by it. What is named as a leak is not named as
    a claim again.
    """
    if verdict.reasons:
        return ()
    claimed = {config for claim in scenario.claims for config in claim.configs} or set(scenario.configs)
    leaks = [leak for leak in told_by(scenario, verdict.leaks) if leak.config in claimed and leak.verdict.lacks_seeds]
    claims = [
        claim
        for claim in verdict.claims
        if claim.kind == "prediction" and claim.lacks_seeds and claim.leak not in leaks
    ]
    return (*(f"{leak.measure.words} of {leak.config}" for leak in leaks), *(claim.name for claim in claims))


def open_so_far(scenario: Scenario, folder: Path) -> tuple[str, ...]:
    """What :func:`lacking_seeds` says of the runs that a result folder has so far."""
    _, runs = read_result(folder)
    return lacking_seeds(scenario, judge(scenario, runs, controls=read_controls(folder)))


def exit_code(verdict: Verdict) -> int:
    """The exit code of `soak` for this verdict."""
    return EXIT_CODES[verdict.status]


def to_json(verdict: Verdict) -> dict[str, Any]:
    """The content of verdict.json: plain values, null where not reached or open."""
    return {
        "format": FORMAT,
        "scenario": verdict.scenario,
        "memory_scale": verdict.memory_scale,
        "status": verdict.status,
        "reasons": list(verdict.reasons),
        "summary": summary_sentence(verdict),
        "controls": None if verdict.controls is None else _controls_json(verdict.controls),
        "confidence": verdict.confidence,
        "leaks": [_leak_json(leak, verdict.shape(leak)) for leak in verdict.leaks],
        "claims": [_claim_json(claim) for claim in verdict.claims],
        "limits": {config: dataclasses.asdict(limit) for config, limit in verdict.limits.items()},
        "reductions": [_reduction_json(one) for one in verdict.reductions],
        "runs": [dataclasses.asdict(run) for run in verdict.runs],
        "anchors": [dataclasses.asdict(run) for run in verdict.anchors],
    }


def write(verdict: Verdict, path: Path) -> None:
    """Write verdict.json, in one piece."""
    write_json(to_json(verdict), path)


def check_claims(scenario: Scenario) -> None:
    """Raise UsageError, naming the file, where a claim does not fit the metric that it names. Known before runs."""
    for claim in scenario.claims:
        try:
            metric_of(claim)
        except UsageError as error:
            raise UsageError(f"{shown_path(scenario.path)}: {error}") from None


def judge(
    scenario: Scenario,
    runs: Sequence[Run],
    *,
    name: str | None = None,
    controls: ControlRecord | None = None,
    anchors: Anchors = NO_ANCHORS,
) -> Verdict:
    """The verdict on all claims of a scenario from all its runs.

    `scenario` is the resolved one, at full scale; `name` stands for its own where it was read from a result folder.
    Where one of its `controls` failed, the soak is invalid. Claims on what moves with the memory scale are judged by
    its `anchors`; one that did not complete leaves them open, and nothing else. Raises UsageError where a claim does
    not fit its metric.
    """
    lacking = validity.incomplete_configs(scenario, runs)
    invalid = validity.invalidities(scenario, runs, controls)
    leaks = judge_leaks(scenario, runs)
    claims = tuple(
        judge_claim(
            claim,
            scenario,
            runs,
            leaks=leaks,
            anchors=anchors,
            incomplete="; ".join(lacking[config] for config in claim.configs if config in lacking),
        )
        for claim in scenario.claims
    )
    order = {config: place for place, config in enumerate(scenario.configs)}
    shapes = {
        (leak.config, leak.measure.name): config_shape(
            scenario, [run for run in runs if run.config == leak.config], leak.measure
        )
        for leak in leaks
        if not leak.measure.counted
    }
    ordered = sorted(runs, key=lambda run: (order.get(run.config, len(order)), run.config, run.seed))
    return Verdict(
        scenario=name or scenario.name,
        memory_scale=scenario.memory.scale,
        status=overall(claims, incomplete=bool(lacking), invalid=bool(invalid)),
        reasons=(*invalid, *lacking.values()),
        claims=claims,
        runs=tuple(summarise(run, scenario) for run in ordered),
        confidence=confidence_of(scenario),
        leaks=leaks,
        shapes={key: shape for key, shape in shapes.items() if shape is not None},
        controls=controls,
        reductions=reductions(scenario, runs),
        limits=_limits(scenario, runs, leaks),
        anchors=tuple(
            summarise(run, world.scenario)
            for worlds in anchors.worlds.values()
            for world in worlds
            for run in world.runs
        ),
    )


def _limits(scenario: Scenario, runs: Sequence[Run], leaks: Sequence[ConfigLeak]) -> dict[str, Limit]:
    """When each config reaches the machine's limit, of those that did or that leak."""
    found = {}
    for config in dict.fromkeys([*scenario.configs, *(run.config for run in runs)]):
        mine = [run for run in runs if run.config == config]
        telling = told_by(scenario, (leak for leak in leaks if leak.config == config))
        limit = limit_of(scenario, mine, leaking_rate(telling))
        if limit is not None:
            found[config] = limit
    return found


def overall(claims: Sequence[ClaimVerdict], *, incomplete: bool, invalid: bool) -> Status:
    """The status of a soak: invalid > incomplete > missed > inconclusive > met.

    A soak whose claims could none of them be judged is inconclusive; one without claims has nothing to miss.
    """
    if invalid:
        return "invalid"
    counts = {claim.counts_as for claim in claims}
    if incomplete or "incomplete" in counts:
        return "incomplete"
    if "missed" in counts:
        return "missed"
    unjudged = claims and all(claim.verdict in ("not applicable", "not testable") for claim in claims)
    return "inconclusive" if "inconclusive" in counts or unjudged else "met"


def summarise(run: Run, scenario: Scenario) -> RunSummary:
    """One run in numbers."""
    before, *after = (_known(stop_gb(run, step, "rss_bytes")) for step in STEPS)
    peak = levels.peak(run, scenario)
    return RunSummary(
        config=run.config,
        seed=run.seed,
        status=run.status,
        reason=run.facts.get("reason"),
        t_s=run.facts.get("t_s"),
        start_gb=levels.start(run, scenario).value,
        peak_gb=peak.value,
        peak_bound=peak.bound,
        horizon_gb=levels.horizon(run, scenario).value,
        horizon_instant_gb=levels.horizon_instant(run, scenario).value,
        before_stop_gb=before,
        after_stop_gb=after[0],
        after_drop_gb=after[1],
        after_trim_gb=after[2],
        cleanups=len(teeth.cleanup_times(run, scenario)),
        cpu_s=run.facts.get("cpu_s"),
        acceleration=run.facts.get("acceleration"),
        memory_scale=run.memory_scale,
        hours=scenario.time.hours,
        floors_gb_per_hour=floor_slope(run, scenario).value,
    )


def summary_sentence(verdict: Verdict) -> str:
    """One sentence a person would say of the soak."""
    if verdict.reasons:
        first, *others = verdict.reasons
        more = f" (and {len(others)} more)" if others else ""
        word = "This is no evidence" if verdict.status == "invalid" else "The soak is incomplete"
        return f"{word}: {first}{more}."
    configs = dict.fromkeys(run.config for run in verdict.runs)
    held = {
        config: _held([run for run in verdict.runs if run.config == config], scaled=verdict.memory_scale != 1)
        for config in configs
    }
    return headline.headline(verdict.claims, held)


def _held(runs: Sequence[RunSummary], *, scaled: bool) -> dict[str, str]:
    """What one config held, in words, by the reduction that it belongs to; of a small world its peak only."""
    words = {}
    peaks = [run.peak_gb for run in runs if run.peak_gb is not None]
    if peaks:
        limited = any(run.status == "limit" and run.peak_bound == "lower" for run in runs)
        verb = "reached the memory limit at" if limited else "peaked at"
        words["reduction.peak"] = f"{verb} {headline.amount(float(np.mean(peaks)), 'GB')}"
    horizons = [run.horizon_gb for run in runs if run.horizon_gb is not None]
    if horizons and not scaled:
        words["reduction.horizon"] = f"held {headline.amount(float(np.mean(horizons)), 'GB')}"
    return words


def _controls_json(controls: ControlRecord) -> dict[str, Any]:
    return {"short": controls.short, "status": controls.status, "failed": list(controls.failed)}


def _claim_json(claim: ClaimVerdict) -> dict[str, Any]:
    table = dataclasses.asdict(dataclasses.replace(claim, leak=None))
    del table["leak"]  # it is among the leaks
    table["values"] = {str(seed): value for seed, value in claim.values.items()}
    return {**table, "counts_as": claim.counts_as}


def _reduction_json(reduced: Reduced) -> dict[str, Any]:
    found = reduced.estimate
    return {
        "metric": reduced.metric,
        "moves_with_scale": METRICS[reduced.metric].moves_with_scale,
        "configs": [reduced.old, reduced.fixed],
        "estimate": found.estimate,
        "low": found.low,
        "high": found.high,
        "bound": found.bound,
        "reason": found.reason,
        "values": {str(seed): value for seed, value in found.values.items()},
    }


def _leak_json(leak: ConfigLeak, shape: Shape | None) -> dict[str, Any]:
    found = leak.verdict
    return {
        "config": leak.config,
        "measure": leak.measure.name,
        "verdict": found.outcome,
        "fragmentation": leak.fragmentation,
        "slope": found.slope,
        "low": found.low,
        "high": found.high,
        "unit": leak.measure.unit,
        "budget": leak.budget,
        "minimum_detectable": found.minimum_detectable,
        "hours_needed": found.hours_needed,
        "floors": found.floors,
        "part": found.part,
        "reason": found.reason,
        "values": {str(seed): slope for seed, slope in found.seed_slopes.items()},
        "shape": None if shape is None else dataclasses.asdict(shape),
    }


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
