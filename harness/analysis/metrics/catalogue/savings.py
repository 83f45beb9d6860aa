"""What one config saves of another at every level, whether or not a claim is about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.analysis.estimates import Estimate
from harness.analysis.leaks.sequential import confidence_of
from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.metrics.catalogue.metric import Metric
from harness.analysis.metrics.catalogue.resident import LEVELS
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
    """Every reduction of the two configs that the scenario is about, gross and net of the start: a claim says which.

    None where no claim is about a reduction.
    """
    pair = scenario.reduction_pair()
    if pair is None:
        return ()
    confidence, soaked = confidence_of(scenario), Runs.of(scenario, runs)
    metrics = [METRICS[f"reduction.{level}{net}"] for level in LEVELS for net in ("", "_net")]
    return tuple(Reduced(metric, *pair, metric.compute(soaked, pair, confidence)) for metric in metrics)
