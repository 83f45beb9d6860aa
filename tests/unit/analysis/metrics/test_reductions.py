"""Every reduction of the two configs that a scenario is about, whatever is claimed."""

from __future__ import annotations

import pytest

from harness.analysis.metrics.reductions import reductions
from harness.analysis.verdict.claims import judge_claim
from harness.scenario import Claim


def claimed(metric: str) -> Claim:
    return Claim(
        name=metric,
        metric=metric,
        configs=("old", "fixed"),
        expected=(0.6, 0.7),
        better="higher",
        kind="prediction",
        source="the note",
    )


def test_all_that_may_be_claimed_is_there_as_a_claim_would_have_it(make_run, make_scenario) -> None:
    names = [
        f"reduction.{level}{net}" for level in ("peak", "horizon", "horizon_instant", "mean") for net in ("", "_net")
    ]
    scenario = make_scenario(hours=1 / 3, claims=[claimed(name) for name in names])
    runs = [
        *(make_run([5, 15, 25 + seed], seed=seed) for seed in (1, 2, 3)),
        *(make_run([5, 6, 7], config="fixed", seed=seed) for seed in (1, 2, 3)),
    ]
    found = reductions(scenario, runs)
    assert [one.metric.name for one in found] == names
    for one, claim in zip(found, scenario.claims, strict=True):
        judged = judge_claim(claim, scenario, runs)
        assert (one.old, one.fixed) == ("old", "fixed")
        assert (one.estimate.estimate, one.estimate.low, one.estimate.high) == (
            judged.estimate.estimate,
            judged.estimate.low,
            judged.estimate.high,
        )
    assert found[0].estimate.estimate == pytest.approx(1 - 7 / 27, abs=0.01)


def test_without_a_claim_on_a_reduction_there_is_none(make_run, make_scenario) -> None:
    assert reductions(make_scenario(), [make_run([5, 6])]) == ()
