"""One run by its own floors: a leak, none, a step, a start that settles, a leak that begins late."""

from __future__ import annotations

import numpy as np
import pytest

from harness.analysis.leaks.floors import Floors, slopes
from harness.analysis.leaks.one_run import RunDecision, decide_run, run_slopes

BUDGET = 0.0375
HOURS = (np.arange(24) + 0.5) / 5
QUIET = 0.005 * np.random.default_rng(5).standard_normal(24)


def decided(values: np.ndarray, error: float = 0.0125) -> RunDecision:
    floors = Floors(HOURS, values + QUIET, "blocks", np.empty(0))
    return decide_run(run_slopes(floors.hours, floors.values), slopes(floors), BUDGET, error)


@pytest.mark.parametrize(("slope", "leak", "ok"), [(0.0, False, True), (0.02, False, True), (0.15, True, False)])
def test_a_straight_line_is_on_one_side_of_the_budget(slope: float, leak: bool, ok: bool) -> None:
    decision = decided(slope * HOURS)
    assert (bool(decision.leak), bool(decision.ok)) == (leak, ok)
    assert not decision.settling
    assert not decision.starting


def test_a_step_is_no_leak() -> None:
    for at in range(2, 23):
        assert not decided(0.4 * (np.arange(24) >= at)).leak


def test_a_start_that_settles_is_settling_and_no_leak() -> None:
    decision = decided(-2.0 * np.exp(-HOURS / 1.5))
    assert decision.settling
    assert not decision.leak


def test_growth_that_speeds_up_is_starting_and_not_ok() -> None:
    decision = decided(0.05 * HOURS**3)
    assert decision.starting
    assert not decision.ok


def test_a_smaller_error_decides_less() -> None:
    wavy = 0.15 * HOURS + 0.03 * np.sin(3 * HOURS)
    assert decided(wavy).leak
    assert not decided(wavy, error=1e-7).leak
