"""What the target counted of its samples."""

from __future__ import annotations

import numpy as np
import pytest

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


def test_what_is_written_is_told_at_full_scale_and_its_cpu_as_it_was(make_run, make_scenario) -> None:
    counters = {"written_bytes": 60e6, "write_cpu_s": 1.5}
    run = make_run([5], counters=counters, stop=STOPPED).under(make_scenario())
    assert buffers.written_mb(run) == Reading(120.0)
    assert buffers.write_cpu_s(run) == Reading(1.5)
    ended = make_run([5], counters=counters, status="limit").under(make_scenario())
    silent = make_run([5], stop=STOPPED).under(make_scenario())
    for metric in (buffers.written_mb, buffers.write_cpu_s):
        assert metric(ended).lack == "not reached"
        assert metric(silent).lack == "not applicable"


def saved(every_s: dict[str, float], horizon_s: float = 7200) -> list[dict[str, object]]:
    """Samples of every symbol saved every so many seconds, up to the end."""
    flushes = [
        {"t_s": t_s, "kind": "flush", "symbol": symbol, "samples": 1}
        for symbol, step_s in every_s.items()
        for t_s in np.arange(step_s, horizon_s + 1, step_s).tolist()
    ]
    return [{"t_s": 0.0, "kind": "collected", "samples": 1}, *flushes]


def test_the_time_between_saves_is_that_of_one_symbol(make_run, make_scenario) -> None:
    run = make_run([5] * 13, events=saved({"A": 600.0, "B": 600.0, "C": 3600.0})).under(make_scenario())
    assert buffers.save_interval_minutes(run) == Reading(10.0)
    never = make_run([5] * 13, events=saved({})).under(make_scenario())
    assert buffers.save_interval_minutes(never) == Reading(120.0, "lower", reason="old saved nothing up to the horizon")
    assert buffers.save_interval_minutes(make_run([5] * 13).under(make_scenario())).lack == "not applicable"


def queued(arrives: float, is_written: float, buffer_s: int = 600, hours: int = 6) -> list[dict[str, object]]:
    """Samples collected at a rate per second, handed over every `buffer_s`, written at another, minute by minute."""
    events: list[dict[str, object]] = []
    waiting = 0.0
    for t_s in range(60, hours * 3600 + 1, 60):
        events.append({"t_s": float(t_s), "kind": "collected", "samples": arrives * t_s})
        waiting += arrives * buffer_s * (t_s % buffer_s == 0)
        if (now := min(waiting, is_written * 60)) > 0:
            events.append({"t_s": float(t_s), "kind": "flush", "samples": now})
            waiting -= now
    return events


@pytest.mark.parametrize(("is_written", "expected"), [(70.0, 0.3), (95.0, 0.05), (101.0, 0.0), (300.0, 0.0)])
def test_a_backlog_grows_by_what_is_not_written(make_run, make_scenario, is_written: float, expected: float) -> None:
    run = make_run([5] * 37, events=queued(100.0, is_written)).under(make_scenario(hours=6))
    assert buffers.backlog_growth(run).value == pytest.approx(expected, abs=0.01)


def test_no_backlog_is_read_off_a_target_that_tells_of_no_samples(make_run, make_scenario) -> None:
    assert buffers.backlog_growth(make_run([5] * 13).under(make_scenario())).lack == "not applicable"
    assert buffers.backlog_growth(make_run([5] * 3, status="limit").under(make_scenario())).lack == "not reached"


def test_what_the_collections_of_a_stop_find(make_run, make_scenario) -> None:
    counters = {"stop_collection_1": 700, "stop_collection_2": 2, "stop_collection_3": 1}
    run = make_run([5], counters=counters, stop=STOPPED).under(make_scenario())
    assert buffers.first_collection(run) == Reading(700.0)
    assert buffers.later_collections(run) == Reading(3.0)
    silent = make_run([5], stop=STOPPED).under(make_scenario())
    assert buffers.later_collections(silent).lack == "not applicable"
    assert buffers.later_collections(make_run([5], counters=counters, status="limit").under(make_scenario())).lack == (
        "not reached"
    )
