"""Hours that nobody gave: five where they are quick, else as many as are, never fewer than decide."""

from __future__ import annotations

import pytest

from harness.forecasts.forecast import Forecast
from harness.report.trials.hours_words import hours_words
from harness.trials.enough_hours import EnoughHours, enough_hours, fewest_hours, quick_symbols

BUDGET = 0.0054


def taking(seconds_an_hour: float, hours: float) -> Forecast:
    return Forecast((seconds_an_hour * hours,), seconds_an_hour * hours, 1, 5e7, 5e7, 5e7, 1e6, "a test")


def chosen(seconds_an_hour: float, fewest: float = 1.0) -> EnoughHours:
    return enough_hours(fewest, lambda hours: taking(seconds_an_hour, hours))


def test_the_fewest_hours_follow_from_the_budget_and_from_cleanups() -> None:
    assert fewest_hours(BUDGET) == 1.0  # 4 MB at 5.4 MB an hour, and ten minutes of warm-up
    assert fewest_hours(10 * BUDGET) == 0.25
    assert fewest_hours(BUDGET, cleanup_every_s=1800.0) == 3.75
    assert fewest_hours(BUDGET, cleanup_every_s=60.0) == 1.0


@pytest.mark.parametrize(("seconds_an_hour", "hours"), [(10.0, 5.0), (30.0, 3.0), (70.0, 1.5), (500.0, 1.0)])
def test_a_target_that_costs_more_is_soaked_for_fewer_hours(seconds_an_hour: float, hours: float) -> None:
    assert chosen(seconds_an_hour).hours == hours


def test_hours_that_cleanups_need_are_not_cut_for_being_slow() -> None:
    assert chosen(500.0, fewest=6.0).hours == 6.0
    assert chosen(10.0, fewest=6.0).hours == 6.0


def test_why_so_many_is_said_with_what_is_given_up() -> None:
    assert hours_words(chosen(10.0), BUDGET, 5) == "5 virtual hours, about 50 s. --hours takes others."
    slow = hours_words(chosen(500.0), BUDGET, 50)
    assert slow.startswith("1 virtual hour, about 8 minutes: 5 hours would take about 42 minutes")
    assert "fewer do not tell a leak of 0.0054 GB/h from noise" in slow
    assert "--symbols 12" in slow
    assert quick_symbols(50, taking(1e6, 1.0)) == 1
