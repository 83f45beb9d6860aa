"""What a soak leaves open, and the option that may decide it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from harness.analysis.estimates import NO_ESTIMATE, Estimate, Reading
from harness.analysis.leaks.config_leaks import LIVE, RSS, TASKS, THREADS, ConfigLeak
from harness.analysis.leaks.leak_verdict import LeakVerdict
from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.verdict.claim_verdict import ClaimVerdict
from harness.report.words.open_points import OpenPoint, of_configs, open_points
from harness.scenario import Claim

SCENARIO = SimpleNamespace(memory=SimpleNamespace(scale=0.1, anchors=SimpleNamespace(minutes=4.5)))
ACROSS = "its interval crosses an end of what is expected"


def leak(config: str, measure=LIVE, **facts) -> ConfigLeak:
    known = {"slope": None, "low": None, "high": None, "part": "whole", "minimum_detectable": None}
    known |= {"hours_needed": None, "floors": 2, "seed_slopes": {}, "reason": "2 floors, 6 are needed"}
    return ConfigLeak(config, measure, 0.0375, LeakVerdict(**{"outcome": "INCONCLUSIVE", **known, **facts}))


def claim(name: str = "less", outcome: str = "inconclusive", **facts) -> ClaimVerdict:
    seeds = {1: Reading(0.7), 2: Reading(0.72)}
    claimed = Claim(
        name=name,
        metric="reduction.horizon",
        configs=("old", "fixed"),
        expected=(0.6, 0.7),
        better="higher",
        kind="prediction",
        source="the note",
    )
    estimate = Estimate(0.71, 0.69, 0.73, "exact", seeds)
    return ClaimVerdict(claimed, METRICS[claimed.metric], outcome, **{"estimate": estimate, **facts})


def points(*, claims=(), leaks=(), seeds: int = 3, reasons=(), scenario=SCENARIO) -> list[OpenPoint]:
    runs = [SimpleNamespace(seed=seed) for seed in range(seeds)] * 2
    return open_points(scenario, SimpleNamespace(claims=claims, leaks=leaks, runs=runs, reasons=reasons))


@pytest.mark.parametrize(
    ("seeds", "option"), [(1, "--seeds=3"), (2, "--max-seeds=4"), (3, "--max-seeds=6"), (20, "--max-seeds=30")]
)
def test_what_seeds_may_decide_gets_twice_as_many(seeds: int, option: str) -> None:
    assert points(claims=[claim()], seeds=seeds) == [OpenPoint("less", ACROSS, (option,))]


def test_what_is_judged_at_full_scale_gets_twice_the_minutes() -> None:
    (point,) = points(claims=[claim(basis="extrapolated")])
    assert point.sentence == f"less: {ACROSS}. Next: --anchor-minutes=9"
    none = SimpleNamespace(memory=SimpleNamespace(scale=0.1, anchors=SimpleNamespace(minutes=0.0)))
    assert points(claims=[claim(basis="continued")], scenario=none)[0].options == ("--anchor-minutes=10",)


def test_what_no_option_decides_says_why() -> None:
    undecided = replace(NO_ESTIMATE, lack="undecided", reason="not decided at scale 0.1: more memory")
    (point,) = points(claims=[claim(estimate=undecided, basis="undecided")])
    assert point.sentence == "less: not decided at scale 0.1: more memory"
    bound = Estimate(0.71, 0.69, None, "lower", {1: Reading(0.7)}, reason="old reached the memory limit")
    (point,) = points(claims=[claim(estimate=bound)])
    assert point.sentence == "less: old reached the memory limit: the value is at least what is shown"


def test_what_is_open_for_one_reason_is_one_point() -> None:
    found = points(claims=[claim("a"), claim("b"), claim("c"), claim("d", "met")])
    assert [point.what for point in found] == ["a, b, and 1 more"]


def test_leaks_get_hours_and_seeds_and_a_claim_on_one_is_not_named_twice() -> None:
    short, wide = leak("old", hours_needed=9.72), leak("fixed", floors=30, reason="it reaches across", hours_needed=7)
    found = points(leaks=[short, wide, leak("old", RSS)], claims=[claim(leak=short)])
    assert [point.sentence for point in found] == [
        "a leak in live bytes of old: 2 floors, 6 are needed. Next: --hours=9.8",
        "a leak in live bytes of fixed: it reaches across. Next: --hours=7 or --max-seeds=6",
    ]


def test_what_no_claim_is_about_comes_last() -> None:
    nobodys, somebodys = leak("old", hours_needed=9.7), leak("fixed", hours_needed=2.0)
    found = points(leaks=[nobodys, somebodys], claims=[claim(leak=somebodys)])
    assert [(point.what, point.claimed) for point in found] == [
        ("a leak in live bytes of fixed", True),
        ("a leak in live bytes of old", False),
    ]


def test_what_a_run_that_ended_early_leaves_open_is_told_once() -> None:
    early = leak("old", cut_short=True, reason="old died at 2.50 h")
    assert points(leaks=[early], reasons=("old seed 2 died at 2.50 h",)) == []
    assert [point.sentence for point in points(leaks=[early])] == ["a leak in live bytes of old: old died at 2.50 h"]


def test_quantities_of_the_same_configs_share_their_names() -> None:
    leaks = [leak(config, measure) for config in ("old", "fixed", "other") for measure in (TASKS, THREADS)]
    leaks.append(leak("fixed", LIVE))
    assert of_configs(leaks) == "tasks, threads of old, fixed and other; live bytes of fixed"
    assert of_configs(leaks, ("old", "fixed", "other")) == "tasks, threads of all configs; live bytes of fixed"
    assert of_configs(leaks[:4], ("old", "fixed")) == "tasks, threads of old and fixed"


def test_a_child_in_real_time_is_decided_by_the_real_clock() -> None:
    (point,) = points(leaks=[leak("old", own_time=True, reason="python -m writer lives in real time")])
    assert point.options == ("--clock=real",)
