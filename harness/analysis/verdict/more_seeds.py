"""Whether a soak runs one more seed: what is open in its verdict and may be decided by one."""

from __future__ import annotations

from harness.analysis.leaks.memory_limit import told_by
from harness.analysis.verdict.soak_verdict import Verdict
from harness.scenario import Scenario


def lacking_seeds(scenario: Scenario, verdict: Verdict) -> tuple[str, ...]:
    """What is open and may be decided by one more seed, in words; empty where runs are missing or no evidence.

    Where something is claimed, the predictions count, those on a leak too: what is true by construction needs no seeds.
    Where nothing is claimed, the leaks of all configs; RSS of a small world is left out, since nothing is judged by it.
    """
    if verdict.reasons:
        return ()
    if scenario.claims:
        predicted = [judged for judged in verdict.claims if judged.claim.kind == "prediction"]
        return tuple(judged.claim.name for judged in predicted if judged.lacks_seeds)
    leaks = [leak for leak in told_by(scenario, verdict.leaks) if leak.verdict.lacks_seeds]
    return tuple(f"{leak.measure.words} of {leak.config}" for leak in leaks)
