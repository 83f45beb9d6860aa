"""The shape of a config: what most of its seeds look like."""

from __future__ import annotations

import numpy as np
import pytest

from harness.analysis.leaks.config_leaks import LIVE, RSS
from harness.analysis.leaks.config_shape import config_shape
from harness.analysis.runs import Runs


def sawtooth(top_gb: float) -> list[float]:
    """Teeth of 500 s from 4 GB to the top, a sample every 5 s for an hour."""
    t_s = np.arange(0.0, 3601.0, 5.0)
    return list(4 + (top_gb - 4) * (t_s % 500) / 495)


def test_a_sawtooth_has_the_medians_of_its_seeds(make_run, make_scenario) -> None:
    runs = [make_run(sawtooth(top), every_s=5, warmup_s=0, seed=seed) for seed, top in enumerate((6.0, 7.0, 8.0))]
    shape = config_shape(Runs.of(make_scenario(hours=1), runs), RSS)
    assert shape.name == "sawtooth"
    assert 3600 * shape.teeth.period_h == pytest.approx(500)
    assert shape.teeth.drop == pytest.approx(3)
    assert shape.teeth.crests == pytest.approx((7, 7))
    assert shape.teeth.troughs == pytest.approx((4, 4))


def test_the_shape_of_most_seeds_counts(make_run, make_scenario) -> None:
    hours = np.arange(721) * 5 / 3600
    curves = [7 + 2 * hours, 7 + 3 * hours, np.full(hours.size, 7.0)]
    runs = [make_run(curve, every_s=5, seed=seed) for seed, curve in enumerate(curves)]
    shape = config_shape(Runs.of(make_scenario(hours=1), runs), RSS)
    assert shape.name == "linear"
    assert shape.change == pytest.approx(2.5 * (3600 - 600) / 3600 * 59 / 60, rel=0.01)


def test_what_was_not_recorded_or_is_too_short_has_no_shape(make_run, make_scenario) -> None:
    runs = [make_run([7.0] * 40)]
    assert config_shape(Runs.of(make_scenario(hours=6), runs), RSS) is None
    assert config_shape(Runs.of(make_scenario(hours=6), runs), LIVE) is None
