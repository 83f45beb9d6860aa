from __future__ import annotations

import numpy as np
import pytest

from harness.analysis.leaks.floors import Floors, of_blocks
from harness.analysis.leaks.load import LoadCourse, looked_at
from harness.analysis.leaks.load_ahead import hours_to_part, to_come
from harness.analysis.leaks.load_fit import Candidates, fit_load

BUDGET = 0.0375


def day(begins_h: float, hours: float) -> LoadCourse:
    """The load of a day whose peak, at six in the evening, is twice its trough."""
    t_h = np.arange(0, hours + 1e-9, 1 / 720)
    return LoadCourse(t_h, np.cumsum(1 - np.sin(2 * np.pi * (t_h + begins_h) / 24) / 3) / 720)


def window(load: LoadCourse, sd: float = 0.02) -> Floors:
    kept = load.recent(load.t_h, 0.5, "window") / load.per_hour
    noisy = kept + np.random.default_rng(4).normal(0, sd, load.t_h.size)
    judged = load.t_h >= 1 / 6
    return of_blocks(load.t_h[judged] * 3600, noisy[judged])


def test_the_load_to_come_goes_on_as_the_day_does() -> None:
    ahead, known = to_come(day(8, 8)), day(8, 30)
    hours = np.arange(0.0, 29.0)
    np.testing.assert_allclose(ahead.at(hours + 1) - ahead.at(hours), known.at(hours + 1) - known.at(hours), rtol=0.15)
    assert ahead.at(np.array(8.0)) == pytest.approx(float(day(8, 8).at(np.array(8.0))), rel=0.01)


def test_what_strayed_from_the_day_is_played_again() -> None:
    steady = day(8, 6)
    bursts = LoadCourse(steady.t_h, np.cumsum(1 + (steady.t_h % 2 < 0.2)) / 720)
    ahead = to_come(bursts)
    assert ahead.at(np.array(14.1)) - ahead.at(np.array(14.0)) > 1.5 * (
        ahead.at(np.array(15.1)) - ahead.at(np.array(15.0))
    )


def test_more_hours_part_them_and_none_do_where_the_load_ends() -> None:
    load = day(8, 4)
    floors = window(load)
    candidates = Candidates.of(load, looked_at(floors))
    fit = fit_load(floors.hours, floors.values, candidates)
    needed = hours_to_part(floors, fit, candidates, BUDGET, day(8, 40))
    assert needed is not None
    assert 4 < needed <= 24
    assert hours_to_part(floors, fit, candidates, BUDGET, load) is None
