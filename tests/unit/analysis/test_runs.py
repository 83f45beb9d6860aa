"""Runs as they are judged: on which terms, in which order, and that what is shared is not written to."""

from __future__ import annotations

import pytest

from harness.analysis.runs import Runs


def test_a_run_is_judged_on_the_terms_of_its_scenario(make_run, make_scenario) -> None:
    events = [{"t_s": t_s, "kind": "cleanup"} for t_s in (300.0, 1800.0, 9000.0)]
    run = make_run([5, 6, 7, 8], events=events).under(make_scenario(hours=0.5))
    assert (run.horizon_s, run.warmup_s) == (1800.0, 600.0)
    assert run.cleanups_s.tolist() == [300.0, 1800.0]
    assert run.late_cleanups_s.tolist() == [1800.0]
    assert run.reached_horizon
    assert not make_run([5, 6], status="limit").under(make_scenario(hours=0.5)).reached_horizon
    assert run.under(make_scenario(hours=0.5)) is run
    with pytest.raises(ValueError, match="old seed 1 was read without the scenario that asked for it"):
        _ = make_run([5, 6]).horizon_s


def test_a_stop_has_what_was_read_at_its_steps(make_run) -> None:
    stop = {"before": {"rss_bytes": 5e9, "live_bytes": -1}, "after_stop": {"rss_bytes": 4e9}}
    run = make_run([5, 6], ballast_gb=1.0, stop=stop)
    assert run.stop_gb("before", "rss_bytes") == 10.0  # a world of half the size
    assert run.stop_gb("before", "live_bytes") != run.stop_gb("before", "live_bytes")  # -1 is not read: NaN
    assert (run.stop.reached, run.stop.returned) == (True, True)
    assert not make_run([5, 6]).stop.reached


def test_runs_are_in_the_order_of_the_scenario_and_then_by_seed(make_run, make_scenario) -> None:
    given = [make_run([5, 6], config=config, seed=seed) for config in ("fixed", "other", "old") for seed in (2, 1)]
    runs = Runs.of(make_scenario(), given)
    assert runs.configs == ("old", "fixed", "other")
    assert [(run.config, run.seed) for run in runs[:3]] == [("old", 1), ("old", 2), ("fixed", 1)]
    assert {config: [run.seed for run in mine] for config, mine in runs.by_config().items()} == {
        "old": [1, 2],
        "fixed": [1, 2],
        "other": [1, 2],
    }
    assert Runs.of(make_scenario(), []).by_config() == {"old": (), "fixed": ()}
    assert len(runs) == 6


def test_what_is_computed_once_cannot_be_written_to(make_run, make_scenario) -> None:
    run = make_run([5, 6, 7]).under(make_scenario())
    assert run.rss_gb is run.rss_gb
    for shared in (run.rss_gb, run.t_s, run.fed, run.until_horizon, run.cleanups_s):
        with pytest.raises(ValueError, match="read-only"):
            shared[:1] = 0


def test_a_limit_that_the_target_tells_of_is_not_the_machines(make_run) -> None:
    own = {"t_s": 600.0, "kind": "limit", "requests": 20}
    met = {"t_s": 1200.0, "kind": "limit", "rss_bytes": 3e9}
    assert make_run([5] * 4, events=[own]).limit_s is None
    assert make_run([5] * 4, status="limit", events=[own, met]).limit_s == 1200.0
    assert make_run([5] * 4, status="limit").limit_s is None
