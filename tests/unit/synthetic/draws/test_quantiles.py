"""Tables made from integers against the floats they stand for."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest

from synthetic.draws import quantiles


@pytest.mark.parametrize("exponent", [-9000, -1024, -1, 0, 1, 511, 1024, 5000])
def test_powers_of_two(exponent):
    assert quantiles.power_of_two(exponent) == pytest.approx(65536 * 2 ** (exponent / 1024), rel=1e-9, abs=1)


@pytest.mark.parametrize(("value", "of"), [(1, 1), (3, 2), (1, 8192), (8191, 8192), (1000, 3)])
def test_logarithms(value, of):
    assert quantiles.log2_1024(value, of) / 1024 == pytest.approx(math.log2(value / of), abs=1 / 1024)


def test_normal_quantiles():
    normal = statistics.NormalDist()
    for index, quantile in enumerate(quantiles.normal_quantiles(4096)):
        assert quantile / 1024 == pytest.approx(normal.inv_cdf((index + 0.5) / 4096), abs=0.003)


def test_exponential_quantiles():
    for index, quantile in enumerate(quantiles.exponential_quantiles(256)):
        assert quantile / 1024 == pytest.approx(-math.log2(1 - (index + 0.5) / 256), abs=0.002)


def test_lognormal_and_pareto_have_the_shape_asked_for():
    quantities = quantiles.lognormal(4096, 2 * 1024, 1000)
    assert np.log2(quantities).std() == pytest.approx(2, rel=0.02)
    assert np.median(quantities) == pytest.approx(1000, rel=0.01)
    sizes = quantiles.pareto(4096, 150, 10, 100_000)
    assert sizes[0] == 10
    assert (sizes > 100).mean() == pytest.approx(10**-1.5, rel=0.05)
    assert quantiles.pareto(4096, 150, 10, 50).max() == 50


def test_multipliers_have_mean_one():
    assert quantiles.multipliers(256, 700).mean() == pytest.approx(65536, rel=1e-3)
