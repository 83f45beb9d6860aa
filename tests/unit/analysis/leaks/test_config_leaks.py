"""Slopes of floors and the verdicts on a config: teeth or none, budgets of bytes and of counts, runs too short."""

from __future__ import annotations

import numpy as np
import pytest

from harness.analysis.explanation import explain_config
from harness.analysis.leaks import config_leaks as leaks
from harness.analysis.leaks.memory_limit import leaking_rate, told_by
from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.metrics.rss_lines import ALLOCATORS_HOLD_FREE
from harness.analysis.runs import Runs


def sawtooth(leak_gb_per_hour: float, teeth: int, *, height: float = 3.0) -> list[float]:
    """Teeth of 30 minutes sampled every 10: 5 GB plus the leak, a third of the height up at each sample."""
    return [5 + leak_gb_per_hour * k / 6 + height * (k % 3) / 3 for k in range(3 * teeth + 1)]


def cleanups(teeth: int) -> list[dict]:
    return [{"t_s": 1800.0 * k, "kind": "cleanup"} for k in range(1, teeth + 1)]


@pytest.mark.parametrize("leak", [0.0, 1.3, -0.5])
def test_the_leak_under_a_sawtooth_is_found(make_run, make_scenario, leak: float) -> None:
    run = make_run(sawtooth(leak, 8), live_gb=sawtooth(leak / 2, 8), events=cleanups(8))
    scenario = make_scenario(hours=4)
    assert leaks.floor_slope(run.under(scenario)).value == pytest.approx(leak, abs=1e-9)
    assert leaks.live_slope(run.under(scenario)).value == pytest.approx(leak / 2, abs=1e-9)


def test_one_odd_floor_does_not_make_a_leak(make_run, make_scenario) -> None:
    gb = sawtooth(0, 10)
    gb[-4] += 2  # the floor of the last tooth
    assert leaks.floor_slope(make_run(gb, events=cleanups(10)).under(make_scenario(hours=5))).value == pytest.approx(0)


def test_without_cleanups_blocks_have_floors(make_run, make_scenario) -> None:
    gb = [
        5 + 0.5 * k / 60 + (k % 5) for k in range(301)
    ]  # every minute for five hours, 0.5 GB/h under five-minute waves
    run = make_run(gb, every_s=60, warmup_s=600)
    assert leaks.floor_slope(run.under(make_scenario(hours=5))).value == pytest.approx(0.5, abs=0.02)


def test_too_few_floors_say_which_hours_would_do(make_run, make_scenario) -> None:
    reading = leaks.floor_slope(make_run(sawtooth(1, 6), events=cleanups(6)).under(make_scenario(hours=3)))
    assert reading.lack == "undecided"
    assert reading.reason == "old has 5 floors between cleanups, 6 are needed; 3.5 hours would do"
    enough = leaks.floor_slope(make_run(sawtooth(1, 7), events=cleanups(7)).under(make_scenario(hours=3.5)))
    assert enough.value == pytest.approx(1)


def test_the_warmup_is_discarded(make_run, make_scenario) -> None:
    gb = [level - (3 if k < 6 else 0) for k, level in enumerate(sawtooth(0, 12))]  # caches fill in the first hour
    scenario = make_scenario(hours=6)
    scenario.time.warmup_minutes = 60
    run = make_run(gb, warmup_s=3600, events=cleanups(12))
    assert leaks.floor_slope(run.under(scenario)).value == pytest.approx(0)


def test_what_was_not_read_or_reached_is_not_judged(make_run, make_scenario) -> None:
    run = make_run(sawtooth(1, 8), events=cleanups(8))
    assert leaks.live_slope(run.under(make_scenario(hours=4))).lack == "not applicable"
    ended = make_run(sawtooth(1, 8), events=cleanups(8), status="limit")
    assert leaks.floor_slope(ended.under(make_scenario(hours=5))).lack == "not reached"


def five_hours(make_run, *, rss: float = 0.0, live: float = 0.0, **counts: float) -> list:
    """Three seeds of five hours, a sample a minute: RSS and live bytes rise by GB/h, counts by so many an hour."""
    runs = []
    for seed in (1, 2, 3):
        rng = np.random.default_rng(seed)
        hours = np.arange(301) / 60
        gb = [7 + slope * hours + 0.01 * rng.standard_normal(hours.size) for slope in (rss, live)]
        run = make_run(gb[0], live_gb=gb[1], every_s=60, seed=seed)
        for name, per_hour in counts.items():
            run.samples[name] = 12 + np.floor(per_hour * hours + seed / 4)
        runs.append(run)
    return runs


def test_bytes_are_judged_against_the_scenarios_budget(make_run, make_scenario) -> None:
    found = leaks.judge_config(make_scenario(hours=5), five_hours(make_run, rss=0.3, live=0.2))
    assert {name: leak.verdict.outcome for name, leak in found.items()} == {"rss": "LEAK", "live": "LEAK"}
    assert found["live"].verdict.slope == pytest.approx(0.2, abs=0.01)
    assert not found["rss"].fragmentation
    roomy = make_scenario(hours=5, leak_budget_gb_per_hour=0.5)
    assert leaks.judge_config(roomy, five_hours(make_run, rss=0.3))["rss"].verdict.outcome == "OK"


def read_as(runs: list, line: str) -> list:
    """The runs, with all of their RSS in one line."""
    for run in runs:
        run.samples[line], run.samples["residual_bytes"] = run.samples["rss_bytes"], 0.0
        if line not in ALLOCATORS_HOLD_FREE:
            run.samples["mappings_bytes"] = run.samples["rss_bytes"]
    return runs


@pytest.mark.parametrize("line", ["glibc_free_bytes", "pymalloc_free_bytes"])
def test_rss_that_climbs_by_what_allocators_hold_free_is_fragmentation(make_run, make_scenario, line: str) -> None:
    found = leaks.judge_config(make_scenario(hours=5), read_as(five_hours(make_run, rss=0.3), line))
    assert (found["rss"].verdict.outcome, found["live"].verdict.outcome) == ("LEAK", "OK")
    assert found["rss"].fragmentation
    assert not found["live"].fragmentation


@pytest.mark.parametrize("line", ["anonymous_bytes", "shared_bytes", "dirty_file_bytes", "stacks_bytes"])
def test_mappings_that_climb_are_a_leak_of_their_own_and_no_fragmentation(make_run, make_scenario, line: str) -> None:
    found = leaks.judge_config(make_scenario(hours=5), read_as(five_hours(make_run, rss=0.3), line))
    assert [found[name].verdict.outcome for name in ("rss", "live", "mappings")] == ["LEAK", "OK", "LEAK"]
    assert found["mappings"].verdict.slope == pytest.approx(0.3, abs=0.01)
    assert found["mappings"].grown[line] == pytest.approx(0.3 * (5 - 1 / 6), rel=0.05)
    assert not found["rss"].fragmentation
    assert leaking_rate(list(found.values())) == found["mappings"].rate


def test_what_rss_climbs_by_is_not_guessed_where_it_was_not_recorded(make_run, make_scenario) -> None:
    found = leaks.judge_config(make_scenario(hours=5), five_hours(make_run, rss=0.3))
    assert (found["rss"].verdict.outcome, found["rss"].fragmentation, found["rss"].grown) == ("LEAK", False, {})


def test_mappings_that_hardly_move_are_idle_and_not_told(make_run, make_scenario) -> None:
    scenario, runs = make_scenario(hours=5), five_hours(make_run)
    for run in runs:
        run.samples["mappings_bytes"] = 0.01e9 + 0.001e9 * (np.arange(run.t_s.size) % 3)
    found = leaks.judge_config(scenario, runs)["mappings"]
    assert (found.verdict.outcome, found.idle) == ("OK", True)
    assert found not in told_by(scenario, [found])
    for run in runs:
        run.samples["mappings_bytes"] = 1e9 * (np.arange(run.t_s.size) % 3)
    assert not leaks.judge_config(scenario, runs)["mappings"].idle


def test_counts_are_judged_as_finely_as_the_hours_allow(make_run, make_scenario) -> None:
    found = leaks.judge_config(make_scenario(hours=5), five_hours(make_run, tasks=0.0, open_files=3.0))
    judged_h = 5 - 1 / 6
    assert found["tasks"].budget == pytest.approx(2 / judged_h)
    assert found["tasks"].verdict.outcome == "OK"
    assert found["tasks"].verdict.minimum_detectable == pytest.approx(6 / judged_h)
    assert found["open_files"].verdict.outcome == "LEAK"
    assert found["open_files"].verdict.slope == pytest.approx(3, rel=0.1)
    assert "threads" not in found  # not recorded


def test_a_long_run_allows_one_in_a_day(make_run, make_scenario) -> None:
    runs = [make_run([7.0] * 721, every_s=600, seed=seed) for seed in (1, 2)]
    for run in runs:
        run.samples["tasks"] = 5.0
    assert leaks.judge_config(make_scenario(hours=120), runs)["tasks"].budget == pytest.approx(1 / 24)


def test_six_steps_in_a_run_are_always_a_leak_and_never_ok(make_run, make_scenario) -> None:
    per_hour = 6 / (5 - 1 / 6)
    found = leaks.judge_config(make_scenario(hours=5), five_hours(make_run, threads=per_hour))
    assert found["threads"].verdict.outcome == "LEAK"


def test_the_verdict_the_metric_and_the_explanation_agree(make_run, make_scenario) -> None:
    scenario, runs = make_scenario(hours=5), five_hours(make_run, rss=0.3, live=0.3)
    verdict = leaks.judge_config(scenario, runs)["live"].verdict
    metric = METRICS["live.slope_gb_per_hour"].compute(Runs.of(scenario, runs), ["old"])
    explained = explain_config(scenario, "old", runs)
    assert (metric.estimate, metric.low, metric.high) == pytest.approx((verdict.slope, verdict.low, verdict.high))
    assert (explained.live.estimate, explained.live.low, explained.outcome) == (verdict.slope, verdict.low, "leak")


def test_where_seeds_may_be_added_intervals_are_wider(make_run, make_scenario) -> None:
    scenario, runs = make_scenario(hours=5), five_hours(make_run, rss=0.3)
    once = leaks.judge_config(scenario, runs)["rss"].verdict
    scenario.max_seeds = 6
    looks = leaks.judge_config(scenario, runs)["rss"].verdict
    assert looks.slope == once.slope
    assert looks.high - looks.low > 1.1 * (once.high - once.low)


def test_verdicts_come_in_the_order_of_the_configs(make_run, make_scenario) -> None:
    runs = [make_run([7.0] * 31, config=config, seed=seed) for config in ("fixed", "old", "other") for seed in (1, 2)]
    found = leaks.judge_leaks(make_scenario(hours=5), [*runs, make_run([], config="empty", status="died")])
    assert [(leak.config, leak.measure.name) for leak in found] == [("old", "rss"), ("fixed", "rss"), ("other", "rss")]


def test_what_ended_at_the_limit_is_never_ok_and_no_seed_mends_it(make_run, make_scenario) -> None:
    flat = [make_run([7.0] * 200, every_s=60, seed=seed, status="limit") for seed in (1, 2, 3)]
    found = leaks.judge_config(make_scenario(hours=5), flat)["rss"].verdict
    assert (found.outcome, found.reason) == ("INCONCLUSIVE", "old reached the memory limit at 3.32 h")
    assert not found.lacks_seeds
    leaking = [make_run(7 + np.arange(200) / 60, every_s=60, seed=seed, status="limit") for seed in (1, 2, 3)]
    assert leaks.judge_config(make_scenario(hours=5), leaking)["rss"].verdict.outcome == "LEAK"


def test_what_reached_the_limit_in_the_warm_up_was_not_reached(make_run, make_scenario) -> None:
    runs = [make_run([7.0, 31.0], every_s=60, seed=seed, status="limit") for seed in (1, 2)]
    assert METRICS["leak.rss"].compute(Runs.of(make_scenario(hours=5), runs), ["old"]).lack == "not reached"
