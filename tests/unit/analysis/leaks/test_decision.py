"""LEAK, OK and INCONCLUSIVE: on curves drawn by hand, and why it is open."""

from __future__ import annotations

import numpy as np
import pytest

from harness.analysis.leaks.decision import Series, decide, judge_leak, minimum_detectable
from harness.analysis.leaks.floors import Rise, Slopes

BUDGET = 0.0375
NONE = np.empty(0)


def straight(*slopes: float) -> Rise:
    """Seeds whose floors lie on straight lines."""
    hours = np.arange(24) / 5
    return Rise(Slopes(*[np.array(slopes)] * 6), hours, np.outer(slopes, hours))


def hours_of(hours: float) -> tuple[np.ndarray, np.ndarray]:
    t_s = np.arange(0.0, hours * 3600 + 1, 5.0)
    return t_s, np.maximum(t_s - 600, 0) / 3600


def seeds(course, *, hours: float = 5.0, count: int = 3, scatter: float = 0.02, cleanups: np.ndarray = NONE):
    """Runs that follow `course(hours since the warm-up, t_s)` with white noise, one per seed."""
    t_s, judged_h = hours_of(hours)
    rng = np.random.default_rng(5)
    return {
        seed: Series(t_s, 7 + course(judged_h, t_s) + scatter * rng.standard_normal(t_s.size), cleanups)
        for seed in range(1, count + 1)
    }


def judge(series, **options):
    return judge_leak(series, warmup_s=600, budget=BUDGET, **options)


def test_growth_above_the_budget_is_a_leak_of_its_size() -> None:
    verdict = judge(seeds(lambda h, _: 0.1 * h))
    assert verdict.outcome == "LEAK"
    assert verdict.slope == pytest.approx(0.1, rel=0.02)
    assert verdict.low < verdict.slope < verdict.high
    assert (verdict.part, verdict.hours_needed, verdict.floors) == ("whole", None, 24)
    assert set(verdict.seed_slopes) == {1, 2, 3}


def test_no_growth_is_ok_with_what_would_have_been_found() -> None:
    verdict = judge(seeds(lambda h, _: 0 * h))
    assert verdict.outcome == "OK"
    assert verdict.high <= BUDGET < verdict.minimum_detectable < 3 * BUDGET


def test_growth_below_the_budget_is_ok() -> None:
    assert judge(seeds(lambda h, _: 0.02 * h)).outcome == "OK"


def test_shrinking_is_no_leak_whatever_the_budget() -> None:
    series = seeds(lambda h, _: -0.1 * h)
    assert judge_leak(series, warmup_s=600, budget=-0.2).outcome == "INCONCLUSIVE"


def test_exactly_flat_counts_are_ok_on_a_budget_of_nothing() -> None:
    t_s, _ = hours_of(5)
    series = {seed: Series(t_s, np.full(t_s.size, 12.0), NONE) for seed in (1, 2)}
    verdict = judge_leak(series, warmup_s=600, budget=0.0)
    assert (verdict.outcome, verdict.slope, verdict.minimum_detectable) == ("OK", 0.0, 0.0)


def test_the_warm_up_is_left_out() -> None:
    verdict = judge(seeds(lambda _, t_s: -5.0 * (t_s < 600)))
    assert verdict.outcome == "OK"


@pytest.mark.parametrize("told", [True, False])
def test_a_leak_under_a_sawtooth_is_found_whether_or_not_cleanups_are_told(told: bool) -> None:
    cleanups = np.arange(500.0, 18001.0, 500.0) if told else NONE
    verdict = judge(seeds(lambda h, t_s: 0.15 * h + 2 * (t_s % 500) / 500, cleanups=cleanups))
    assert verdict.outcome == "LEAK"
    assert verdict.slope == pytest.approx(0.15, abs=0.01)


def test_too_few_floors_are_undecided_and_say_which_hours_would_do() -> None:
    cleanups = np.arange(5000.0, 18001.0, 5000.0)
    verdict = judge(seeds(lambda _, t_s: 20 * (t_s % 5000) / 5000, cleanups=cleanups))
    assert (verdict.outcome, verdict.floors) == ("INCONCLUSIVE", 2)
    assert verdict.hours_needed == pytest.approx((5000 + 6 * 5000) / 3600)
    assert verdict.reason == "2 floors between cleanups, 6 are needed"


def test_one_floor_is_one_floor() -> None:
    verdict = judge(seeds(lambda h, _: h, cleanups=np.array([5000.0, 10000.0])))
    assert verdict.reason == "1 floor between cleanups, 6 are needed"


def test_those_hours_do() -> None:
    cleanups = np.arange(5000.0, 35001.0, 5000.0)
    course = lambda _, t_s: 20 * (t_s % 5000) / 5000  # noqa: E731
    verdict = judge(seeds(course, hours=35000 / 3600, cleanups=cleanups))
    assert verdict.floors == 6
    assert verdict.outcome == "OK"


def test_a_start_that_settles_is_ok_by_its_later_parts() -> None:
    verdict = judge(seeds(lambda h, _: 1.0 * np.minimum(h / 1.5, 1)))
    assert verdict.outcome == "OK"
    assert verdict.part != "whole"


def test_growth_that_slows_down_is_undecided() -> None:
    verdict = judge(seeds(lambda h, _: -2.0 * np.exp(-h / 1.5)))
    assert verdict.outcome == "INCONCLUSIVE"
    assert verdict.reason.startswith("growth is slowing down")
    assert verdict.hours_needed == pytest.approx(600 / 3600 + 2 * (5 - 600 / 3600))


def test_growth_that_ended_before_the_last_quarter_is_no_leak() -> None:
    assert judge(seeds(lambda h, _: 1.0 * np.minimum(h / 3.4, 1))).outcome == "INCONCLUSIVE"


def test_a_leak_that_begins_late_is_found_by_the_later_parts() -> None:
    verdict = judge(seeds(lambda h, _: 3 * BUDGET * np.maximum(h - 2.9, 0)))
    assert verdict.outcome == "LEAK"
    assert verdict.part != "whole"
    assert BUDGET < verdict.low < verdict.slope < 3 * BUDGET


def test_growth_that_has_just_begun_is_not_ok() -> None:
    verdict = judge(seeds(lambda h, _: 6 * BUDGET * np.maximum(h - 4.1, 0)))
    assert verdict.outcome == "INCONCLUSIVE"
    assert verdict.reason == "growth began late in the run"


def test_an_open_verdict_says_the_hours_that_would_close_it() -> None:
    t_s, judged_h = hours_of(5)
    series = {seed: Series(t_s, 7 + slope * judged_h, NONE) for seed, slope in ((1, 0.0), (2, 0.06), (3, -0.06))}
    verdict = judge(series)
    half, distance = verdict.high - verdict.slope, BUDGET - verdict.slope
    assert verdict.outcome == "INCONCLUSIVE"
    assert verdict.hours_needed == pytest.approx(1 / 6 + (5 - 1 / 6) * (half / distance) ** (2 / 3))


def test_a_slope_at_the_budget_asks_for_no_hours() -> None:
    t_s, judged_h = hours_of(5)
    series = {seed: Series(t_s, 7 + slope * judged_h, NONE) for seed, slope in ((1, 0.0305), (2, 0.0375), (3, 0.0446))}
    verdict = judge(series)
    assert (verdict.outcome, verdict.hours_needed) == ("INCONCLUSIVE", None)
    assert verdict.reason == "the slope is too near the budget for more hours to tell"


@pytest.mark.parametrize(("count", "reason"), [(1, "one seed gives no interval"), (0, "there is no run")])
def test_fewer_than_two_seeds_are_undecided(count: int, reason: str) -> None:
    verdict = judge(seeds(lambda h, _: h, count=count))
    assert (verdict.outcome, verdict.slope, verdict.reason) == ("INCONCLUSIVE", None, reason)


def test_samples_that_were_not_read_are_left_out() -> None:
    series = seeds(lambda h, _: 0.1 * h)
    for one in series.values():
        one.values[np.arange(one.values.size) % 12 > 0] = np.nan
    assert judge(series).slope == pytest.approx(0.1, rel=0.1)


def test_nothing_read_is_undecided() -> None:
    t_s, _ = hours_of(1)
    verdict = judge({1: Series(t_s, np.full(t_s.size, np.nan), NONE)})
    assert (verdict.outcome, verdict.floors) == ("INCONCLUSIVE", 0)


def test_a_stricter_look_decides_less() -> None:
    t_s, judged_h = hours_of(5)
    series = {seed: Series(t_s, 7 + slope * judged_h, NONE) for seed, slope in ((1, 0.05), (2, 0.06), (3, 0.07))}
    assert judge(series, confidence=0.8).outcome == "LEAK"
    assert judge(series, confidence=0.99).outcome == "INCONCLUSIVE"


def test_more_seeds_and_less_spread_detect_smaller_leaks() -> None:
    def detectable(*values: float) -> float:
        return minimum_detectable(straight(*values), BUDGET)

    assert BUDGET < detectable(0.0, 0.01, 0.02, 0.0, 0.01, 0.02) < detectable(0.0, 0.01, 0.02)
    assert detectable(0.0, 0.001, 0.002) < detectable(0.0, 0.01, 0.02)
    assert detectable(0.01, 0.01, 0.01) == pytest.approx(BUDGET)


def test_what_strays_alike_in_all_seeds_raises_the_leak_that_is_found() -> None:
    even = straight(0.0, 0.001, 0.002)
    values = even.values + 0.05 * (np.arange(24) % 5)
    over, over_even = (
        minimum_detectable(one, BUDGET) - BUDGET for one in (Rise(even.slopes, even.hours, values), even)
    )
    assert over > 5 * over_even


@pytest.mark.parametrize("count", [2, 3, 10])
def test_floors_that_beat_alike_in_all_seeds_are_no_trend(count: int) -> None:
    """As recorded: buffers that fill every third cleanup raise seven floors, thrice, in every seed."""
    cleanups = np.arange(1000.0, 8001.0, 1000.0)
    course = lambda _, t_s: 2 * (t_s % 1000) / 1000 + 0.03 * ((t_s // 1000 - 1) % 3)  # noqa: E731
    verdict = judge(seeds(course, hours=8000 / 3600, count=count, scatter=0.002, cleanups=cleanups))
    assert verdict.floors == 7
    assert verdict.outcome == "INCONCLUSIVE"
    assert verdict.low < 0 < verdict.high


def test_many_sets_of_seeds_are_decided_as_each_alone() -> None:
    rng = np.random.default_rng(3)
    hours = np.broadcast_to(np.arange(24) / 5, (200, 24))
    values = rng.normal(0, 0.1, (200, 4, 24))
    found = Rise(Slopes(*rng.normal(BUDGET, BUDGET, (6, 200, 4))), hours, values)
    together = decide(found, BUDGET)
    for row in range(200):
        alone = decide(found.one(row), BUDGET)
        assert [bool(one) for one in alone] == [bool(one[row]) for one in together]
    assert together.leak.any()
    assert together.ok.any()
    assert not (together.leak & together.ok).any()
