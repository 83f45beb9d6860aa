"""A run carried to another scale or to more hours, held against what was recorded there."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from harness.analysis.full_scale.larger_world import (
    GUESSES,
    KEPT_BY_GLIBC,
    LEAST,
    MOST,
    MOST_PINNED,
    USUAL,
    USUALLY,
    carried,
    course,
    hazard,
    larger,
)
from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.runs import Run
from tests.unit.analysis.full_scale.kept import kept_run, kept_runs

LEVELS = ("mean", "horizon", "horizon.instant", "sawtooth.trough_gb")
RELEASES = ("release.stop", "release.drop", "release.trim", "release.pools")
FEED_GB = 0.2
"""What another draw of the market moves a level by that does not move with the scale: each scale has its own."""


def spans(runs: list[Run | None], config: str, metric: str) -> tuple[float, float]:
    """The least and the most that a metric of a carried run may be."""
    values = [METRICS[metric].read(run).value for run in runs if run is not None]
    known = [value for value in values if value is not None]
    assert len(known) == len(GUESSES)
    return min(known), max(known)


@pytest.mark.parametrize(
    ("config", "here", "there"),
    [("fixed", 0.1, 0.4), ("fixed", 0.4, 1.0), ("fixed", 0.1, 1.0), ("old_stop", 0.1, 0.2), ("old_stop", 0.2, 0.7)],
)
def test_what_a_small_world_foretells_of_a_larger_one_was_recorded_there(
    config: str, here: float, there: float
) -> None:
    small, large = kept_run(config, here), kept_run(config, there)
    found = [larger(small, there / here, guess) for guess in GUESSES]
    for metric in LEVELS:
        low, high = spans(found, config, metric)
        measured = METRICS[metric].read(large).value
        assert measured is not None
        assert low - FEED_GB <= measured <= high + FEED_GB, metric
    for metric in RELEASES:
        low, high = spans(found, config, metric)
        measured = METRICS[metric].read(large).value
        assert measured is not None
        assert low - 0.02 <= measured <= high + 0.02, metric


def test_the_smaller_world_alone_would_have_been_wrong() -> None:
    """What the carried value corrects is many times what it is off by."""
    small, large = kept_run("old_stop", 0.1), kept_run("old_stop", 0.7)
    usual = larger(small, 7.0, USUAL)
    assert usual is not None
    for metric, off in (("mean", 2.5), ("horizon", 2), ("sawtooth.trough_gb", 9)):
        here, there, foretold = (METRICS[metric].read(run).value or 0 for run in (small, large, usual))
        assert here - there > off
        assert abs(foretold - there) < (here - there) / 4


def test_an_hour_at_full_scale_foretells_five() -> None:
    whole, small = kept_run("fixed", 1.0), kept_run("fixed", 0.1)
    for hours in (0.98, 1.8, 3.05):
        short = cut(whole, hours)
        found = [larger(short, 1.0, guess, whole=small) for guess in GUESSES]
        for metric in LEVELS:
            low, high = spans(found, "fixed", metric)
            measured = METRICS[metric].read(whole).value
            assert measured is not None
            assert low - FEED_GB <= measured <= high + FEED_GB, (hours, metric)


def test_what_was_recorded_at_this_scale_stays_as_it_was() -> None:
    for config, scale in (("fixed", 1.0), ("old_stop", 0.2)):
        run = kept_run(config, scale)
        for guess in GUESSES:
            same = larger(run, 1.0, guess)
            assert same is not None
            for metric in (*LEVELS, *RELEASES):
                before, after = (METRICS[metric].read(one).value for one in (run, same))
                assert after == pytest.approx(before, abs=0.05 if metric in LEVELS else 0.005), metric


def test_live_bytes_and_cleanups_are_those_that_were_recorded() -> None:
    run = kept_run("fixed", 0.1)
    there = larger(run, 10.0, USUAL)
    assert there is not None
    known = np.isfinite(run.live_gb[run.fed])
    assert there.live_gb[known] == pytest.approx(run.live_gb[run.fed][known], abs=1e-6)
    assert there.event_times("cleanup").tolist() == run.event_times("cleanup").tolist()
    assert there.rss_gb[0] == pytest.approx(run.rss_gb[0])


def test_a_run_without_live_bytes_or_without_telling_when_it_frees_is_not_carried(make_run) -> None:
    sawtooth = [5, 9, 13, 6, 9, 13, 6, 9, 13]
    assert larger(make_run(sawtooth), 10.0, USUAL) is None
    live = [5, 9, 13, 5, 9, 13, 5, 9, 13]
    assert course(make_run([5, 9, 13, 13, 13, 13, 13, 13, 13], live_gb=live)) is None
    told = [{"t_s": 600.0 * place - 1, "kind": "cleanup"} for place in (3, 6)]
    assert course(make_run(sawtooth, live_gb=live, events=told)) is not None


def test_two_samples_of_one_instant_at_the_end_are_one(make_run) -> None:
    gb = [5.0, 9, 13, 6, 9, 13, 13]
    run = make_run(gb, live_gb=[5, 9, math.nan, 5, 9, 13, 13], events=[{"t_s": 1799.0, "kind": "cleanup"}])
    times = np.where(np.arange(7) == 6, 3000.0, run.t_s)  # stop() came at the instant of the last sample
    found = course(dataclasses.replace(run, samples=run.samples.assign(t_s=times)))
    assert found is not None
    assert found.live.tolist() == [0, 4, 8, 0, 4, 8, 8]


def test_a_run_that_frees_nothing_is_the_same_at_every_scale(make_run) -> None:
    climbing = make_run([5, 6, 7, 8, 9], live_gb=[4.9, 5.9, 6.9, 7.9, 8.9])
    for guess in GUESSES:
        there = larger(climbing, 10.0, guess)
        assert there is not None
        assert there.rss_gb == pytest.approx(climbing.rss_gb)


def test_the_hazard_is_that_of_the_share_that_stays() -> None:
    peak, live = np.array([20.0] * 4), np.zeros(4)
    found = hazard(np.array([0.0, 10.0, 19.0, 20.0]), live, peak)
    assert found[:3] == pytest.approx([0, np.log(2), np.log(20)])
    assert np.isinf(found[3])
    assert hazard(np.array([3.0]), np.array([4.0]), np.array([4.0])).tolist() == [0.0]


def test_pinned_bytes_stay_nearly_constant_and_the_span_covers_that() -> None:
    (low,), (usual,), (high,) = (carried(np.array([1.0]), 10.0, way) for way in (LEAST, USUALLY, MOST))
    assert low < 0.1 < usual < high
    assert low == pytest.approx(10**-LEAST.exponent)
    (kept,) = carried(np.array([1.0]), 10.0, MOST, constant=KEPT_BY_GLIBC)
    assert kept == pytest.approx(KEPT_BY_GLIBC + (1 - KEPT_BY_GLIBC) * 10**-MOST.exponent)


def test_where_all_stays_it_may_go_on_to() -> None:
    least = -np.log(1 - MOST_PINNED)
    (low,), (high,) = (carried(np.array([np.inf]), 10.0, way) for way in (LEAST, MOST))
    assert low == pytest.approx(least * 10**-LEAST.exponent)
    assert np.isinf(high)


def cut(run: Run, hours: float) -> Run:
    """The first hours of a run, with the stop of the whole one."""
    inside = run.samples["t_s"] <= hours * 3600
    events = tuple(event for event in run.events if event["t_s"] <= hours * 3600)
    return dataclasses.replace(run, samples=run.samples[inside].reset_index(drop=True), events=events)


def test_the_kept_recordings_are_small_and_several_seeds() -> None:
    assert len(kept_runs("fixed", 0.1)) == len(kept_runs("old_stop", 0.1)) == 3
