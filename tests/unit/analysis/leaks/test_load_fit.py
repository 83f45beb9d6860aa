from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.analysis.leaks.floors import Floors, of_blocks
from harness.analysis.leaks.load import LoadCourse, looked_at
from harness.analysis.leaks.load_fit import PER_WINDOW, Candidates, LoadFit, Noise, fit_load

T_H = np.arange(0, 8 + 1e-9, 1 / 360)
RATE = 1 + 0.3 * np.sin(2 * np.pi * T_H / 24) + 0.2 * np.sin(2 * np.pi * T_H / 1.7)
LOAD = LoadCourse(T_H, np.concatenate([[0.0], np.cumsum(RATE[1:])]))
JUDGED = T_H >= 1 / 6
WINDOW = LOAD.recent(T_H, 0.5, "window") / LOAD.per_hour


def floors_of(curve: NDArray[np.float64], sd: float = 0.01, seed: int = 1) -> Floors:
    noise = np.random.default_rng(seed).normal(0, sd, curve.shape)
    return of_blocks(T_H[JUDGED] * 3600, (curve + noise)[..., JUDGED])


def fitted(curve: NDArray[np.float64], **how: float) -> tuple[LoadFit, Candidates]:
    floors = floors_of(curve, **how)
    candidates = Candidates.of(LOAD, looked_at(floors))
    return fit_load(floors.hours, floors.values, candidates), candidates


def test_a_window_is_explained_by_its_load() -> None:
    fit, candidates = fitted(5 + 2 * WINDOW)
    assert fit.low < 0 < fit.high < 0.03
    assert candidates.kept[int(fit.best)] == "window"
    assert fit.windows_h[0] / PER_WINDOW < 0.5 < fit.windows_h[1] * PER_WINDOW
    assert fit.per_load == pytest.approx(2, rel=0.05)
    assert abs(fit.late) < 0.02


def test_a_leak_beside_a_window_keeps_its_size() -> None:
    fit, _ = fitted(5 + 2 * WINDOW + 0.1 * T_H)
    assert fit.low < 0.1 < fit.high
    assert fit.low > 0.07
    rise = 0.1 * (T_H[-1] - 1 / 6)
    window = 2 * (WINDOW[-1] - WINDOW[JUDGED][0])
    assert fit.share == pytest.approx(max(window / (window + rise), 0), abs=0.1)


def test_a_leak_per_event_is_told_in_hours_at_the_mean_load() -> None:
    fit, candidates = fitted(5 + 2 * WINDOW + 0.1 * LOAD.delivered / LOAD.per_hour, sd=0.003)
    assert candidates.per_event[int(fit.best)]
    assert fit.low < 0.1 < fit.high
    assert fit.low > 0.07


def test_memory_that_falls_while_the_load_rises_does_not_follow_it() -> None:
    fit, _ = fitted(5 - WINDOW)
    assert fit.per_load < 0.01
    assert np.abs(fit.explained).max() < 0.01


def test_a_line_without_a_load_has_no_window() -> None:
    floors = floors_of(5 + 0.1 * T_H)
    candidates = Candidates.of(LOAD, looked_at(floors))
    fit = fit_load(floors.hours, 5 + 0.1 * candidates.trend[0], candidates)
    assert candidates.kept[int(fit.best)] is None
    assert (fit.per_load, fit.window_h) == (0, 0)
    assert np.isnan(fit.windows_h).all()


def test_many_series_are_fitted_as_each_by_itself() -> None:
    curves = np.stack([5 + WINDOW, 5 + WINDOW + 0.1 * T_H])
    together, _ = fitted(curves)
    floors = floors_of(curves)
    for series, values in enumerate(floors.values):
        alone = fit_load(floors.hours, values, Candidates.of(LOAD, looked_at(floors)))
        assert alone.low == pytest.approx(together.low[series])
        assert alone.high == pytest.approx(together.high[series])


def test_the_union_holds_the_interval_of_the_best_fit() -> None:
    fit, _ = fitted(5 + WINDOW, sd=0.1)
    assert fit.low <= fit.own_low <= fit.slope <= fit.own_high <= fit.high


def test_curves_without_noise_are_fitted() -> None:
    fit, _ = fitted(5 + 0.1 * T_H, sd=0.0)
    assert fit.slope == pytest.approx(0.1, abs=1e-4)
    assert np.isfinite([fit.low, fit.high]).all()


def test_a_noise_that_is_told_widens_the_fits_of_a_curve_without_any() -> None:
    floors = floors_of(5 + WINDOW, sd=0.0)
    candidates = Candidates.of(LOAD, looked_at(floors))
    quiet, loud = (
        fit_load(floors.hours, floors.values, candidates, noise=Noise(np.array(0.2), np.array(squares)))
        for squares in (0.01, 0.1)
    )
    assert loud.high - loud.low > quiet.high - quiet.low


def test_fewer_than_eight_floors_are_refused() -> None:
    floors = floors_of(5 + WINDOW)
    few = dataclasses.replace(floors, hours=floors.hours[:7], values=floors.values[:7])
    with pytest.raises(ValueError, match="7 floors are too few"):
        fit_load(few.hours, few.values, Candidates.of(LOAD, looked_at(few)))
