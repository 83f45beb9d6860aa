from __future__ import annotations

import numpy as np
import pytest

from harness.analysis.leaks.floors import Floors, of_blocks
from harness.analysis.leaks.load import LoadCourse, looked_at
from synthetic.model.arrivals import Arrivals
from synthetic.symbols import instruments

T_H = np.arange(0, 5 + 1e-9, 1 / 360)
STEADY = LoadCourse(T_H, 60.0 * T_H)


def market(*, starts_at: int | None, seed: int = 1) -> LoadCourse:
    """What the market of 50symbols delivers in five hours, with a season where it starts at an hour of the day."""
    start_ms = None if starts_at is None else starts_at * 3_600_000
    arrivals = Arrivals(instruments(50, seed=1), seed=seed, books_per_second=0.51, season_from_ms=start_ms)
    cells = round(5 * 3_600e6 / arrivals.cell_us)
    counts = np.zeros(5 * 360)
    for first in range(0, cells, 20_000):
        arrived = arrivals.span(first, min(20_000, cells - first)).time_us // 10_000_000
        counts += np.bincount(arrived, minlength=counts.size)[: counts.size]
    return LoadCourse(T_H, np.concatenate([[0.0], np.cumsum(counts)]))


def test_a_window_is_empty_at_first_then_fills_and_is_full() -> None:
    recent = STEADY.recent(np.array([0.0, 0.5, 1.0, 3.0]), 1.0, "window")
    np.testing.assert_allclose(recent, [0, 30, 60, 60], atol=1e-9)


def test_what_fades_fills_with_the_mean_stay_of_a_window_of_that_length() -> None:
    recent = STEADY.recent(np.array([0.0, 0.5, 4.9]), 1.0, "decay")
    np.testing.assert_allclose(recent, [0, 60 * (1 - np.exp(-1)), 60], atol=0.1)


def test_a_peak_is_never_given_back() -> None:
    bursting = LoadCourse(T_H, np.interp(T_H, [0, 1, 2, 5], [0, 10, 110, 120]))
    recent = bursting.recent(np.array([0.9, 2.0, 4.9]), 0.5, "peak")
    np.testing.assert_allclose(recent, [10, 100, 100], atol=0.5)


def test_loads_of_many_series_are_followed_together() -> None:
    both = LoadCourse(T_H, np.stack([60 * T_H, 12 * T_H]))
    assert both.recent(np.array([1.0, 2.0, 3.0]), 0.5, "decay").shape == (2, 3)
    np.testing.assert_allclose(both.per_hour, [60, 12])
    assert both.is_flat(0.2, 5).tolist() == [True, True]


def test_until_ends_at_the_hour_asked_for() -> None:
    short = STEADY.until(1.2345)
    assert short.t_h[-1] == 1.2345
    assert short.delivered[-1] == pytest.approx(60 * 1.2345)


def test_few_events_at_random_are_flat() -> None:
    drawn = np.random.default_rng(5).poisson(0.05, (200, T_H.size - 1))
    course = LoadCourse(T_H, np.concatenate([np.zeros((200, 1)), np.cumsum(drawn, axis=-1)], axis=-1))
    assert course.is_flat(1 / 6, 5).mean() > 0.99


def test_a_load_that_only_rises_is_not_flat_and_one_that_hardly_does_is() -> None:
    rates = np.array([[1.5], [1.03]]) ** (T_H / 5)
    course = LoadCourse(T_H, np.cumsum(rates, axis=-1))
    assert course.is_flat(1 / 6, 5).tolist() == [False, True]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_market_is_flat_by_default(seed: int) -> None:
    assert market(starts_at=None, seed=seed).is_flat(1 / 6, 5)


def test_the_season_is_flat_at_its_crest_and_nowhere_on_its_way_up() -> None:
    assert [bool(market(starts_at=hour).is_flat(1 / 6, 5)) for hour in (4, 6, 8, 13)] == [False, False, False, True]


def test_a_block_is_looked_at_in_all_its_length() -> None:
    floors = of_blocks(np.arange(600.0, 18001.0, 5.0), np.zeros(3481))
    points = looked_at(floors)
    np.testing.assert_allclose(points.mean(axis=-1), floors.hours)
    assert np.all(np.diff(points.ravel()) > 0)
    assert 600 / 3600 < points[0, 0] < points[-1, -1] < 5


def test_a_floor_between_cleanups_is_looked_for_just_after_the_first() -> None:
    edges = np.array([1.0, 2.0, 3.0])
    floors = Floors(np.array([1.5, 2.5]), np.zeros(2), "cleanups", edges)
    assert looked_at(floors).tolist() == [[1.0], [2.0]]
