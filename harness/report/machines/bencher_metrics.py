"""metrics.json: the claims of a soak as Bencher reads measurements, so that their course over commits can be kept.

`{claim: {metric: {"value", "lower_value", "upper_value"}}}`: the estimate and the ends of its interval, in the unit of
the metric (GB at full scale, shares as fractions). An end that is open is left out, and so is a claim without a value.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.analysis.verdict.soak_verdict import Verdict
from harness.files import write_json

METRICS_FILE = "metrics.json"


def write_metrics(verdict: Verdict, folder: Path) -> None:
    """Write the file, in one piece. Raises OSError where that cannot be."""
    write_json(metrics(verdict), folder / METRICS_FILE)


def metrics(verdict: Verdict) -> dict[str, Any]:
    """Return the content; empty for a soak that is no evidence, since nothing of it is a measurement."""
    if verdict.status == "invalid":
        return {}
    content: dict[str, Any] = {}
    for judged in verdict.claims:
        estimate = judged.estimate
        ends = {"value": estimate.estimate, "lower_value": estimate.low, "upper_value": estimate.high}
        if estimate.estimate is not None:
            known = {name: end for name, end in ends.items() if end is not None}
            content[judged.claim.name] = {judged.claim.metric: known}
    return content
