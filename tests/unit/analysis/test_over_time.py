"""Reductions as if the runs had ended at each instant, and CPU per symbol-cycle by span of the load."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest

from harness.analysis.leaks.sequential import confidence_of
from harness.analysis.metrics import cpu
from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.over_time import (
    INSTANTS,
    MEAN,
    PEAK,
    PEAK_NET,
    Course,
    ReductionOverTime,
    cpu_over_time,
    reduction_over_time,
)
from harness.analysis.runs import Run, Runs
from harness.scenario import Claim

EVERY_S = 600
SAMPLES = 31
HOURS = 5.0
REDUCTIONS = (PEAK, PEAK_NET, MEAN)

CLAIM = Claim(
    name="less",
    metric="reduction.mean",
    configs=("old", "fixed"),
    expected=(0.3, 0.6),
    better="higher",
    kind="prediction",
    source="a test",
)


def teeth(seed: int, *, height: float, period: int) -> list[float]:
    """RSS that climbs by `height` in `period` samples and falls back, noisy, over a start of 5 GB."""
    noise = np.random.default_rng([seed, period]).normal(0, 0.05, SAMPLES)
    return [float(gb) for gb in 5 + height * (np.arange(SAMPLES) % period) / period + np.abs(noise)]


@pytest.fixture
def pair(make_run) -> list[Run]:
    return [
        make_run(teeth(seed, height=height, period=period), config=config, seed=seed)
        for config, height, period in (("old", 20.0, 8), ("fixed", 2.0, 3))
        for seed in (1, 2, 3)
    ]


def same(course: Course, place: int, metric: str, scenario, runs: Sequence[Run]) -> bool:
    """Whether a course says at one place just what the metric says of these runs."""
    found = METRICS[metric].compute(Runs.of(scenario, runs), ("old", "fixed"), confidence_of(scenario))
    drawn = [
        None if np.isnan(values[place]) else values[place] for values in (course.estimate, course.low, course.high)
    ]
    return drawn == [found.estimate, found.low, found.high]


@pytest.mark.parametrize("max_seeds", [None, 6])
def test_at_the_horizon_it_is_the_metric(pair, make_scenario, max_seeds: int | None) -> None:
    scenario = make_scenario(hours=HOURS, claims=[CLAIM])
    scenario.max_seeds = max_seeds
    over = reduction_over_time(scenario, pair)
    assert over is not None
    assert over.hours[-1] == HOURS
    assert over.confidence == confidence_of(scenario)
    for metric in REDUCTIONS:
        assert np.isfinite(over.courses[metric].high[-1])
        assert same(over.courses[metric], -1, metric, scenario, pair)


def test_at_each_instant_it_is_the_metric_of_runs_that_end_there(pair, make_scenario) -> None:
    over = reduction_over_time(make_scenario(hours=HOURS, claims=[CLAIM]), pair)
    assert over is not None
    np.testing.assert_allclose(over.hours, np.arange(SAMPLES) * EVERY_S / 3600)
    for place, hour in enumerate(over.hours):
        for metric in REDUCTIONS:
            assert same(over.courses[metric], place, metric, make_scenario(hours=float(hour)), pair), (metric, hour)
    assert np.isnan(over.courses[MEAN].estimate[0])
    assert np.isnan(over.courses[PEAK_NET].estimate[0])


def test_few_instants_of_many_samples(make_run, make_scenario) -> None:
    runs = [make_run(np.linspace(5, 6, 3001), every_s=6, config=config) for config in ("old", "fixed")]
    scenario = make_scenario(hours=HOURS, claims=[CLAIM])
    scenario.time.sample_every_s = 6.0
    over = reduction_over_time(scenario, runs)
    assert over is not None
    assert INSTANTS // 2 < over.hours.size <= INSTANTS
    np.testing.assert_allclose(over.hours * 600, np.round(over.hours * 600))
    assert over.hours[-1] == HOURS
    assert np.isnan(over.courses[PEAK].low).all()  # one seed
    np.testing.assert_allclose(over.courses[PEAK].estimate, 0, atol=1e-12)


def test_only_seeds_of_both(pair, make_run, make_scenario) -> None:
    alone = make_run([500.0] * SAMPLES, config="old", seed=9)
    scenario = make_scenario(hours=HOURS, claims=[CLAIM])
    over, other = reduction_over_time(scenario, pair), reduction_over_time(scenario, [*pair, alone])
    assert over is not None
    assert other is not None
    assert other.seeds == (1, 2, 3)
    np.testing.assert_array_equal(over.courses[PEAK].estimate, other.courses[PEAK].estimate)


def test_the_curves_end_with_the_first_run(pair, make_run, make_scenario) -> None:
    limited = make_run(np.linspace(5, 32, 13), config="old", seed=2, status="limit")
    runs = [limited if (run.config, run.seed) == ("old", 2) else run for run in pair]
    over = reduction_over_time(make_scenario(hours=HOURS, claims=[CLAIM]), runs)
    assert over is not None
    assert over.hours[-1] == 2.0
    assert over.ended == "old reached the memory limit at 2.00 h"
    assert np.isfinite(over.courses[MEAN].estimate[-1])


def test_the_cleanups_of_the_first_config(make_run, make_scenario) -> None:
    done = [{"t_s": t_s, "kind": "cleanup"} for t_s in (3000.0, 6000.2, 9000.0, 18_100.0)]
    runs = [
        make_run([5.0] * SAMPLES, config="old", seed=1, events=done[:3]),
        make_run([5.0] * SAMPLES, config="old", seed=2, events=[{**done[1], "t_s": 6000.0}, done[3]]),
        *(make_run([5.0] * SAMPLES, config="fixed", seed=seed, events=done[:1]) for seed in (1, 2)),
    ]
    over = reduction_over_time(make_scenario(hours=HOURS, claims=[CLAIM]), runs)
    assert over is not None
    np.testing.assert_allclose(over.cleanups * 3600, [3000, 6000, 9000])
    assert over.ended == ""


def test_without_a_pair_there_is_none(pair, make_run, make_scenario) -> None:
    claimed, silent = make_scenario(hours=HOURS, claims=[CLAIM]), make_scenario(hours=HOURS)
    assert reduction_over_time(silent, pair) is None
    assert reduction_over_time(claimed, [run for run in pair if run.config == "old"]) is None
    unborn = make_run([], config="fixed", seed=1, status="died")
    assert reduction_over_time(claimed, [run for run in pair if run.config == "old"] + [unborn]) is None


def over_time(shares: Sequence[float]) -> ReductionOverTime:
    course = Course(*(np.array(shares, dtype=float),) * 3)
    hours = np.arange(len(shares), dtype=float)
    return ReductionOverTime("old", "fixed", (1, 2), 0.95, hours, {PEAK: course}, np.empty(0), "")


@pytest.mark.parametrize(
    ("shares", "found"),
    [
        ([0, 0.1, 0.5, 0.71, 0.714, 0.713], [(1, 0.1), (3, 0.713)]),  # settles
        ([0, 0.1, 0.66, 0.6, 0.55, 0.53], [(1, 0.1), (2, 0.66), (5, 0.53)]),  # old leaks
        ([0, 0.7, 0.6, 0.5], [(1, 0.7), (3, 0.5)]),  # falls from the first look on
        ([0, 0.5, 0.2, 0.5, 0.5], [(2, 0.2), (3, 0.5)]),  # a dip is told though both ends agree
        ([0, 0.001, -0.002, 0.001], [(1, 0.001)]),
        ([0.4], []),
    ],
)
def test_the_findings_tell_whether_the_hour_matters(shares, found) -> None:
    assert [(one.hour, one.share) for one in over_time(shares).findings(from_h=0.5)] == found


def with_cpu(run: Run, per_interval_s: Sequence[float]) -> Run:
    spent = np.concatenate([[1.0], 1.0 + np.cumsum(per_interval_s)])
    return dataclasses.replace(run, samples=run.samples.assign(cpu_s=spent))


def test_cpu_per_symbol_cycle_by_span(make_run, make_scenario) -> None:
    samples, scenario = 1201, make_scenario(hours=2)  # 6 s apart: 1.2 cycles of 50 symbols
    slower = np.linspace(1.0, 2.0, samples - 1) * 0.06
    slower[::37] += 5.0
    runs = [
        *(with_cpu(make_run([5] * samples, every_s=6, seed=seed), slower * seed) for seed in (1, 2, 4)),
        *(with_cpu(make_run([5] * samples, every_s=6, config="fixed", seed=s), [0.06] * 1200) for s in (1, 2)),
        make_run([5] * samples, every_s=6, config="silent"),
    ]
    old, fixed = cpu_over_time(scenario, runs)
    assert (old.config, fixed.config) == ("old", "fixed")
    np.testing.assert_allclose(old.hours, 1 / 6 + (np.arange(cpu.BLOCKS) + 0.5) * (11 / 6) / cpu.BLOCKS)
    np.testing.assert_allclose(old.ms.low, 1.0 + old.hours / 2, rtol=0.01)
    np.testing.assert_allclose(old.ms.median, 2 * old.ms.low)
    np.testing.assert_allclose(old.ms.high, 4 * old.ms.low)
    np.testing.assert_allclose(fixed.ms.median, 1.0)
    assert old.growth.estimate == METRICS["cpu.growth"].compute(Runs.of(scenario, runs), ("old",)).estimate
    assert old.grows
    assert not fixed.grows


def test_cpu_ends_with_its_runs(make_run, make_scenario) -> None:
    runs = [with_cpu(make_run([5] * 661, every_s=6, status="limit", seed=seed), [0.06] * 660) for seed in (1, 2)]
    (found,) = cpu_over_time(make_scenario(hours=2), runs)
    begins = found.hours - (found.hours[1] - found.hours[0]) / 2
    np.testing.assert_array_equal(np.isfinite(found.ms.median), begins < 1.1)
    assert found.growth.lack == "not reached"
    assert not found.grows
