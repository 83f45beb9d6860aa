"""LEAK, SOME, OK and INCONCLUSIVE: on curves drawn by hand, and why it is open."""

from __future__ import annotations

import numpy as np
import pytest

from harness.analysis.leaks.decision import decide, minimum_detectable
from harness.analysis.leaks.floors import Floors, Series
from harness.analysis.leaks.leak_verdict import judge_leak
from harness.analysis.leaks.over_seeds import Rise, rise

BUDGET = 0.0375
NONE = np.empty(0)
HOURS = np.arange(24) / 5


def straight(*slopes: float) -> Rise:
    """Seeds whose floors lie on straight lines."""
    return risen(np.outer(slopes, HOURS))


def risen(values: np.ndarray) -> Rise:
    """The rise of floors (..., seeds, floors)."""
    return rise([Floors(HOURS, values[..., seed, :], "blocks", NONE) for seed in range(values.shape[-2])])


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


def test_a_leak_that_begins_late_is_found_if_it_is_large_and_open_if_it_is_small() -> None:
    large, small = (judge(seeds(lambda h, _, n=n: n * BUDGET * np.maximum(h - 2.9, 0))) for n in (6, 3))
    assert large.outcome == "LEAK"
    assert BUDGET < large.low < large.slope < 6 * BUDGET
    assert (small.outcome, small.reason) == ("INCONCLUSIVE", "growth began late in the run")


def test_growth_that_has_just_begun_is_not_ok() -> None:
    verdict = judge(seeds(lambda h, _: 6 * BUDGET * np.maximum(h - 4.1, 0)))
    assert verdict.outcome == "INCONCLUSIVE"
    assert verdict.reason == "growth began late in the run"


def test_an_open_verdict_says_the_hours_that_would_close_it() -> None:
    verdict = judge(seeds(lambda h, _: 0.3 * np.sin(2.2 * h), scatter=0.3))
    assert verdict.outcome == "INCONCLUSIVE"
    assert verdict.reason == "the interval reaches across the budget"
    half, distance = verdict.high - verdict.slope, BUDGET - verdict.slope
    over_the_seeds = 1 / 6 + (5 - 1 / 6) * (half / distance) ** (2 / 3)
    assert max(over_the_seeds, 5.0) < verdict.hours_needed < 50  # by the mean curve, which decides less


def test_a_slope_at_the_budget_asks_for_no_hours() -> None:
    verdict = judge(seeds(lambda h, _: 0.0375 * h, scatter=0.2))
    assert (verdict.outcome, verdict.hours_needed) == ("INCONCLUSIVE", None)
    assert verdict.reason == "the slope is too near the budget for more hours to tell"


def rates(*slopes: float) -> dict[int, Series]:
    """Runs that leak at these rates, with noise."""
    rng, (t_s, judged_h) = np.random.default_rng(7), hours_of(5)
    noise = 0.02 * rng.standard_normal((len(slopes), t_s.size))
    return {seed: Series(t_s, 7 + rate * judged_h + noise[seed], NONE) for seed, rate in enumerate(slopes)}


def test_runs_that_leak_at_different_rates_leak() -> None:
    """A real bot: two seeds in straight lines at 0.14 and 0.35 GB/h, whose interval says nothing."""
    verdict = judge_leak(rates(0.14, 0.35), warmup_s=600, budget=0.004)
    assert verdict.outcome == "LEAK"
    assert verdict.leaking == (0, 1)
    assert verdict.low < 0 < verdict.high
    assert verdict.reason == "every run leaks by itself, at 0.14 to 0.35 an hour"


@pytest.mark.parametrize("leaking", [(1,), (0, 2)])
def test_where_some_runs_leak_it_says_which(leaking: tuple[int, ...]) -> None:
    verdict = judge(rates(*(0.3 if seed in leaking else 0.0 for seed in range(3))))
    assert (verdict.outcome, verdict.leaking, verdict.hours_needed) == ("SOME", leaking, None)
    assert verdict.reason.startswith(f"{len(leaking)} of 3 runs leak")
    assert verdict.leaks
    assert not verdict.lacks_seeds


@pytest.mark.parametrize("count", [2, 3, 5, 10])
@pytest.mark.parametrize("after_h", [1.0, 2.0, 3.0, 4.0])
def test_a_step_that_all_seeds_share_is_no_leak(count: int, after_h: float) -> None:
    series = seeds(lambda h, _: 0.3 * (h >= after_h), count=count, scatter=0.01)
    assert not judge_leak(series, warmup_s=600, budget=0.004).leaks


def test_one_run_alone_is_decided_by_its_own_floors() -> None:
    leaks, fine = (judge(seeds(lambda h, _, r=rate: r * h, count=1)) for rate in (0.3, 0.0))
    assert (leaks.outcome, leaks.leaking) == ("LEAK", (1,))
    assert leaks.low == pytest.approx(0.3, abs=0.05)
    assert (fine.outcome, fine.leaking) == ("OK", ())
    assert fine.minimum_detectable > BUDGET


def test_one_run_alone_says_how_many_floors_are_lacking() -> None:
    cleanups = np.arange(2000.0, 18001.0, 2000.0)
    verdict = judge(seeds(lambda h, _: 0.3 * h, count=1, cleanups=cleanups))
    assert (verdict.outcome, verdict.floors) == ("INCONCLUSIVE", 8)
    assert verdict.reason == "8 floors between cleanups, 10 are needed of one run alone, or a second seed"
    assert verdict.hours_needed == pytest.approx((2000 + 10 * 2000) / 3600)


def test_no_run_is_undecided() -> None:
    verdict = judge({})
    assert (verdict.outcome, verdict.slope, verdict.reason) == ("INCONCLUSIVE", None, "there is no run")


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
    series = seeds(lambda h, _: 0.06 * h, scatter=0.1)
    assert judge(series, confidence=0.8).outcome == "LEAK"
    assert judge(series, confidence=0.9999).outcome == "INCONCLUSIVE"


def test_more_seeds_and_less_spread_detect_smaller_leaks() -> None:
    noise = np.random.default_rng(8).standard_normal((400, 6, 24))

    def detectable(scatter: float, count: int) -> float:
        return float(np.median(minimum_detectable(risen(scatter * noise[:, :count]), BUDGET)))

    assert BUDGET < detectable(0.05, 6) < detectable(0.05, 2) < detectable(0.1, 2)
    assert BUDGET < detectable(0.02, 1) < detectable(0.05, 1)
    assert float(minimum_detectable(straight(0.01, 0.01, 0.01), BUDGET)) == pytest.approx(BUDGET)


def test_what_strays_alike_in_all_seeds_raises_the_leak_that_is_found() -> None:
    even = np.outer((0.0, 0.001, 0.002), HOURS)
    over, over_even = (
        minimum_detectable(risen(one), BUDGET) - BUDGET for one in (even + 0.05 * (np.arange(24) % 5), even)
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


@pytest.mark.parametrize("count", [1, 2, 4])
def test_many_sets_of_seeds_are_decided_as_each_alone(count: int) -> None:
    rng = np.random.default_rng(3)
    rates = rng.uniform(0, 0.1, (120, 1, 1)) + rng.choice([0, 0.1], (120, count, 1), p=[0.8, 0.2])
    values = 0.03 * rng.standard_normal((120, count, 24)) + rates * HOURS
    together = decide(risen(values), BUDGET)
    for row in range(120):
        alone = decide(risen(values[row]), BUDGET)
        for one, many in zip(alone, together, strict=True):
            assert np.array_equal(one, many[row])
    assert together.leak.any()
    assert together.ok.any()
    assert not (together.leak & together.ok).any()
    assert together.some.any() == (count > 1)
    assert not (together.some & (together.ok | together.leak)).any()
