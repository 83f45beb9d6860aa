"""What a stop gave back, by hand: 5 GB at the start, 25 before the stop."""

from __future__ import annotations

import pytest

from harness.analysis.metrics.release import release

GB = 5e8  # real bytes of a full-scale GB in these recordings


def stop(before: float, after_stop: float, after_drop: float, live: tuple[float, float] | None = None) -> dict:
    steps = {"before": before, "after_stop": after_stop, "after_drop": after_drop}
    table = {name: {"rss_bytes": value * GB, "live_bytes": None} for name, value in steps.items()}
    if live:
        table["before"]["live_bytes"], table["after_stop"]["live_bytes"] = live[0] * GB, live[1] * GB
    return table


def test_release_is_a_share_of_the_growth_and_gross_of_all(make_run, make_scenario) -> None:
    run = make_run([5, 25], stop=stop(25, 15, 10))
    scenario = make_scenario()
    assert release("after_stop")(run.under(scenario)).value == 0.5
    assert release("after_drop")(run.under(scenario)).value == 0.75
    assert release("after_stop", gross=True)(run.under(scenario)).value == 0.4


def test_live_bytes_are_judged_net_of_the_start_too(make_run, make_scenario) -> None:
    run = make_run([5, 25], live_gb=[1, 20], ballast_gb=4, stop=stop(25, 15, 10, live=(21, 6)))
    assert release("after_stop", "live_bytes")(run.under(make_scenario())).value == pytest.approx(0.75)


def test_little_growth_is_no_denominator(make_run, make_scenario) -> None:
    run = make_run([5, 5.2], stop=stop(5.2, 5, 5))
    assert release("after_stop")(run.under(make_scenario())).lack == "not applicable"
    assert release("after_stop", gross=True)(run.under(make_scenario())).value == pytest.approx(0.2 / 5.2)


def test_a_late_first_reading_of_live_bytes_is_no_start(make_run, make_scenario) -> None:
    run = make_run([5, 8, 25], live_gb=[float("nan"), 4, 20], ballast_gb=4, stop=stop(25, 15, 10, live=(21, 6)))
    assert release("after_stop", "live_bytes")(run.under(make_scenario())).lack == "not applicable"


def test_what_was_not_measured_is_not_guessed(make_run, make_scenario) -> None:
    scenario = make_scenario()
    complete = make_run([5, 25], stop=stop(25, 15, 10))
    assert release("after_trim")(complete.under(scenario)).lack == "not applicable"
    assert release("after_stop", "live_bytes")(complete.under(scenario)).lack == "not applicable"
    assert release("after_stop")(make_run([5, 32], status="limit").under(scenario)).lack == "not reached"
