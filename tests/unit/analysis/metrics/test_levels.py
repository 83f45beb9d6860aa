"""Levels of literal runs: peak, horizon, mean, before and after the limit."""

from __future__ import annotations

from typing import Any

import pytest

from harness.analysis.metrics import levels


def cleanup(minutes: float, kind: str = "cleanup", **facts: Any) -> dict[str, Any]:
    return {"t_s": minutes * 60, "kind": kind, **facts}


def test_start_is_the_first_sample(make_run, make_scenario) -> None:
    assert levels.start(make_run([5, 4, 6]).under(make_scenario())).value == 5


def test_peak_ends_at_the_horizon(make_run, make_scenario) -> None:
    run = make_run([5, 9, 7, 6, 20])  # the last at 40 minutes
    assert levels.peak(run.under(make_scenario(hours=0.5))).value == 9
    assert levels.peak(run.under(make_scenario(hours=4 / 6))).value == 20


def test_a_sample_at_stop_is_no_peak(make_run, make_scenario) -> None:
    run = make_run([5, 9, 20])
    run.samples.loc[2, "phase"] = "stop"
    assert levels.peak(run.under(make_scenario())).value == 9


def test_a_run_at_the_limit_bounds_its_peak_and_has_no_horizon(make_run, make_scenario) -> None:
    limit = cleanup(21, "limit", rss_bytes=32.5 * 5e8)
    run = make_run([5, 20, 31], status="limit", events=[limit])
    scenario = make_scenario(hours=1)
    peak = levels.Reading(32.5, "lower", reason="old reached the memory limit at 0.33 h")
    assert levels.peak(run.under(scenario)) == peak
    for metric in (levels.horizon, levels.horizon_instant, levels.mean, levels.linear_r2):
        reading = metric(run.under(scenario))
        assert (reading.value, reading.lack) == (None, "not reached")
        assert "old reached the memory limit at 0.33 h" in reading.reason


def test_a_limit_after_the_horizon_takes_nothing_away(make_run, make_scenario) -> None:
    run = make_run([5, 20, 31], status="limit", events=[cleanup(21, "limit", rss_bytes=40 * 5e8)])
    scenario = make_scenario(hours=1 / 6)
    assert levels.peak(run.under(scenario)) == levels.Reading(20.0)
    assert levels.horizon(run.under(scenario)) == levels.Reading(20.0)


def test_without_cleanups_the_horizon_is_the_instant(make_run, make_scenario) -> None:
    run = make_run([5, 6, 7, 8], events=[cleanup(10, "cleanup_skipped")])
    assert levels.horizon(run.under(make_scenario(hours=0.5))).value == 8


def test_the_horizon_of_a_sawtooth_is_the_median_of_its_last_whole_tooth(make_run, make_scenario) -> None:
    #       0  10 20 30 40 50 60 70 80: cleanups at 30 and 60, horizon at 80; the tooth is 30, 40, 50
    run = make_run([5, 6, 7, 5, 7, 9, 5, 6, 12], events=[cleanup(30), cleanup(60)])
    scenario = make_scenario(hours=80 / 60)
    assert levels.horizon(run.under(scenario)).value == 7
    assert levels.horizon_instant(run.under(scenario)).value == 12


def test_the_first_tooth_begins_at_the_start(make_run, make_scenario) -> None:
    run = make_run([5, 6, 9, 5, 6], events=[cleanup(30)])
    assert levels.horizon(run.under(make_scenario(hours=40 / 60))).value == 6


@pytest.mark.parametrize("at_the_instant", [9.0, 5.0], ids=["sampled before the cleanup", "sampled after it"])
def test_the_instant_is_read_before_an_event_of_that_instant(make_run, make_scenario, at_the_instant: float) -> None:
    run = make_run([5, 6, 8, at_the_instant, 5.1], events=[cleanup(30)])
    scenario = make_scenario(hours=0.5)
    assert levels.horizon_instant(run.under(scenario)).value == max(8.0, at_the_instant)
    assert levels.crest_and_trough(run, 1800) == (max(8.0, at_the_instant), min(5.1, at_the_instant))


def test_the_mean_leaves_the_warmup_out(make_run, make_scenario) -> None:
    run = make_run([100, 6, 7, 11, 50], warmup_s=600)
    assert levels.mean(run.under(make_scenario(hours=0.5))).value == 8


def test_linear_growth_is_told_from_a_sawtooth(make_run, make_scenario) -> None:
    scenario = make_scenario(hours=0.75)
    assert levels.linear_r2(make_run([0, 5, 6, 7, 8], warmup_s=600).under(scenario)).value == pytest.approx(1)
    # load 5, 7, 5, 7 over t = 1, 2, 3, 4: slope 0.4, explained 0.4^2 x 5 = 0.8 of 4
    assert levels.linear_r2(make_run([0, 5, 7, 5, 7], warmup_s=600).under(scenario)).value == pytest.approx(0.2)


def test_a_flat_run_has_no_line_to_judge(make_run, make_scenario) -> None:
    assert levels.linear_r2(make_run([5, 5, 5.1, 5.2, 5]).under(make_scenario(hours=0.5))).lack == "not applicable"


def test_a_run_that_failed_at_once_has_no_levels(make_run, make_scenario) -> None:
    run = make_run([], status="failed")
    for metric in (levels.start, levels.peak, levels.horizon, levels.mean):
        assert metric(run.under(make_scenario())).lack == "not reached"


def test_the_range_under_load_is_a_share_of_its_first_sample(make_run, make_scenario) -> None:
    assert levels.range_share(make_run([4, 5, 3, 4]).under(make_scenario(hours=0.5))).value == pytest.approx(2 / 5)
    assert levels.range_share(make_run([4, 4, 4, 4]).under(make_scenario(hours=0.5))).value == 0


def test_a_run_whose_first_sample_came_after_the_horizon_has_no_value_there(make_run, make_scenario) -> None:
    run = make_run([5, 9, 7])
    run.samples["t_s"] += 3600
    late = run.under(make_scenario(hours=0.5))
    for level in (levels.horizon_instant, levels.horizon, levels.peak, levels.mean):
        assert level(late).value is None
    assert levels.horizon(late).reason == "old has no sample up to the horizon"


def test_growth_is_told_per_symbol_that_is_taken(make_run, make_scenario) -> None:
    run = make_run([5, 25, 7], counters={"symbols": 20}).under(make_scenario(hours=1 / 3))
    assert levels.grown_per_symbol_mb(run).value == pytest.approx(1000)
    of_all = make_run([5, 25, 7]).under(make_scenario(hours=1 / 3))
    assert levels.grown_per_symbol_mb(of_all).value == pytest.approx(400)
    ended = levels.grown_per_symbol_mb(make_run([5, 32], status="limit").under(make_scenario()))
    assert (ended.value, ended.bound) == (pytest.approx(540), "lower")
