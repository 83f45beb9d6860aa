"""What a claim opens to: what it is about, what each seed says, by what it is judged, where it comes from."""

from __future__ import annotations

from harness.analysis.estimates import Estimate
from harness.analysis.verdict.claim_verdict import ClaimVerdict
from harness.report.words.amounts import measured, value, with_unit
from harness.text import joined

Details = tuple[tuple[str, str], ...]
"""Pairs of what is told and its words."""


def claim_details(judged: ClaimVerdict, memory_scale: float) -> Details:
    """Return what is told of a claim beside its band, what was measured, and why it ends as it does."""
    claim, unit = judged.claim, judged.metric.unit
    told = {
        "Metric": f"{claim.metric} of {joined(claim.configs)}",
        "Guard": judged.guard,
        "By arithmetic alone": "" if judged.arithmetic is None else with_unit(value(judged.arithmetic, unit), unit),
        "By seed": by_seed(judged.estimate, unit),
        "Judged by": "" if judged.basis_words in judged.reason else judged.basis_words,
        f"In the world of {memory_scale:g}": "" if judged.small.estimate is None else measured(judged.small, unit),
        "Kind": claim.kind if claim.known is None else f"{claim.kind}, a known miss",
        "Source": claim.source,
        "Note": claim.note or "",
        "Known to be missed": claim.reason or "" if claim.known and (claim.reason or "") not in judged.reason else "",
    }
    return tuple((label, str(words)) for label, words in told.items() if words)


def by_seed(estimate: Estimate, unit: str) -> str:
    """Return the value of each seed: ``1: 27.1 %, 2: not measured``."""
    words = {
        seed: "not measured" if amount is None else with_unit(value(amount, unit), unit)
        for seed, amount in estimate.values.items()
    }
    return ", ".join(f"{seed}: {text}" for seed, text in words.items())
