"""Restarts in one process: slopes of bytes, differences of counts, and runs that have too few."""

from __future__ import annotations

import pytest

from harness.analysis.metrics.catalogue import METRICS


def restarts(count: int, **measures) -> dict:
    return {str(number): {name: of(number) for name, of in measures.items()} for number in range(1, count + 1)}


@pytest.fixture
def climbing(make_run):
    """Twenty restarts: 100 MB real (0.2 GB) per restart, the first two far lower; a task every restart."""
    facts = restarts(
        20,
        rss_bytes=lambda n: 1e9 + n * 1e8 if n > 2 else 0,
        live_bytes=lambda n: 5e8,
        tasks=lambda n: n,
        open_files=lambda n: 7,
        threads=lambda n: 1,
    )
    return make_run([5, 6, 7], restarts=facts)


def test_slopes_leave_the_first_two_out(climbing, make_scenario) -> None:
    values = {name: METRICS[f"restart.{name}"].read(climbing).value for name in ("growth", "live_growth")}
    assert values == {"growth": pytest.approx(0.2), "live_growth": 0}


def test_counts_are_exact_from_the_second_to_the_last(climbing, make_scenario) -> None:
    values = {name: METRICS[f"restart.{name}"].read(climbing).value for name in ("tasks", "open_files", "threads")}
    assert values == {"tasks": 18, "open_files": 0, "threads": 0}


@pytest.mark.parametrize(("count", "metric"), [(4, "growth"), (2, "tasks")])
def test_too_few_restarts_decide_nothing(make_run, make_scenario, count: int, metric: str) -> None:
    run = make_run([5, 6], restarts=restarts(count, rss_bytes=lambda n: n, tasks=lambda n: n))
    reading = METRICS[f"restart.{metric}"].read(run.under(make_scenario()))
    assert reading.lack == "undecided"
    assert "are needed" in reading.reason


def test_no_restart_or_none_recorded_is_no_number(make_run, make_scenario) -> None:
    scenario = make_scenario()
    assert METRICS["restart.growth"].read(make_run([5, 6]).under(scenario)).lack == "not applicable"
    assert METRICS["restart.growth"].read(make_run([5, 6], status="died").under(scenario)).lack == "not reached"
    unread = make_run([5, 6], restarts=restarts(9, rss_bytes=lambda n: 1, live_bytes=lambda n: None))
    assert METRICS["restart.live_growth"].read(unread.under(scenario)).lack == "not applicable"
    assert METRICS["restart.tasks"].read(unread.under(scenario)).lack == "not applicable"


def test_a_run_that_ended_among_its_restarts_is_not_judged(make_run, make_scenario) -> None:
    run = make_run([5, 6], status="failed", restarts=restarts(9, rss_bytes=lambda n: n))
    assert METRICS["restart.growth"].read(run.under(make_scenario())).lack == "not reached"
