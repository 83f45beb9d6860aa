"""What is drawn of a verdict on a leak: its own floors, and lines of the slopes that it judged."""

from __future__ import annotations

import numpy as np
import pytest

from harness.analysis.drawn.judged_floors import judged_floors, measured
from harness.analysis.leaks.config_leaks import COUNTS, RSS, judge_leaks
from harness.analysis.runs import Runs


def growing(make_run, *rates: float, hours: float = 5.0) -> list:
    """A run a seed, a sample a minute, that grows by so many GB an hour."""
    runs = []
    for seed, rate in enumerate(rates, start=1):
        at_h = np.arange(round(60 * hours) + 1) / 60
        noise = 0.005 * np.random.default_rng(seed).standard_normal(at_h.size)
        runs.append(make_run(7 + rate * at_h + noise, every_s=60, seed=seed))
    return runs


def test_floors_are_those_of_the_verdict_and_the_line_lies_in_their_middle(make_run, make_scenario) -> None:
    scenario, runs = make_scenario(hours=5), growing(make_run, 0.3, 0.3, 0.3)
    (rss,) = judged_floors(Runs.of(scenario, runs), judge_leaks(scenario, runs))
    assert rss.leak.verdict.outcome == "LEAK"
    assert [one.hours.size for one in rss.floors.values()] == [rss.leak.verdict.floors] * 3
    (line,) = rss.lines
    assert line.seed is None
    assert (line.end - line.begin) / (line.end_h - line.begin_h) == pytest.approx(rss.leak.verdict.slope)
    assert line.begin == pytest.approx(7 + 0.3 * line.begin_h, abs=0.03)
    assert line.end == pytest.approx(7 + 0.3 * line.end_h, abs=0.03)


def test_where_some_seeds_leak_each_has_its_line(make_run, make_scenario) -> None:
    scenario, runs = make_scenario(hours=5), growing(make_run, 0.0, 0.0, 0.5)
    (rss,) = judged_floors(Runs.of(scenario, runs), judge_leaks(scenario, runs))
    assert rss.leak.verdict.outcome == "SOME"
    slopes = {line.seed: (line.end - line.begin) / (line.end_h - line.begin_h) for line in rss.lines}
    assert slopes == pytest.approx(dict(rss.leak.verdict.seed_slopes))


def test_too_few_floors_have_no_line(make_run, make_scenario) -> None:
    scenario, runs = make_scenario(hours=0.3), growing(make_run, 0.3, 0.3, hours=0.3)
    (rss,) = judged_floors(Runs.of(scenario, runs), judge_leaks(scenario, runs))
    assert rss.leak.verdict.outcome == "INCONCLUSIVE"
    assert rss.floors.keys() == {1, 2}
    assert rss.lines == ()


def test_a_measure_over_hours_is_the_median_of_the_seeds(make_run, make_scenario) -> None:
    runs = Runs.of(make_scenario(hours=5), growing(make_run, 0.0, 0.1, 0.9))
    hours, values = measured(RSS, runs, every_s=600)
    np.testing.assert_allclose(values, 7 + 0.1 * hours, atol=0.03)
    assert [one.size for one in measured(COUNTS[0], runs, every_s=600)] == [0, 0]
