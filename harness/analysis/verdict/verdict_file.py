"""verdict.json: what became of a soak, for other programs.

Format 4 (2026): what a config maps itself has the measure mappings; `findings` say of every config what all its
measures come to; `grown_gb` is how the lines of RSS changed over the load; a soak that is incomplete is judged by the
runs that finished: a claim has `seeds_judged`, `seeds_due`, and `lacking` ("2 of 3 seeds", empty where it lacks none);
the status of a run may be "running" or "damaged"; a run has `rows_on_disk`, null where `target.persisted` names none.
Format 3 (2026): a config may leak in SOME of its runs; `leaking` are the seeds that leak by themselves;
`load` is what the load explains of the growth, null where it is flat or was not recorded (`load_recorded`);
a config that started processes has the measures children and tree, with the `command` that grows most where they leak,
and `children` has what each command held, GB at full scale.
Format 2 (2026): what moves with the memory scale is judged at full scale: a claim's estimate is that of its `basis`,
what the small world says is `small_estimate`; `anchors` are the runs in other worlds.
Format 1 (2026): first version; `confidence`, `leaks`, `limits`, `controls` and `reductions` came later.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.analysis.config_finding import Finding, findings
from harness.analysis.leaks.config_leaks import ConfigLeak
from harness.analysis.leaks.load_decision import Explained
from harness.analysis.leaks.shape import Shape
from harness.analysis.metrics.catalogue.savings import Reduced
from harness.analysis.verdict.claim_verdict import ClaimVerdict
from harness.analysis.verdict.control_record import ControlRecord
from harness.analysis.verdict.soak_verdict import Verdict
from harness.files import write_json

FORMAT = 4
VERDICT_FILE = "verdict.json"


def content(verdict: Verdict, summary: str, sentences: Mapping[str, str]) -> dict[str, Any]:
    """The content of verdict.json: plain values, null where not reached or open; `summary` is the headline.

    `sentences` say by config whether it leaks.
    """
    return {
        "format": FORMAT,
        "scenario": verdict.scenario,
        "memory_scale": verdict.memory_scale,
        "status": verdict.status,
        "reasons": list(verdict.reasons),
        "summary": summary,
        "controls": None if verdict.controls is None else _controls_json(verdict.controls),
        "confidence": verdict.confidence,
        "leaks": [_leak_json(leak, verdict.shape(leak)) for leak in verdict.leaks],
        "findings": [
            _finding_json(found, sentences.get(found.config))
            for found in findings(verdict.leaks, verdict.memory_scale).values()
        ],
        "claims": [_claim_json(claim) for claim in verdict.claims],
        "limits": {config: dataclasses.asdict(limit) for config, limit in verdict.limits.items()},
        "reductions": [_reduction_json(reduced) for reduced in verdict.reductions],
        "runs": [dataclasses.asdict(run) for run in verdict.runs],
        "anchors": [dataclasses.asdict(run) for run in verdict.anchors],
        **({"children": [dataclasses.asdict(one) for one in verdict.children]} if verdict.children else {}),
    }


def write(verdict: Verdict, summary: str, sentences: Mapping[str, str], path: Path) -> None:
    """Write verdict.json, in one piece."""
    write_json(content(verdict, summary, sentences), path)


def _finding_json(found: Finding, sentence: str | None) -> dict[str, Any]:
    """All verdicts on one config together: what leaks, the gravest first, and the sentence that `explain` says too."""
    return {
        "config": found.config,
        "outcome": found.outcome,
        "leaking": [leak.measure.name for leak in found.leaking],
        "sentence": sentence,
    }


def _controls_json(controls: ControlRecord) -> dict[str, Any]:
    return {"short": controls.short, "status": controls.status, "failed": list(controls.failed)}


def _claim_json(judged: ClaimVerdict) -> dict[str, Any]:
    """A claim and what became of it; the verdict on its leak is among the leaks."""
    claim, metric, estimate, small = judged.claim, judged.metric, judged.estimate, judged.small
    return {
        "name": claim.name,
        "metric": claim.metric,
        "configs": claim.configs,
        "kind": claim.kind,
        "expected": claim.expected,
        "tolerance": claim.tolerance,
        "better": claim.better,
        "estimate": estimate.estimate,
        "low": estimate.low,
        "high": estimate.high,
        "bound": estimate.bound,
        "arithmetic": judged.arithmetic,
        "unit": metric.unit,
        "verdict": judged.outcome,
        "known": claim.known,
        "reason": judged.reason,
        "source": claim.source,
        "note": claim.note,
        "moves_with_scale": metric.moves_with_scale,
        "seeds": estimate.seeds,
        "seeds_judged": judged.seeds_judged,
        "seeds_due": judged.seeds_due,
        "lacking": judged.lacking,
        "values": _by_seed(estimate.values),
        "guard": judged.guard,
        "basis": judged.basis,
        "basis_words": judged.basis_words,
        "small_estimate": small.estimate,
        "small_low": small.low,
        "small_high": small.high,
        "counts_as": judged.counts_as,
    }


def _reduction_json(reduced: Reduced) -> dict[str, Any]:
    estimate = reduced.estimate
    return {
        "metric": reduced.metric.name,
        "moves_with_scale": reduced.metric.moves_with_scale,
        "configs": [reduced.old, reduced.fixed],
        "estimate": estimate.estimate,
        "low": estimate.low,
        "high": estimate.high,
        "bound": estimate.bound,
        "reason": estimate.reason,
        "values": _by_seed(estimate.values),
    }


def _leak_json(leak: ConfigLeak, shape: Shape | None) -> dict[str, Any]:
    judged = leak.verdict
    return {
        "config": leak.config,
        "measure": leak.measure.name,
        "verdict": judged.outcome,
        "fragmentation": leak.fragmentation,
        "grown_gb": dict(leak.grown) or None,
        "slope": judged.slope,
        "low": judged.low,
        "high": judged.high,
        "unit": leak.measure.unit,
        "budget": leak.budget,
        "minimum_detectable": judged.minimum_detectable,
        "hours_needed": judged.hours_needed,
        "floors": judged.floors,
        "part": judged.part,
        "reason": judged.reason,
        "leaking": list(judged.leaking),
        "confidence": judged.confidence,
        "load": None if judged.load is None else _load_json(judged.load),
        "load_recorded": judged.load_recorded,
        "values": _by_seed(judged.seed_slopes),
        "shape": None if shape is None else dataclasses.asdict(shape),
        **({} if leak.command is None else {"command": dataclasses.asdict(leak.command)}),
    }


def _load_json(load: Explained) -> dict[str, Any]:
    """What the load explains of the growth, and what is left."""
    return {
        "share": load.share,
        "kept": load.kept,
        "window_h": load.window_h,
        "windows_h": load.windows_h,
        "slope": load.slope,
        "low": load.low,
        "high": load.high,
    }


def _by_seed(values: Mapping[int, float | None]) -> dict[str, float | None]:
    return {str(seed): value for seed, value in values.items()}
