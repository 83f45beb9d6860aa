"""What the target counted of its samples."""

from __future__ import annotations

from harness.analysis.estimates import Reading
from harness.analysis.metrics import buffers

STOPPED = {"before": {"rss_bytes": 1}, "after_stop": {"rss_bytes": 1}}


def test_buffers_are_reported_at_full_scale(make_run, make_scenario) -> None:
    run = make_run([5, 6], counters={"buffer_capacity_bytes": 60e6, "buffered_bytes_peak": 30e6})
    assert buffers.capacity_mb(run.under(make_scenario())) == Reading(120.0)
    assert buffers.peak_mb(run.under(make_scenario())) == Reading(60.0)


def test_the_peak_of_a_run_that_ended_early_is_a_bound(make_run, make_scenario) -> None:
    run = make_run([5, 32], status="limit", counters={"buffered_bytes_peak": 30e6})
    ended = "old reached the memory limit at 0.17 h"
    assert buffers.peak_mb(run.under(make_scenario())) == Reading(60.0, "lower", reason=ended)


def test_every_sample_is_accounted_for_once_stopped(make_run, make_scenario) -> None:
    counters = {"collected": 100, "persisted": 90, "lost": 3}
    scenario = make_scenario()
    stopped = make_run([5], counters=counters, stop=STOPPED)
    assert buffers.unaccounted(stopped.under(scenario)) == Reading(7.0)
    assert buffers.lost(stopped.under(scenario)) == Reading(3.0)
    ended = make_run([5], counters=counters, status="limit")
    assert buffers.unaccounted(ended.under(scenario)).lack == "not reached"
    assert (buffers.lost(ended.under(scenario)).value, buffers.lost(ended.under(scenario)).bound) == (3, "lower")


def test_a_target_that_does_not_count_is_not_judged(make_run, make_scenario) -> None:
    run = make_run([5], stop=STOPPED)
    for metric in (buffers.capacity_mb, buffers.peak_mb, buffers.unaccounted, buffers.lost):
        assert metric(run.under(make_scenario())).lack == "not applicable"


def test_what_a_killed_run_had_not_saved_is_counted_from_its_events(make_run, make_scenario) -> None:
    events = [
        {"t_s": 50.0, "kind": "collected", "samples": 10},
        {"t_s": 51.0, "kind": "flush", "symbol": "A", "samples": 6},
        {"t_s": 100.0, "kind": "collected", "samples": 20},
    ]
    killed = make_run([5, 6], status="died", events=events)
    reading = buffers.lost(killed.under(make_scenario()))
    assert (reading.value, reading.bound) == (14, "lower")
    assert buffers.unaccounted(killed.under(make_scenario())).lack == "not reached"
    counted = make_run([5, 6], status="interrupted", events=events, counters={"lost": 3})
    assert buffers.lost(counted.under(make_scenario())).value == 3


def test_what_a_run_that_failed_had_not_saved_is_lost_by_its_counters(make_run, make_scenario) -> None:
    counters = {"collected": 100, "persisted": 90, "lost": 3}
    for status in ("failed", "interrupted"):
        reading = buffers.lost(make_run([5, 6], status=status, counters=counters).under(make_scenario()))
        assert (reading.value, reading.bound) == (10, "lower")
    at_limit = buffers.lost(make_run([5, 6], status="limit", counters=counters).under(make_scenario()))
    assert (at_limit.value, at_limit.bound) == (3, "lower")


def test_what_was_collected_is_known_by_counters_or_by_events(make_run) -> None:
    events = [{"t_s": float(10 * n), "kind": "collected", "samples": n} for n in (3, 6)]
    assert buffers.collected(make_run([5], counters={"collected": 9}, events=events)) == 9
    assert buffers.collected(make_run([5], events=events)) == 6
    assert buffers.collected(make_run([5])) is None


def test_events_of_a_target_that_count_nothing_by_the_same_names_are_no_samples(make_run, make_scenario) -> None:
    events = [
        {"t_s": 60.0, "kind": "flush", "bytes": 12},
        {"t_s": 60.0, "kind": "collected", "samples": "many"},
    ]
    run = make_run([5, 6], status="died", events=events)
    assert buffers.lost(run.under(make_scenario())).lack == "not applicable"
    assert buffers.collected(run) is None


def test_losses_are_a_share_of_what_was_collected(make_run, make_scenario) -> None:
    def share(**counters: int) -> Reading:
        return buffers.lost_share(make_run([5], counters=counters, stop=STOPPED).under(make_scenario()))

    assert share(collected=60, persisted=12, lost=48) == Reading(0.8)
    assert share(collected=0, persisted=0, lost=0) == Reading(0.0)
    assert share(lost=3).reason == "old does not count collected samples"
    assert share(collected=0, lost=3).reason == "old lost samples and collected none"
    assert share(books=3).reason == "old does not count lost samples"
