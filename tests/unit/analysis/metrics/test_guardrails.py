"""Memory that is saved by losing data is not saved."""

from __future__ import annotations

from typing import Any

import pytest

from harness.analysis.metrics.guardrails import saved_by_losing
from harness.analysis.runs import Run
from harness.analysis.verdict.claim_verdict import ClaimVerdict, judge_claim
from harness.report.words.headline import relation
from harness.scenario import Claim

STOPPED = {"before": {"rss_bytes": 1}, "after_stop": {"rss_bytes": 1}}
REASON = "memory that is saved by losing data is not saved"


def counted(collected: int, lost: int, unaccounted: int = 0) -> dict[str, int]:
    return {"collected": collected, "persisted": collected - lost - unaccounted, "lost": lost}


@pytest.fixture
def pairs(make_run):
    """Two seeds of old, which peaks at 20 GB, and of fixed, at 8, with their counters; `limit` ends old there."""

    def make(old: dict[str, int] | None, fixed: dict[str, int] | None, *, limit: bool = False, **facts: Any) -> list:
        runs = []
        for seed in (1, 2):
            for config, gb, counters in (("old", [5, 20], old), ("fixed", [5, 8], fixed)):
                ended = {"status": "limit"} if limit and config == "old" else {"stop": STOPPED}
                counts = {} if counters is None else {"counters": counters}
                runs.append(make_run(gb, config=config, seed=seed, **ended, **counts, **facts))
        return runs

    return make


def judged(scenario, runs: list[Run], metric: str = "reduction.peak", **changes: Any) -> ClaimVerdict:
    table = {
        "name": "less",
        "metric": metric,
        "configs": ("old", "fixed"),
        "expected": (0.5, 0.7),
        "better": "higher",
        "kind": "prediction",
        "source": "Expected results",
    }
    return judge_claim(Claim.model_validate({**table, **changes}), scenario, runs)


@pytest.fixture
def scenario(make_scenario):
    return make_scenario(hours=1 / 6)


def test_what_was_saved_by_losing_samples_is_missed(scenario, pairs) -> None:
    runs = pairs(counted(2280, 0), counted(2280, 61))
    found = judged(scenario, runs)
    assert (found.outcome, found.reason) == ("missed", f"fixed lost 122 of 4,560 samples (2.68 %): {REASON}")
    assert found.estimate.estimate == pytest.approx(0.6)
    assert judged(scenario, runs, expected=(0.3, 0.4)).outcome == "missed"  # exceeded otherwise
    assert judged(scenario, pairs(counted(2280, 0), counted(2280, 0))).outcome == "met"


@pytest.mark.parametrize("metric", ["reduction.peak", "reduction.mean", "reduction.peak_net"])
def test_every_reduction_of_memory_is_guarded(scenario, pairs, metric: str) -> None:
    lossy = pairs(counted(9, 0), counted(9, 1))
    assert judged(scenario, lossy, metric, expected=(0.0, 1.0)).outcome == "missed"


def test_smaller_buffers_are_a_reduction_too(scenario, pairs) -> None:
    old, fixed = ({**counted(9, lost), "buffer_capacity_bytes": size} for lost, size in ((0, 9e6), (1, 3e6)))
    assert judged(scenario, pairs(old, fixed), "buffers.capacity_reduction").outcome == "missed"


def test_samples_that_are_unaccounted_for_are_lost(scenario, pairs) -> None:
    runs = pairs(counted(2280, 0), counted(2280, 1, unaccounted=60))
    assert judged(scenario, runs).reason.startswith("fixed lost 122 of 4,560 samples")
    twice = pairs(counted(100, 0), {"collected": 100, "persisted": 110, "lost": 5})
    assert judged(scenario, twice).reason.startswith("fixed lost 10 of 200 samples")


def test_configs_that_lose_alike_are_judged_by_their_memory(scenario, pairs) -> None:
    assert judged(scenario, pairs(counted(2280, 61), counted(2280, 61))).outcome == "met"
    assert judged(scenario, pairs(counted(2280, 61), counted(2280, 9))).outcome == "met"


def test_what_the_first_config_lost_is_said(scenario, pairs) -> None:
    found = judged(scenario, pairs(counted(500, 1), counted(500, 61)))
    assert (
        found.reason == f"fixed lost 122 of 1,000 samples (12.2 %) where old lost 2 of 1,000 samples (0.2 %): {REASON}"
    )


def test_losses_are_summed_over_the_seeds_that_both_ran(scenario, make_run) -> None:
    lost = {("old", 1): 10, ("fixed", 1): 0, ("old", 2): 0, ("fixed", 2): 10, ("fixed", 3): 500}
    runs = [
        make_run([5, 20 if config == "old" else 8], config=config, seed=seed, stop=STOPPED, counters=counted(1000, n))
        for (config, seed), n in lost.items()
    ]
    assert saved_by_losing(runs, "old", "fixed") == ""
    one = [run for run in runs if run.seed != 1]
    assert saved_by_losing(one, "old", "fixed") == f"fixed lost 10 of 1,000 samples (1 %): {REASON}"


def test_where_nothing_is_counted_nothing_changes(scenario, pairs) -> None:
    for old, fixed in ((None, None), (counted(9, 0), None), (None, counted(9, 1)), ({"books": 1}, {"books": 1})):
        assert judged(scenario, pairs(old, fixed)).outcome == "met"


def test_losses_alone_are_enough_to_count(scenario, pairs) -> None:
    assert judged(scenario, pairs({"lost": 0}, {"lost": 7})).reason == f"fixed lost 14 samples: {REASON}"


def test_a_claim_that_is_missed_anyway_keeps_its_reason(scenario, pairs) -> None:
    found = judged(scenario, pairs(counted(9, 0), counted(9, 1)), expected=(0.8, 0.9))
    assert (found.outcome, found.reason) == ("missed", "")


def test_where_nothing_was_saved_nothing_was_saved_by_losing(scenario, make_run) -> None:
    runs = [
        make_run([5, 8], config=config, seed=seed, stop=STOPPED, counters=counted(9, lost))
        for config, lost in (("old", 0), ("fixed", 1))
        for seed in (1, 2)
    ]
    assert judged(scenario, runs, expected=(0.0, 0.0), tolerance=0.02, better="neither").outcome == "met"


def test_other_pairs_are_not_guarded(scenario, pairs) -> None:
    lossy = pairs(counted(9, 0), counted(9, 1))
    assert judged(scenario, lossy, "start.difference", expected=(-0.01, 0.01), better="neither").outcome == "met"


def test_of_two_that_lose_alike_the_one_that_runs_longer_has_lost_more(pairs) -> None:
    alike = pairs(counted(1000, 20), counted(5000, 100), limit=True)
    assert saved_by_losing(alike, "old", "fixed") == ""
    more = pairs(counted(1000, 20), counted(5000, 110), limit=True)
    assert saved_by_losing(more, "old", "fixed") == (
        f"fixed lost 220 of 10,000 samples (2.2 %) where old lost at least 40 of 2,000 samples (2 %): {REASON}"
    )


def test_what_a_killed_run_lost_is_at_least_what_it_had_not_saved(scenario, make_run) -> None:
    events = [
        {"t_s": 50.0, "kind": "collected", "samples": 1000},
        {"t_s": 51.0, "kind": "flush", "symbol": "A", "samples": 940},
    ]
    old = make_run([5, 20], config="old", stop=STOPPED, counters=counted(1000, 0))
    killed = make_run([5, 8], config="fixed", status="died", events=events)
    assert saved_by_losing([old, killed], "old", "fixed") == (
        f"fixed lost at least 60 of 1,000 samples (6 %): {REASON}"
    )


def test_a_known_miss_that_is_met_by_losing_is_missed_as_known(scenario, pairs) -> None:
    found = judged(scenario, pairs(counted(9, 0), counted(9, 1)), known="missed", reason="the note is wrong")
    assert (found.outcome, found.counts_as) == ("missed", "nothing")
    assert found.reason == f"fixed lost 2 of 18 samples (11.1 %): {REASON}; known: the note is wrong"


def test_the_headline_says_why_it_is_missed_wherever_the_estimate_lies(scenario, pairs) -> None:
    found = judged(scenario, pairs(counted(2280, 0), counted(2280, 61)))
    assert relation(found) == f"missed: fixed lost 122 of 4,560 samples (2.68 %): {REASON}"
