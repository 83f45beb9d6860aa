"""Whether a soak runs one more seed: what is open in its verdict and may be decided by one."""

from __future__ import annotations

from harness.analysis.leaks.limit import told_by
from harness.analysis.verdict.soak_verdict import Verdict
from harness.scenario import Scenario


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
        judged.claim.name
        for judged in verdict.claims
        if judged.claim.kind == "prediction" and judged.lacks_seeds and judged.leak not in leaks
    ]
    return (*(f"{leak.measure.words} of {leak.config}" for leak in leaks), *claims)
