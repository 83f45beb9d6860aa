"""The rivals, against what their authors' formulas give by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from harness.calibration.curves.families import autoregressive
from harness.calibration.curves.rivals import RIVALS, endpoints, least_squares, z_scores

HOURS = np.arange(60.0) / 12


def test_mann_kendall_counts_pairs() -> None:
    values = np.array([[3.0, 1.0, 2.0, 5.0, 4.0]])
    score = 10 - 2 * 3
    assert z_scores(np.arange(5.0), values, corrected=False) == pytest.approx((score - 1) / np.sqrt(5 * 4 * 15 / 18))


def test_hamed_and_rao_trust_an_autocorrelated_series_less() -> None:
    values = autoregressive(np.random.default_rng(1), (200, 200), 0.9, 1.0)
    hours = np.arange(200.0)
    plain, corrected = (z_scores(hours, values, corrected=which) for which in (False, True))
    bound = stats.norm.ppf(0.975)
    assert np.mean(np.abs(plain) > bound) > 0.4
    assert np.mean(np.abs(corrected) > bound) < np.mean(np.abs(plain) > bound) / 1.5
    assert (np.sign(plain) == np.sign(corrected)).all()


def test_least_squares_agrees_with_scipy() -> None:
    values = 0.1 * HOURS + np.random.default_rng(2).standard_normal((1, 60))
    fit = stats.linregress(HOURS, values[0])
    low = fit.slope - stats.t.ppf(0.975, 58) * fit.stderr
    assert least_squares(HOURS, values, low - 1e-9)[0].tolist() == [True]
    assert least_squares(HOURS, values, low + 1e-9)[0].tolist() == [False]


def test_endpoints_compare_two_samples() -> None:
    values = np.stack([np.linspace(0, 1, 60), np.linspace(0, 0.1, 60)])
    leak, ok = endpoints(HOURS, values, 0.1)
    assert leak.tolist() == [True, False]
    assert ok.tolist() == [False, True]


@pytest.mark.parametrize("name", RIVALS)
@pytest.mark.parametrize("budget", [0.0, 0.5])
def test_every_rival_finds_a_large_leak_and_only_that(name: str, budget: float) -> None:
    rng = np.random.default_rng(4)
    values = np.stack([5 * HOURS, -5 * HOURS]) + 0.1 * rng.standard_normal((2, 60))
    leak, ok = RIVALS[name](HOURS, values, budget)
    assert leak.tolist() == [True, False]
    assert ok.tolist() == [False, True]
