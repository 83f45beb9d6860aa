"""Every reduction of memory that one config may be said to have, gross and net of the start: the claim says which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.analysis.estimates import Estimate
from harness.analysis.leaks.sequential import confidence_of
from harness.analysis.metrics.table import LEVELS, METRICS, Metric
from harness.analysis.runs import Run, Runs
from harness.scenario import Scenario


@dataclass(frozen=True)
class Reduced:
    """What `fixed` saves of `old` by one metric, as a share, with its interval at the confidence of the soak."""

    metric: Metric
    old: str
    fixed: str
    estimate: Estimate


def reductions(scenario: Scenario, runs: Sequence[Run]) -> tuple[Reduced, ...]:
    """All of them, for the two configs that the scenario is about; none where no claim is about a reduction."""
    pair = scenario.reduction_pair()
    if pair is None:
        return ()
    confidence, soaked = confidence_of(scenario), Runs.of(scenario, runs)
    metrics = [METRICS[f"reduction.{level}{net}"] for level in LEVELS for net in ("", "_net")]
    return tuple(Reduced(metric, *pair, metric.compute(soaked, pair, confidence)) for metric in metrics)
