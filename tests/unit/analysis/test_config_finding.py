"""All verdicts on a config together: what leads, and what is told of a small world."""

from __future__ import annotations

import pytest

from harness.analysis.config_finding import finding, findings
from harness.analysis.leaks.config_leaks import CHILDREN, LIVE, MAPPINGS, RSS, TASKS, THREADS, TREE, ConfigLeak, Measure
from harness.analysis.leaks.leak_verdict import LeakVerdict


def judged(measure: Measure, outcome: str, rate: float = 0.1, budget: float = 0.05, **more) -> ConfigLeak:
    verdict = LeakVerdict(outcome, rate, rate, rate, "whole", 0.07, None, 34, {1: rate}, "decided")  # type: ignore[arg-type]
    return ConfigLeak("only", measure, budget, verdict, **more)


ORDERS = [
    ([(RSS, 0.4), (LIVE, 0.1), (MAPPINGS, 0.3)], ["mappings", "live", "rss"]),
    ([(TREE, 0.9), (RSS, 0.1), (CHILDREN, 0.8)], ["children", "tree", "rss"]),
    ([(TASKS, 3.0), (THREADS, 40.0), (RSS, 0.1)], ["rss", "threads", "tasks"]),
]


@pytest.mark.parametrize(("leaks", "order"), ORDERS)
def test_what_holds_memory_leads_then_what_climbs_with_it_then_counts(leaks: list, order: list[str]) -> None:
    found = finding("only", [judged(measure, "LEAK", rate) for measure, rate in leaks], 1.0)
    assert [leak.measure.name for leak in found.leaking] == order
    assert found.outcome == "leak"


@pytest.mark.parametrize("measure", [RSS, LIVE, MAPPINGS, CHILDREN, TREE, TASKS, THREADS])
@pytest.mark.parametrize("outcome", ["LEAK", "SOME"])
def test_no_config_is_acquitted_of_which_anything_leaks(measure: Measure, outcome: str) -> None:
    fine = [judged(one, "OK") for one in (RSS, LIVE, MAPPINGS, TASKS) if one is not measure]
    assert finding("only", [*fine, judged(measure, outcome)], 1.0).outcome == "leak"


@pytest.mark.parametrize(
    ("live", "mapped", "outcome"),
    [
        ("OK", "OK", "no leak"),
        ("OK", "INCONCLUSIVE", "undecided"),
        ("INCONCLUSIVE", "OK", "undecided"),
        ("INCONCLUSIVE", "LEAK", "leak"),
    ],
)
def test_what_is_open_of_what_holds_memory_leaves_a_config_open(live: str, mapped: str, outcome: str) -> None:
    assert finding("only", [judged(LIVE, live), judged(MAPPINGS, mapped)], 1.0).outcome == outcome


def test_idle_mappings_are_not_heard_of() -> None:
    found = finding("only", [judged(LIVE, "OK"), judged(MAPPINGS, "INCONCLUSIVE", idle=True)], 1.0)
    assert (found.outcome, found.of(MAPPINGS)) == ("no leak", None)


def test_rss_of_a_small_world_is_not_told() -> None:
    found = finding("only", [judged(LIVE, "OK"), judged(RSS, "LEAK")], 0.1)
    assert (found.outcome, found.leading) == ("no leak", None)
    assert [leak.measure for leak in found.untold] == [RSS]


def test_a_process_is_told_apart_from_what_it_started() -> None:
    found = finding("only", [judged(LIVE, "OK"), judged(CHILDREN, "LEAK"), judged(TREE, "LEAK")], 1.0)
    assert (found.outcome, found.outcome_itself, found.itself) == ("leak", "no leak", None)


def test_every_config_that_has_a_verdict_has_a_finding() -> None:
    assert list(findings([judged(LIVE, "OK"), judged(RSS, "OK")], 1.0)) == ["only"]
    assert findings([], 1.0) == {}
