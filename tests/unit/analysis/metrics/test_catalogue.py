"""The table of metrics: every entry computes, pairs are paired by seed, and limits stay bounds."""

from __future__ import annotations

import numpy as np
import pytest

from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.metrics.catalogue.savings import reductions
from harness.analysis.runs import Runs
from harness.analysis.verdict.claim_verdict import judge_claim
from harness.scenario import Claim


def pair(make_run, old: dict[int, float], fixed: dict[int, float]) -> list:
    return [
        make_run([5, peak, 5], config=config, seed=seed)
        for config, peaks in (("old", old), ("fixed", fixed))
        for seed, peak in peaks.items()
    ]


def test_every_metric_is_described_and_reads_a_plain_run(make_run, make_scenario) -> None:
    runs = [make_run([5, 6, 7], config=config, seed=seed) for config in ("old", "fixed") for seed in (1, 2)]
    for name, metric in METRICS.items():
        assert metric.name == name
        assert metric.description
        estimate = metric.compute(Runs.of(make_scenario(hours=1 / 3), runs), ("old", "fixed")[: metric.configs])
        assert estimate.seeds == (1, 2)
        assert (estimate.estimate is None) == (estimate.lack is not None)


def test_a_reduction_is_paired_by_seed(make_run, make_scenario) -> None:
    runs = pair(make_run, {1: 20, 2: 40}, {2: 10, 1: 10})
    estimate = METRICS["reduction.peak"].compute(Runs.of(make_scenario(hours=1 / 3), runs), ("old", "fixed"))
    assert estimate.values == {1: 0.5, 2: 0.75}
    assert estimate.estimate == pytest.approx(1 - (0.5 * 0.25) ** 0.5)


def test_net_of_the_start(make_run, make_scenario) -> None:
    metric, scenario = METRICS["reduction.peak_net"], make_scenario(hours=1 / 3)
    assert metric.compute(
        Runs.of(scenario, pair(make_run, {1: 25}, {1: 7})), ("old", "fixed")
    ).estimate == pytest.approx(0.9)
    flat = metric.compute(Runs.of(scenario, pair(make_run, {1: 25}, {1: 5.1})), ("old", "fixed"))
    assert flat.lack == "not applicable"


@pytest.mark.parametrize("level", ["horizon", "horizon_instant", "mean"])
def test_net_of_the_start_at_other_levels(make_run, make_scenario, level: str) -> None:
    scenario = make_scenario(hours=1 / 3)
    runs = [make_run([5, 25, 20], config="old"), make_run([5, 6, 7], config="fixed")]
    gross, net = (METRICS[f"reduction.{level}{suffix}"] for suffix in ("", "_net"))
    old, fixed = (gross.readings(Runs.of(scenario, runs), config)[1].value for config in ("old", "fixed"))
    begun = METRICS["start"].readings(runs, "old")[1].value
    found = net.compute(Runs.of(scenario, runs), ("old", "fixed")).estimate
    assert found == pytest.approx(1 - (fixed - begun) / (old - begun))
    assert found > gross.compute(Runs.of(scenario, runs), ("old", "fixed")).estimate


def test_start_difference_is_signed(make_run, make_scenario) -> None:
    runs = [make_run([5, 6], config="old"), make_run([5.5, 6], config="fixed")]
    estimate = METRICS["start.difference"].compute(Runs.of(make_scenario(), runs), ("old", "fixed"))
    assert estimate.estimate == pytest.approx(0.1)


def test_an_old_run_at_the_limit_makes_the_reduction_a_lower_bound(make_run, make_scenario) -> None:
    runs = [
        *(make_run([5, 32], seed=seed, status="limit") for seed in (1, 2)),
        *(make_run([5, 8, 5], config="fixed", seed=seed) for seed in (1, 2)),
    ]
    scenario = make_scenario(hours=1 / 3)
    estimate = METRICS["reduction.peak"].compute(Runs.of(scenario, runs), ("old", "fixed"))
    assert (estimate.estimate, estimate.low, estimate.high, estimate.bound) == (0.75, 0.75, None, "lower")
    assert METRICS["reduction.horizon"].compute(Runs.of(scenario, runs), ("old", "fixed")).lack == "not reached"


def test_ten_times_as_often(make_run, make_scenario) -> None:
    events = {"old": (1000,), "fixed": (100, 200, 300)}
    runs = [
        make_run([5] * 3, config=config, events=[{"t_s": t, "kind": "cleanup_skipped"} for t in times])
        for config, times in events.items()
    ]
    estimate = METRICS["cleanup.frequency_ratio"].compute(Runs.of(make_scenario(hours=1 / 3), runs), ("old", "fixed"))
    assert estimate.estimate == pytest.approx(10)


def test_what_moves_with_the_scale_is_marked() -> None:
    assert {name for name, metric in METRICS.items() if metric.moves_with_scale} >= {
        "release.stop",
        "release.trim_gross",
        "sawtooth.trough_gb",
        "floors.slope_gb_per_hour",
    }
    assert not METRICS["peak"].moves_with_scale


def test_a_leak_is_read_in_budgets_of_its_own(make_run, make_scenario) -> None:
    minutes = np.arange(301)
    runs = [make_run(7 + 0.3 * minutes / 60, live_gb=2 + 0.15 * minutes / 60, every_s=60, seed=seed) for seed in (1, 2)]
    for run in runs:
        run.samples["tasks"] = 5 + minutes // 10  # six an hour; two in the 290 minutes judged are one budget
    scenario = make_scenario(hours=5)
    judged = Runs.of(scenario, runs)
    found = {name: METRICS[name].compute(judged, ("old",)) for name in METRICS if name.startswith("leak.")}
    assert {name: one.estimate for name, one in found.items() if one.estimate is not None} == {
        "leak.rss": pytest.approx(8, rel=0.02),
        "leak.live": pytest.approx(4, rel=0.02),
        "leak.tasks": pytest.approx(6 / (2 / (290 / 60)), rel=0.02),
    }
    assert found["leak.threads"].lack == "not applicable"
    assert found["leak.open_files"].reason == "seed 1: old recorded no open files under load"


def claimed(metric: str) -> Claim:
    about = {"configs": ("old", "fixed"), "expected": (0.6, 0.7), "better": "higher", "kind": "prediction"}
    return Claim(name=metric, metric=metric, source="the note", **about)


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
        mine, its = one.estimate, judged.estimate
        assert (mine.estimate, mine.low, mine.high) == (its.estimate, its.low, its.high)
    assert found[0].estimate.estimate == pytest.approx(1 - 7 / 27, abs=0.01)


def test_without_a_claim_on_a_reduction_there_is_none(make_run, make_scenario) -> None:
    assert reductions(make_scenario(), [make_run([5, 6])]) == ()
