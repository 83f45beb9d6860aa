"""Cleanups and the sawtooth they cut, of literal runs."""

from __future__ import annotations

import pytest

from harness.analysis.estimates import Reading, absent
from harness.analysis.metrics import teeth

DONE = [{"t_s": minutes * 60, "kind": "cleanup"} for minutes in (30, 60, 90)]
SKIPPED = [{"t_s": minutes * 60, "kind": "cleanup_skipped"} for minutes in (10, 20, 40, 50)]
#            0  10 20  30 40 50  60 70 80  90 100
SAWTOOTH = [5.0, 6, 7, 4, 6, 8, 4.5, 7, 9, 5, 6]


def test_the_first_interval_begins_at_the_start(make_run, make_scenario) -> None:
    events = [{"t_s": 5000.0 * k, "kind": "cleanup"} for k in (1, 2, 3)]
    run = make_run([5] * 26, events=events[:1])
    assert teeth.interval_minutes(run.under(make_scenario(hours=4))).value == pytest.approx(5000 / 60)
    assert teeth.interval_minutes(
        make_run([5] * 26, events=events).under(make_scenario(hours=4))
    ).value == pytest.approx(5000 / 60)


def test_attempts_and_done_cleanups_are_told_apart(make_run, make_scenario) -> None:
    run = make_run(SAWTOOTH, events=[*DONE, *SKIPPED])
    scenario = make_scenario(hours=1)  # attempts at 10, 20, 30, 40, 50, 60; done at 30, 60
    assert teeth.interval_minutes(run.under(scenario)).value == 10
    assert teeth.done_interval_minutes(run.under(scenario)).value == 30
    assert run.under(scenario).cleanups_s.tolist() == [1800, 3600]


def test_a_run_without_an_attempt_bounds_the_interval(make_run, make_scenario) -> None:
    counted = {"counters": {"cleanups": 0}}  # it says that there was none
    assert teeth.interval_minutes(make_run([5] * 10, **counted).under(make_scenario(hours=1))) == Reading(
        60.0, "lower", reason="old had none in 60 minutes"
    )
    limited = teeth.interval_minutes(make_run([5] * 4, status="limit", **counted).under(make_scenario(hours=1)))
    assert (limited.value, limited.bound) == (30, "lower")


def test_of_a_target_that_tells_of_no_cleanup_nothing_is_known(make_run, make_scenario) -> None:
    silent = make_run([5] * 10).under(make_scenario(hours=1))
    for read in (teeth.interval_minutes, teeth.done_interval_minutes, teeth.crest_gb, teeth.drop_share):
        assert read(silent) == absent("not applicable", "old tells of no cleanup")
    counts = make_run([5] * 10, counters={"cleanups": 3}).under(make_scenario(hours=1))
    assert teeth.interval_minutes(counts).reason == "old counts its cleanups and does not tell when they were"
    none = make_run([5] * 10, counters={"cleanups": 0}).under(make_scenario(hours=1))
    assert teeth.crest_gb(none).reason == "old did no cleanup between warm-up and horizon"


def test_cleanups_are_counted_by_events_or_by_the_counter(make_run, make_scenario) -> None:
    scenario = make_scenario(hours=1)
    assert make_run(SAWTOOTH, events=DONE).under(scenario).cleanups == 2  # up to the horizon
    assert make_run(SAWTOOTH, events=SKIPPED).under(scenario).cleanups == 0
    assert make_run(SAWTOOTH, counters={"cleanups": 7}).under(scenario).cleanups == 7
    assert make_run(SAWTOOTH, counters={"books": 7}).under(scenario).cleanups is None


def test_crests_troughs_and_drops(make_run, make_scenario) -> None:
    run = make_run(SAWTOOTH, events=DONE)
    scenario = make_scenario(hours=1.5)
    # crests 7, 8, 9; troughs 4, 4.5, 5; bases 5, 4, 4.5: drops 3/2, 3.5/4, 4/4.5
    assert teeth.crest_gb(run.under(scenario)).value == 8
    assert teeth.trough_gb(run.under(scenario)).value == 4.5
    assert teeth.drop_share(run.under(scenario)).value == pytest.approx(4 / 4.5)


def test_a_cleanup_in_the_warmup_is_no_tooth_but_a_base(make_run, make_scenario) -> None:
    scenario = make_scenario(hours=1)
    scenario.time.warmup_minutes = 40
    cut = teeth.teeth(make_run(SAWTOOTH, events=DONE).under(scenario))
    assert (cut.crests.tolist(), cut.troughs.tolist(), cut.bases.tolist()) == ([8], [4.5], [4])


def test_no_cleanup_makes_no_sawtooth(make_run, make_scenario) -> None:
    run = make_run(SAWTOOTH, events=SKIPPED)
    assert teeth.crest_gb(run.under(make_scenario(hours=1))).lack == "not applicable"
    assert teeth.drop_share(run.under(make_scenario(hours=1))).lack == "not applicable"
    ended = make_run(SAWTOOTH, events=DONE, status="limit")
    assert teeth.trough_gb(ended.under(make_scenario(hours=3))).lack == "not reached"
