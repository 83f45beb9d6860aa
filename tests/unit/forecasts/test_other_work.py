"""Other work on a machine slows runs down as far as it takes cores from them."""

from __future__ import annotations

import pytest

from harness.forecasts.other_work import busy_cores, slowed


def test_cores_that_nobody_wants_slow_nothing_down() -> None:
    assert slowed(0.0, at_once=2, there=2) == 1.0
    assert slowed(1.0, at_once=1, there=2) == 1.0
    assert slowed(2.0, at_once=2, there=2) == pytest.approx(2.0)
    assert slowed(0.5, at_once=2, there=2) == pytest.approx(1.25)


def test_it_looks_for_a_moment_and_counts_no_less_than_nothing() -> None:
    waited: list[float] = []
    assert busy_cores(waited.append) >= 0.0
    assert len(waited) == 1
