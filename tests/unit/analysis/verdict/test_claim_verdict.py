"""Claims against bands: every place an interval can lie, and what a known miss turns it into."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from harness.analysis.estimates import Bound, Estimate, Reading, absent, over_seeds
from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.runs import Runs
from harness.analysis.verdict.claim_verdict import (
    ClaimVerdict,
    against_band,
    by_each_run,
    check_claims,
    judge_claim,
    metric_of,
)
from harness.errors import UsageError
from harness.scenario import Claim
from tests.unit.analysis.verdict import literal_soak


def claim(**changes: Any) -> Claim:
    table = {
        "name": "old peaks at 8-10 GB",
        "metric": "peak",
        "configs": ("old",),
        "expected": (8.0, 10.0),
        "better": "lower",
        "kind": "prediction",
        "source": "Expected results",
    }
    return Claim.model_validate({**table, **changes})


def lost(**by_seed: float) -> Estimate:
    """What runs lost by seed, ``s1=48``; counted, so exact."""
    return over_seeds({int(seed[1:]): Reading(float(value)) for seed, value in by_seed.items()}, counted=True)


@pytest.mark.parametrize(
    ("counts", "band", "better", "verdict", "reason"),
    [
        ({"s1": 48}, (0.0, 0.0), "neither", "missed", ""),  # one run decides what is counted
        ({"s1": 0}, (0.0, 0.0), "neither", "met", ""),
        ({"s1": 0, "s2": 48, "s3": 0}, (0.0, 0.0), "lower", "missed", "in 1 of 3 runs (seed 2)"),
        ({"s1": 9, "s2": 48, "s3": 0}, (0.0, 0.0), "lower", "missed", "in 2 of 3 runs (seeds 1, 2)"),
        ({"s1": 8, "s2": 48}, (0.0, 0.0), "lower", "missed", ""),
        ({"s1": 3, "s2": 7}, (0.0, 10.0), "lower", "met", ""),
        ({"s1": 30, "s2": 60}, (10.0, 50.0), "higher", "met", ""),
        ({"s1": 60, "s2": 70}, (10.0, 50.0), "higher", "exceeded", ""),
        ({"s1": 60, "s2": 7}, (10.0, 50.0), "higher", "missed", "in 1 of 2 runs (seed 2)"),
    ],
)
def test_what_is_counted_is_decided_by_each_run(
    counts: dict[str, float], band: tuple[float, float], better: str, verdict: str, reason: str
) -> None:
    assert by_each_run(band, lost(**counts), better) == (verdict, reason)


def test_a_count_that_is_a_bound_decides_where_it_can() -> None:
    cut = over_seeds({1: Reading(0.0, "lower", reason="old died at 1 h"), 2: Reading(0.0)}, counted=True)
    outcome, reason = by_each_run((0.0, 0.0), cut, "lower") or ("", "")
    assert (outcome, reason.partition(":")[0]) == ("inconclusive", "old died at 1 h")
    cut = over_seeds({1: Reading(3.0, "lower", reason="old died at 1 h"), 2: Reading(0.0)}, counted=True)
    assert by_each_run((0.0, 0.0), cut, "lower") == ("missed", "in 1 of 2 runs (seed 1)")


def test_a_run_that_does_not_count_leaves_open_what_the_others_do_not_decide() -> None:
    silent = absent("not applicable", "old does not count lost samples")
    assert by_each_run((0.0, 0.0), over_seeds({1: Reading(0.0), 2: silent}, counted=True), "lower") is None
    found = by_each_run((0.0, 0.0), over_seeds({1: Reading(5.0), 2: silent}, counted=True), "lower")
    assert found == ("missed", "in 1 of 2 runs (seed 1)")


def test_one_seed_that_lost_samples_has_missed_and_is_told_with_its_share(make_run, make_scenario) -> None:
    counters = {"collected": 60, "persisted": 12, "lost": 48}
    stopped = {"before": {"rss_bytes": 1}, "after_stop": {"rss_bytes": 1}}
    none_lost = {"metric": "samples.lost", "expected": (0.0, 0.0), "tolerance": 0.0, "better": "neither"}
    run = make_run([5, 9], counters=counters, stop=stopped)
    verdict = judge_claim(claim(**none_lost), make_scenario(hours=1 / 6), [run])
    assert (verdict.outcome, verdict.reason) == ("missed", "old lost 48 of 60 samples (80 %)")
    assert (verdict.estimate.low, verdict.estimate.high, verdict.lacks_seeds) == (48, 48, False)
    whole = make_run([5, 9], counters={"collected": 60, "persisted": 60, "lost": 0}, stop=stopped)
    verdict = judge_claim(claim(**none_lost), make_scenario(hours=1 / 6), [whole])
    assert (verdict.outcome, verdict.reason) == ("met", "")


@pytest.fixture
def judged(make_run, make_scenario):
    """The verdict on a claim about `old`, from the peaks of its seeds; "limit" where they reached the limit."""

    def judge(peaks: list[float], status: str = "complete", incomplete: str = "", **changes: Any) -> ClaimVerdict:
        runs = [make_run([5, peak], seed=seed, status=status) for seed, peak in enumerate(peaks)]
        hours = 1 / 6 if status == "complete" else 5
        return judge_claim(claim(**changes), make_scenario(hours=hours), runs, incomplete=incomplete)

    return judge


@pytest.mark.parametrize(
    ("low", "high", "better", "verdict"),
    [
        (8.0, 10.0, "lower", "met"),  # the ends belong to the band
        (8.5, 9.5, "neither", "met"),
        (10.1, 11.0, "lower", "missed"),
        (10.1, 11.0, "higher", "exceeded"),
        (10.1, 11.0, "neither", "missed"),
        (7.0, 7.9, "lower", "exceeded"),
        (7.0, 7.9, "higher", "missed"),
        (7.0, 7.9, "neither", "missed"),
        (7.9, 8.1, "lower", "inconclusive"),
        (9.9, 10.1, "neither", "inconclusive"),
        (7.0, 11.0, "higher", "inconclusive"),
        (10.0 + 1e-12, 10.0 + 1e-12, "higher", "met"),  # the last digit of a float
    ],
)
def test_where_an_interval_lies(low: float, high: float, better: str, verdict: str) -> None:
    estimate = Estimate((low + high) / 2, low, high, "exact", {})
    assert against_band((8.0, 10.0), estimate, better)[0] == verdict


@pytest.mark.parametrize(
    ("band", "bound", "value", "better", "verdict"),
    [
        ((8.0, 10.0), "lower", 32.0, "lower", "missed"),  # at least 32 is above 8-10 whatever comes
        ((24.5, None), "lower", 32.0, "neither", "met"),
        ((24.5, 25.5), "lower", 20.0, "neither", "inconclusive"),
        ((0.6, 0.7), "lower", 0.75, "higher", "exceeded"),
        ((0.6, 0.7), "lower", 0.65, "higher", "inconclusive"),
        ((0.6, 0.7), "upper", 0.5, "higher", "missed"),
        ((0.6, 0.7), "upper", 0.65, "higher", "inconclusive"),
        ((None, 0.7), "upper", 0.65, "higher", "met"),
    ],
)
def test_a_bound_decides_where_it_can(
    band: tuple[float | None, float | None], bound: Bound, value: float, better: str, verdict: str
) -> None:
    low, high = (value, None) if bound == "lower" else (None, value)
    assert against_band(band, Estimate(value, low, high, bound, {}), better)[0] == verdict


def test_an_interval_is_judged_not_an_estimate(judged) -> None:
    assert judged([9.0, 9.1, 8.9]).outcome == "met"
    assert judged([8.1, 8.2, 8.0]).outcome == "inconclusive"
    assert judged([7.0, 7.0, 7.0]).outcome == "exceeded"
    assert judged([25.0, 25.1, 24.9]).outcome == "missed"


def test_tolerance_widens_both_sides(judged) -> None:
    assert judged([7.6, 7.6], tolerance=0.5).outcome == "met"
    assert judged([10.4, 10.4], tolerance=0.5).outcome == "met"
    assert judged([10.6, 10.6], tolerance=0.5).outcome == "missed"


def test_one_seed_decides_nothing_unless_it_ran_into_the_limit(judged) -> None:
    verdict = judged([25.0])
    assert (verdict.outcome, verdict.estimate.estimate, verdict.estimate.low) == ("inconclusive", 25.0, None)
    assert "--seeds 2" in verdict.reason
    limited = judged([32.0], status="limit")
    assert (limited.outcome, limited.estimate.bound, limited.estimate.low, limited.estimate.high) == (
        "missed",
        "lower",
        32.0,
        None,
    )
    assert limited.reason == "old reached the memory limit at 0.17 h"


def test_what_lies_beyond_the_limit_is_undecided_with_the_reason(judged) -> None:
    verdict = judged([32.0, 32.0], status="limit", metric="horizon")
    assert (verdict.outcome, verdict.estimate.estimate) == ("inconclusive", None)
    assert "reached the memory limit" in verdict.reason


def test_too_small_a_denominator_is_not_applicable(judged) -> None:
    assert judged([9.0, 9.0], metric="sawtooth.crest_gb").outcome == "not applicable"


def test_not_testable_keeps_what_was_measured_and_judges_nothing(judged) -> None:
    verdict = judged([25.0, 25.0], not_testable="the model cannot reach it")
    assert (verdict.outcome, verdict.reason, verdict.estimate.estimate) == (
        "not testable",
        "the model cannot reach it",
        25.0,
    )
    assert verdict.counts_as == "nothing"


def test_a_claim_about_an_unfinished_run_has_no_number(judged) -> None:
    verdict = judged([9.0, 9.0], incomplete="old seed 1 died at 1.20 h")
    assert (verdict.outcome, verdict.estimate.estimate, verdict.reason) == (
        "incomplete",
        None,
        "old seed 1 died at 1.20 h",
    )
    assert verdict.counts_as == "incomplete"


@pytest.mark.parametrize(
    ("peaks", "verdict", "counts_as", "known_counts_as"),
    [
        ([9.0, 9.0], "met", "met", "missed"),
        ([7.0, 7.0], "exceeded", "met", "missed"),
        ([25.0, 25.0], "missed", "missed", "nothing"),
        ([25.0], "inconclusive", "inconclusive", "nothing"),
        ([10.0, 25.0], "inconclusive", "inconclusive", "nothing"),
        ([7.0, 10.9], "inconclusive", "inconclusive", "inconclusive"),
    ],
)
def test_a_known_miss_is_a_strict_expected_failure(
    judged, peaks: list[float], verdict: str, counts_as: str, known_counts_as: str
) -> None:
    plain, known = judged(peaks), judged(peaks, known="missed", reason="the note contradicts itself")
    assert (plain.outcome, known.outcome) == (verdict, verdict)
    assert (plain.counts_as, known.counts_as) == (counts_as, known_counts_as)
    assert "the note contradicts itself" in known.reason
    assert ("known miss is" in known.reason) == (known_counts_as == "missed")
    assert known.as_known == (verdict == "inconclusive" and known_counts_as == "nothing")
    assert not plain.as_known
    assert not known.as_known or not known.lacks_seeds


def test_a_verdict_carries_its_evidence(judged) -> None:
    verdict = judged([9.0, 8.5])
    assert (verdict.estimate.seeds, verdict.estimate.values, verdict.metric.unit) == ((0, 1), {0: 9.0, 1: 8.5}, "GB")
    assert verdict.estimate.estimate == 8.75


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metric": "peek"}, 'metric = "peek": no such metric; did you mean peak'),
        ({"metric": "reduction.peak"}, "reduction.peak is about two configs"),
        ({"configs": ("old", "fixed")}, "peak is about one config"),
    ],
)
def test_a_claim_that_does_not_fit_its_metric_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        metric_of(claim(**changes))


def leak_claim(**changes: Any) -> Claim:
    known = {"name": "old does not leak", "metric": "leak.rss", "expected": (None, 1.0)}
    return claim(**{**known, **changes})


@pytest.fixture
def of_leak(make_run, make_scenario):
    """The verdict on a claim that `old` does not leak, from the slopes of RSS of its seeds in GB/h over five hours."""

    def judge(
        slopes: list[float], incomplete: str = "", hours: float = 5.0, stray_gb: float = 0.0, **changes: Any
    ) -> ClaimVerdict:
        times = np.arange(int(60 * hours) + 1) / 60
        level = 7 + stray_gb * np.sin(2.2 * times)
        runs = [make_run(level + slope * times, every_s=60, seed=seed) for seed, slope in enumerate(slopes, start=1)]
        return judge_claim(leak_claim(**changes), make_scenario(hours=hours), runs, incomplete=incomplete)

    return judge


@pytest.mark.parametrize(
    ("slopes", "stray_gb", "verdict", "of_the_leak"),
    [
        ([0.003, 0.002, 0.004], 0.0, "met", "OK"),
        ([0.30, 0.31, 0.32], 0.0, "missed", "LEAK"),
        ([0.0, 0.30, 0.31], 0.0, "missed", "SOME"),
        ([0.0, 0.03, 0.06], 0.3, "inconclusive", "INCONCLUSIVE"),
    ],
)
def test_a_claim_on_a_leak_has_the_verdict_on_the_leak(
    of_leak, slopes: list[float], stray_gb: float, verdict: str, of_the_leak: str
) -> None:
    found = of_leak(slopes, stray_gb=stray_gb)
    assert (found.outcome, found.counts_as, found.metric.unit) == (verdict, verdict, "budgets")
    assert found.leak.verdict.outcome == of_the_leak
    assert stray_gb or found.estimate.estimate == pytest.approx(np.mean(slopes) / 0.0375, rel=0.02)
    leak = found.leak.verdict
    ends = (leak.slope / 0.0375, leak.low / 0.0375, leak.high / 0.0375)
    assert (found.estimate.estimate, found.estimate.low, found.estimate.high) == pytest.approx(ends)
    assert found.estimate.values == pytest.approx({seed: slope / 0.0375 for seed, slope in leak.seed_slopes.items()})
    assert found.reason == (found.leak.reason if of_the_leak in ("SOME", "INCONCLUSIVE") else "")


def test_not_a_band_decides_but_the_part_of_the_run_that_tells(make_run, make_scenario) -> None:
    times = np.arange(301) / 60
    starts = [7 + size * np.minimum(times, 2.2) for size in (0.0, 0.2, 0.6)]  # a start that settles
    runs = [make_run(curve, every_s=60, seed=seed) for seed, curve in enumerate(starts, start=1)]
    scenario = make_scenario(hours=5)
    assert METRICS["leak.rss"].compute(Runs.of(scenario, runs), ("old",)).high > 1
    found = judge_claim(leak_claim(), scenario, runs)
    assert (found.outcome, found.leak.verdict.part) == ("met", "last_three_quarters")
    assert found.estimate.high < 1


def test_an_open_leak_asks_for_seeds_where_they_may_decide_and_for_hours_where_floors_are_few(of_leak) -> None:
    undecided = of_leak([0.0, 0.03, 0.06], stray_gb=0.3)
    assert undecided.lacks_seeds
    assert undecided.reason.startswith("the interval reaches across the budget")
    assert undecided.reason.endswith("hours would do")
    assert of_leak([0.0]).outcome == "met"  # one run of 24 floors speaks for itself
    assert of_leak([0.0], stray_gb=0.3).lacks_seeds
    short = of_leak([0.0, 0.03, 0.06], hours=0.4)
    assert (short.outcome, short.estimate.estimate, short.lacks_seeds) == ("inconclusive", None, False)
    assert short.reason.startswith("3 floors between blocks, 6 are needed")
    assert (of_leak([0.3, 0.31]).lacks_seeds, of_leak([0.0, 0.0]).lacks_seeds) == (False, False)


def test_a_leak_that_was_not_recorded_is_not_applicable(of_leak) -> None:
    verdict = of_leak([0.0, 0.0], metric="leak.threads")
    assert (verdict.outcome, verdict.reason) == ("not applicable", "seed 1: old recorded no threads under load")
    assert (verdict.counts_as, verdict.leak) == ("nothing", None)


def test_a_claim_on_a_leak_is_known_not_testable_or_incomplete_as_any_other(of_leak) -> None:
    leaks = [0.30, 0.31, 0.32]
    known = of_leak(leaks, known="missed", reason="nobody mends it")
    assert (known.outcome, known.counts_as, known.reason) == ("missed", "nothing", "known: nobody mends it")
    mended = of_leak([0.0, 0.0], known="missed", reason="nobody mends it")
    assert (mended.outcome, mended.counts_as) == ("met", "missed")
    untestable = of_leak(leaks, not_testable="it has no floors")
    assert (untestable.outcome, untestable.reason) == ("not testable", "it has no floors")
    assert untestable.estimate.estimate == pytest.approx(0.31 / 0.0375, rel=0.02)
    unfinished = of_leak(leaks, incomplete="old seed 1 died at 1.20 h")
    assert (unfinished.outcome, unfinished.estimate.estimate, unfinished.lacks_seeds) == ("incomplete", None, False)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"expected": (None, 2.0)},
            'claims."old does not leak".expected = ["open", 2.0]: must be ["open", 1.0]: at most one budget; '
            "leak.rss is judged by the verdict on the leak",
        ),
        ({"expected": (0.5, 1.0)}, '.expected = [0.5, 1.0]: must be ["open", 1.0]: at most one budget; leak.rss is'),
        ({"better": "neither"}, 'claims."old does not leak".better = "neither": must be "lower"; leak.rss is judged'),
        ({"tolerance": 0.5}, 'claims."old does not leak".tolerance = 0.5: leave it out; leak.rss is judged'),
        ({"configs": ("old", "fixed")}, "leak.rss is about one config"),
    ],
)
def test_a_claim_on_a_leak_expects_one_budget_and_nothing_else(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        metric_of(leak_claim(**changes))


def test_claims_are_checked_before_there_are_runs() -> None:
    check_claims(literal_soak.make_scenario(literal_soak.claim()))
    with pytest.raises(UsageError, match=r'\.toml: claims\."less at the peak"\.configs = .*two configs'):
        check_claims(literal_soak.make_scenario(literal_soak.claim(configs=["old"])))
