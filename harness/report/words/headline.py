"""The one sentence a person would say of a soak, from the verdicts on its claims. Predictions make it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np

from harness.analysis.leaks.config_leaks import ConfigLeak
from harness.analysis.verdict.claim_verdict import ClaimVerdict
from harness.analysis.verdict.run_summary import RunSummary
from harness.analysis.verdict.soak_verdict import Verdict
from harness.report.words.amounts import BOUNDS, spoken, spoken_band
from harness.report.words.config_sentences import unclaimed_leaks
from harness.text import joined

RELEASES = {
    "release.stop": "stop() gave back",
    "release.drop": "dropping every reference gave back",
    "release.trim": "trimming the heap gave back",
}

LEAKS_TOLD = 2
"""Configs whose leaks no claim is about have a sentence each, of more the last are counted."""

NAMED = 3
"""Up to this many missed or undecided claims are named; of more, the last are counted."""


def summary_sentence(verdict: Verdict) -> str:
    """Return the one sentence that a person would say of the soak; a leak that no claim is about is another."""
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
    told, leaks = headline(verdict.claims, held), unclaimed_leaks(verdict)
    if not leaks:
        return told
    uncounted = [f"{len(leaks) - LEAKS_TOLD} more configs leak"] if len(leaks) > LEAKS_TOLD else []
    beside = " ".join(f"{leak[0].upper()}{leak[1:]}." for leak in [*leaks[:LEAKS_TOLD], *uncounted])
    return f"{told} {beside}" if verdict.claims else f"{beside} {told}"


def headline(claims: Sequence[ClaimVerdict], held: Mapping[str, Mapping[str, str]]) -> str:
    """Return the sentence on `claims`; `held` says by config and reduction metric what was held ("peaked at 7.1 GB").

    Told in full: the first reduction, every release and every leak that was found among the predictions, or else the
    first two predictions. The others are counted, those missed or undecided named. Without predictions it speaks of all
    claims.
    """
    spoken = [judged for judged in claims if judged.claim.kind == "prediction"] or list(claims)
    valued = [judged for judged in spoken if judged.estimate.estimate is not None]
    reductions = [judged for judged in valued if judged.metric.name.startswith("reduction.")][:1]
    releases = [judged for judged in valued if judged.metric.name in RELEASES]
    leaking = [judged for judged in spoken if judged.leak and judged.outcome == "missed" and not judged.claim.known]
    told = reductions + releases + leaking
    parts = [_reduction(judged, held) for judged in reductions] + _releases(releases)
    parts += _leaks([judged.leak for judged in leaking if judged.leak is not None])
    if not told:
        told = valued[:2]
        parts = [_plain(judged) for judged in told]
    what = "prediction" if any(judged.claim.kind == "prediction" for judged in spoken) else "claim"
    parts += _others([judged for judged in spoken if judged not in told], what=what)
    text = "; ".join(parts) or "nothing was claimed"
    return f"{text[0].upper()}{text[1:]}."


def relation(judged: ClaimVerdict) -> str:
    """Say how the estimate stands to the band: as expected, more than the expected 60-70 %."""
    claim, outcome, estimate = judged.claim, judged.outcome, judged.estimate.estimate
    if judged.guard:
        return f"missed: {judged.guard}"
    if outcome == "met":
        return "as expected" if claim.known is None else "as expected, against a known miss"
    expected = spoken_band(claim.expected, judged.metric.unit)
    if outcome not in ("exceeded", "missed") or estimate is None:
        undecided = "a known miss, open" if judged.as_known else "undecided"
        return f"{expected} expected, {undecided if outcome == 'inconclusive' else outcome}"
    _, high = claim.expected
    side = "more" if high is not None and estimate > high else "less"
    known = ", a known miss" if claim.known == "missed" and outcome == "missed" else ""
    if expected.startswith("at "):
        return f"{expected} expected{known}"
    return f"{side} than the expected {expected}{known}"


def _reduction(judged: ClaimVerdict, held: Mapping[str, Mapping[str, str]]) -> str:
    a, b = judged.claim.configs
    share = judged.estimate.estimate or 0.0
    bound = BOUNDS[judged.estimate.bound]
    saved = f"{bound}{spoken(abs(share), 'share')} {'less' if share >= 0 else 'more'}"
    before, after = (held.get(config, {}).get(judged.metric.name) for config in (a, b))
    if before is None or after is None:
        return f"{judged.claim.name}: {b} takes {saved} than {a} ({relation(judged)})"
    return f"{b} {after} where {a} {before} ({saved}, {relation(judged)})"


def _releases(claims: Sequence[ClaimVerdict]) -> list[str]:
    parts = []
    for metric, group in groupby(claims, key=lambda judged: judged.metric.name):
        shares = []
        for judged in group:
            share = spoken(judged.estimate.estimate or 0.0, "share")
            shares.append(f"{share} of what {judged.claim.configs[0]} had grown ({relation(judged)})")
        parts.append(f"{RELEASES[metric]} {joined(shares)}")
    return parts


def _leaks(leaks: Sequence[ConfigLeak]) -> list[str]:
    """Say what leaks, by config; quantities of one budget share a sentence."""
    parts = []
    for (config, counted, budget, _), group in groupby(
        leaks, key=lambda leak: (leak.config, leak.measure.counted, leak.budget, leak.verdict.outcome)
    ):
        same = list(group)
        rates = [(leak.measure.words, leak.verdict.slope or 0.0) for leak in same]
        if counted:
            found = joined([f"{rate:.3g} {words} an hour" for words, rate in rates])
        else:
            found = joined([f"{rate:.3g} GB/h in {words}" for words, rate in rates])
        verdict = same[0].verdict
        where = f" in {len(verdict.leaking)} of {verdict.runs} runs" if verdict.outcome == "SOME" else ""
        parts.append(f"{config} leaks{where}: {found} where {budget:.3g} is allowed")
    return parts


def _plain(judged: ClaimVerdict) -> str:
    return f"{judged.claim.name}: {spoken(judged.estimate.estimate or 0.0, judged.metric.unit)} ({relation(judged)})"


def _others(claims: Sequence[ClaimVerdict], *, what: str) -> list[str]:
    """Return the claims that are not told in full: how many hold, and the names of those that do not."""
    parts = []
    kept = [judged for judged in claims if judged.outcome in ("met", "exceeded")]
    if kept:
        parts.append(f"{len(kept)} more {what}{'s hold' if len(kept) > 1 else ' holds'}")
    missed = [judged for judged in claims if judged.outcome == "missed"]
    for word, those in (
        ("missed", [judged for judged in missed if judged.claim.known is None]),
        ("missed as known", [judged for judged in missed if judged.claim.known is not None]),
        ("undecided", [judged for judged in claims if judged.outcome == "inconclusive" and not judged.as_known]),
        ("known misses that are open", [judged for judged in claims if judged.as_known]),
    ):
        names = [judged.claim.name for judged in those]
        if names:
            shown = names if len(names) <= NAMED else [*names[: NAMED - 1], f"{len(names) - NAMED + 1} others"]
            parts.append(f"{word}: {joined(shown)}")
    return parts


def _held(runs: Sequence[RunSummary], *, scaled: bool) -> dict[str, str]:
    """Return what one config held, in words, by the reduction that it belongs to; of a small world its peak only."""
    words = {}
    peaks = [run.peak_gb for run in runs if run.peak_gb is not None]
    if peaks:
        limited = any(run.status == "limit" and run.peak_bound == "lower" for run in runs)
        verb = "reached the memory limit at" if limited else "peaked at"
        words["reduction.peak"] = f"{verb} {spoken(float(np.mean(peaks)), 'GB')}"
    horizons = [run.horizon_gb for run in runs if run.horizon_gb is not None]
    if horizons and not scaled:
        words["reduction.horizon"] = f"held {spoken(float(np.mean(horizons)), 'GB')}"
    return words
