"""What makes a soak no evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.analysis.verdict.validity import incomplete_configs, invalidities
from harness.worker.recorder import DELIVERED

STOPPED = {"before": {"rss_bytes": 1}, "after_stop": {"rss_bytes": 1}}


@pytest.fixture
def scenario(make_scenario):
    scenario = make_scenario(hours=1 / 6)
    scenario.seeds = 2
    return scenario


@pytest.fixture
def soak(make_run):
    """Two seeds of old and fixed; `changed` replaces facts of old, seed 1."""

    def make(**changed) -> list:
        facts = {"feed_hash": "a", "stop": STOPPED, "counters": {"collected": 9, "persisted": 9, "lost": 0}}
        gb, status = changed.pop("gb", [5, 6]), changed.pop("status", "complete")
        others = [(config, seed) for config in ("old", "fixed") for seed in (1, 2)][1:]
        odd = make_run(gb, status=status, **{**facts, **changed})
        return [odd, *(make_run([5, 6], config=config, seed=seed, **facts) for config, seed in others)]

    return make


def test_a_sound_soak_is_complete_and_valid(scenario, soak) -> None:
    assert incomplete_configs(scenario, soak()) == {}
    assert invalidities(scenario, soak()) == []


@pytest.mark.parametrize(
    ("status", "how"), [("failed", "failed"), ("died", "died"), ("interrupted", "was interrupted")]
)
def test_an_unfinished_run_is_named_with_its_time_and_reason(scenario, soak, status: str, how: str) -> None:
    lacking = incomplete_configs(scenario, soak(status=status, reason="killed"))
    assert lacking == {"old": f"old seed 1 {how} at 0.17 h: killed"}


def test_the_limit_is_an_outcome(scenario, soak) -> None:
    assert incomplete_configs(scenario, soak(status="limit")) == {}


def test_missing_runs_are_missed(scenario, soak) -> None:
    runs = soak()
    assert incomplete_configs(scenario, runs[1:]) == {"old": "old has no run of seed 1"}
    assert incomplete_configs(scenario, [runs[0], runs[2]]) == {
        "old": "old has no run of seed 2",
        "fixed": "fixed has no run of seed 2",
    }
    assert set(incomplete_configs(scenario, runs[:2])) == {"fixed"}


def test_a_lost_sample_must_be_reported(scenario, soak) -> None:
    reported = soak(counters={"collected": 9, "persisted": 7, "lost": 2})
    assert invalidities(scenario, reported) == []
    silent = soak(counters={"collected": 9, "persisted": 7, "lost": 1})
    assert invalidities(scenario, silent) == ["old seed 1: 1 samples are unaccounted for"]


def test_a_sample_written_twice_is_unaccounted_for_too(scenario, soak) -> None:
    assert len(invalidities(scenario, soak(counters={"collected": 9, "persisted": 10, "lost": 0}))) == 1


@pytest.mark.parametrize(("events", "reasons"), [(None, 0), (7, 0), (0, 1)])  # None as in format 1
def test_a_target_that_was_handed_nothing_is_no_evidence(scenario, soak, make_run, events, reasons: int) -> None:
    runs = [run if run.config != "old" else _handed(run, events) for run in soak()]
    found = invalidities(scenario, runs)
    assert len(found) == reasons
    assert all("old was handed nothing" in reason and "soak try" in reason for reason in found)


def _handed(run, events: int | None):
    columns = {} if events is None else {name: float(events) for pair in DELIVERED.values() for name in pair}
    return replace(run, samples=run.samples.assign(**columns))


@pytest.mark.parametrize(("sent", "answered", "idle"), [(0, 0, True), (0, 3, False), (5, 0, False)])
def test_a_client_that_asked_an_exchange_for_nothing_is_no_evidence(scenario, soak, sent, answered, idle) -> None:
    wire = {"streams": [{"kind": "book", "sent": sent}], "answered": answered}
    assert [*map(bool, [*invalidities(scenario, soak(wire=wire))])] == [True] * idle


def test_configs_must_see_one_market(scenario, soak) -> None:
    assert invalidities(scenario, soak(feed_hash="b")) == ["seed 1: old and fixed did not get the same feed"]


def test_a_run_cut_short_is_not_asked_for_its_whole_feed(scenario, soak) -> None:
    counters = {"collected": 9, "persisted": 0, "lost": 0}
    assert invalidities(scenario, soak(status="limit", feed_hash="b", stop={}, counters=counters)) == []


@pytest.mark.parametrize(("start", "wrong"), [(4.7, 1), (4.8, 0), (5.2, 0), (5.3, 1)])
def test_the_start_must_be_the_baseline(scenario, soak, start: float, wrong: int) -> None:
    assert len(invalidities(scenario, soak(gb=[start, 6]))) == wrong


def test_code_from_elsewhere_is_no_evidence_and_said_once(scenario, soak) -> None:
    runs = soak(code={"elsewhere": ["bot came from /x/bot.py"]})
    assert invalidities(scenario, [runs[0], *runs]) == [
        "old has other code than its scenario says: bot came from /x/bot.py"
    ]
    assert invalidities(scenario, soak(code=None)) == []


def test_feeds_that_differ_where_numpy_does_are_said_to(scenario, soak) -> None:
    old, *others = soak(feed_hash="b", code={"numpy": "1.26.4"})
    for run in others:
        run.facts["code"] = {"numpy": "2.4.0"}
    (told,) = invalidities(scenario, [old, *others[1:]])
    assert told == (
        "seed 1: old and fixed did not get the same feed: "
        "numpy 1.26.4 makes that of old, numpy 2.4.0 makes that of fixed"
    )
    (told,) = invalidities(scenario, soak(feed_hash="b"))
    assert told == "seed 1: old and fixed did not get the same feed"
