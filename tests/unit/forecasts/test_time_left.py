"""How long runs take is told by what has passed of them, not by what an idle machine would do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.forecasts.time_left import time_left_s
from harness.soaks.supervisor import RunState

RUNNING = RunState("old", 1, "running", "load", t_s=900.0, total_s=3600.0, wall_s=30.0)
WAITING = RunState("old", 2, "waiting", total_s=3600.0)
COMPLETE = replace(RUNNING, state="complete", t_s=3600.0, wall_s=100.0)


def test_a_run_goes_on_at_its_own_pace() -> None:
    assert time_left_s([RUNNING]) == pytest.approx(90.0)
    assert time_left_s([replace(RUNNING, wall_s=60.0)]) == pytest.approx(180.0)  # the machine has other work


def test_runs_that_wait_follow_as_those_end_that_run_at_once() -> None:
    one_at_once = time_left_s([RUNNING, WAITING])
    assert one_at_once == pytest.approx(90.0 + 120.0)
    assert time_left_s([RUNNING, replace(RUNNING, seed=3), WAITING]) == pytest.approx(90.0 + 120.0)


def test_a_config_that_has_not_run_yet_is_told_by_the_others() -> None:
    assert time_left_s([COMPLETE, replace(WAITING, config="fixed")]) == pytest.approx(100.0)


def test_nothing_is_told_before_a_run_has_lived_a_little_nor_of_failures() -> None:
    assert time_left_s([replace(RUNNING, wall_s=2.0)]) is None
    assert time_left_s([replace(RUNNING, t_s=30.0)]) is None
    assert time_left_s([replace(RUNNING, state="failed"), COMPLETE]) == 0.0
