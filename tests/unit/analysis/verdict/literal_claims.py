"""A claim with its verdict, written down by hand."""

from __future__ import annotations

from typing import Any

from harness.analysis.estimates import Bound, Estimate, Reading
from harness.analysis.leaks.config_leaks import ConfigLeak
from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.verdict.claim_verdict import ClaimVerdict, Outcome
from harness.scenario import Claim


def claim_verdict(
    outcome: Outcome = "exceeded",
    value: float | None = 0.716,
    *,
    bound: Bound = "exact",
    leak: ConfigLeak | None = None,
    **changes: Any,
) -> ClaimVerdict:
    """Two seeds of a reduction that exceeded its band, 71.6 % where 60 to 70 were expected; `changes` are its claim's.

    The claim is not validated: what is read off it may be tried with bands that nobody may claim.
    """
    table: dict[str, Any] = {
        "name": "less at the peak",
        "metric": "reduction.peak",
        "configs": ("old", "fixed"),
        "kind": "prediction",
        "expected": (0.6, 0.7),
        "better": "higher",
        "source": "Expected results",
        **changes,
    }
    estimate = Estimate(value, 0.713, 0.7201, bound, {1: Reading(0.715), 2: Reading(0.717)})
    claim = Claim.model_construct(**table)
    return ClaimVerdict(claim, METRICS[claim.metric], outcome, estimate, arithmetic=0.72, leak=leak)
