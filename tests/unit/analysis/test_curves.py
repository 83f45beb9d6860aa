"""The curves of a picture: one grid, a spread over seeds, nothing where nothing was measured."""

from __future__ import annotations

import numpy as np

from harness.analysis import curves
from tests.unit.analysis.conftest import with_children


def test_a_curve_is_the_median_and_range_over_seeds(make_run) -> None:
    runs = [make_run([5, 6 + seed, 7 + 2 * seed], seed=seed) for seed in (0, 1, 5)]
    curve = curves.curve("old", runs, every_s=600)
    assert curve.hours.tolist() == [0, 1 / 6, 2 / 6]
    assert curve.rss.median.tolist() == [5, 7, 9]
    assert curve.rss.low.tolist() == [5, 6, 7]
    assert curve.rss.high.tolist() == [5, 11, 17]
    assert curve.live is None


def test_a_run_that_ended_early_leaves_the_others_alone(make_run) -> None:
    runs = [make_run([5, 6, 7, 8]), make_run([5, 32], seed=2, status="limit", events=[{"t_s": 600, "kind": "limit"}])]
    curve = curves.curve("old", runs, every_s=300)
    assert curve.rss.high.tolist() == [5, 5, 32, 6, 7, 7, 8]
    assert curve.rss.low.tolist() == [5, 5, 6, 6, 7, 7, 8]
    assert curve.limits == {2: 1 / 6}


def test_live_bytes_stand_on_the_ballast_and_are_joined_between_readings(make_run) -> None:
    run = make_run([5, 6, 7], live_gb=[1, np.nan, 3], ballast_gb=4)
    live = curves.curve("old", [run], every_s=600).live
    assert live is not None
    np.testing.assert_allclose(live.median, [5, 6, 7])


def test_the_tree_is_drawn_where_a_run_had_children(make_run) -> None:
    runs = [
        with_children(make_run([5, 6, 7], seed=1), [600.0, 1200.0], {"writer": [1.0, 2.0]}),
        make_run([5, 6, 7], seed=2),
    ]
    curve = curves.curve("old", runs, every_s=600)
    assert curve.tree is not None
    np.testing.assert_allclose(curve.tree.high, [5, 7, 9])
    np.testing.assert_allclose(curve.tree.low, [5, 6, 7])
    assert curves.curve("old", runs[1:], every_s=600).tree is None


def test_cleanups_are_marked_per_seed_and_only_where_done(make_run) -> None:
    events = [{"t_s": 900, "kind": "cleanup_skipped"}, {"t_s": 1800, "kind": "cleanup"}]
    curve = curves.curve("old", [make_run([5, 6, 7, 8], events=events)], every_s=600)
    assert {seed: times.tolist() for seed, times in curve.cleanups.items()} == {1: [0.5]}


def test_a_config_that_recorded_nothing_has_an_empty_curve(make_run) -> None:
    curve = curves.curve("old", [make_run([], status="failed")], every_s=600)
    assert curve.hours.size == 0
    assert curve.rss.median.size == 0


def test_the_stop_is_four_steps_and_nothing_where_not_reached(make_run) -> None:
    def facts(*gb: float) -> dict:
        return {
            step: {"rss_bytes": value * 5e8, "live_bytes": None} for step, value in zip(curves.STEPS, gb, strict=False)
        }

    runs = [make_run([5], stop=facts(10, 8, 7, 6)), make_run([5], seed=2, stop=facts(12, 10)), make_run([5], seed=3)]
    stop = curves.stop("old", runs)
    assert stop is not None
    np.testing.assert_allclose(stop.rss.median, [11, 9, 7, 6])
    np.testing.assert_allclose(stop.rss.high, [12, 10, 7, 6])
    assert stop.live is None
    assert curves.stop("old", runs[2:]) is None


def test_live_bytes_at_the_stop_stand_on_the_ballast(make_run) -> None:
    run = make_run([5], ballast_gb=4, stop={"before": {"rss_bytes": 1e9, "live_bytes": 2.5e9}})
    stop = curves.stop("old", [run])
    assert stop is not None
    assert stop.live is not None
    np.testing.assert_allclose(stop.live.median, [9, np.nan, np.nan, np.nan])
