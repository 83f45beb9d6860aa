"""metrics.json: a value and its interval for each claim that has one, and nothing of what is no evidence."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any, cast

from harness.analysis.estimates import NO_ESTIMATE
from harness.analysis.verdict.soak_verdict import Verdict
from harness.report.machines.bencher_metrics import metrics


def verdict(status: str = "met", **ends: float | None) -> Verdict:
    """A verdict as far as it is read here: one claim on the peak with this estimate, one without a value."""

    def judged(name: str, estimate: Any) -> Any:
        return SimpleNamespace(claim=SimpleNamespace(name=name, metric="peak"), estimate=estimate)

    claims = (judged("a", dataclasses.replace(NO_ESTIMATE, **ends)), judged("b", NO_ESTIMATE))
    return cast("Verdict", SimpleNamespace(status=status, claims=claims))


def test_a_claim_has_its_value_and_its_interval() -> None:
    told = metrics(verdict(estimate=7.1, low=7.0, high=7.2))
    assert told == {"a": {"peak": {"value": 7.1, "lower_value": 7.0, "upper_value": 7.2}}}


def test_an_open_end_is_left_out() -> None:
    assert metrics(verdict(estimate=32.0, low=31.9, high=None)) == {"a": {"peak": {"value": 32.0, "lower_value": 31.9}}}


def test_of_an_invalid_soak_nothing_is_told() -> None:
    assert metrics(verdict("invalid", estimate=7.1)) == {}
