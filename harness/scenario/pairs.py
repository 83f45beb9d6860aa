"""Which two configs a scenario is about."""

from __future__ import annotations

from harness.scenario.settings import Scenario


def reduction_pair(scenario: Scenario) -> tuple[str, str] | None:
    """The config without the fix and the one with it: those of the first claim on a reduction, None without such."""
    for claim in scenario.claims:
        if claim.metric.startswith("reduction."):
            return claim.configs[0], claim.configs[-1]
    return None
