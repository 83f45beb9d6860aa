"""Shapes of curves that are known, their measures, and the shape that most seeds of a config have."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from harness.analysis.leaks.config_leaks import LIVE, RSS
from harness.analysis.leaks.shape import config_shape, shape_of
from harness.analysis.runs import Runs
from harness.calibration.curves.families import Setting, autoregressive, sawtooth

SETTING = Setting(12, 1, 5.0)
H = SETTING.judged_h
END_H = H[-1]
SHAPE = (SETTING.series, H.size)


def each(rng: np.random.Generator, low: float, high: float) -> np.ndarray:
    return rng.uniform(low, high, (SETTING.series, 1))


COURSES = {
    "settled": lambda rng: 0 * H,
    "linear": lambda rng: each(rng, 0.1, 1.0) * H,
    "plateau": lambda rng: -each(rng, 0.5, 2) * np.exp(-H / each(rng, 0.3, 1.2)),
    "plateau of a cache": lambda rng: each(rng, 0.5, 2) * np.minimum(H / each(rng, 0.8, 2.5), 1),
    "step": lambda rng: each(rng, 0.3, 1) * (each(rng, 0.5, 4.3) < H),
    "late onset": lambda rng: each(rng, 0.3, 1) * np.maximum(H - each(rng, 0.3, 0.7) * END_H, 0),
    "sawtooth": lambda rng: sawtooth((200.0, 3000.0), told=False)(rng, SETTING).healthy_gb[:, 0],
    "noisy": lambda rng: autoregressive(rng, SHAPE, 0.9, 0.3),
    "noisy and slow": lambda rng: autoregressive(rng, SHAPE, 0.98, 0.3),
}


@pytest.mark.parametrize("course", COURSES)
def test_at_most_one_shape_in_twelve_is_mistaken(course: str) -> None:
    rng = np.random.default_rng(list(COURSES).index(course))
    curves = 7 + COURSES[course](rng) + autoregressive(rng, SHAPE, 0.9, 0.05)
    found = Counter(shape_of(SETTING.t_s, curve).name for curve in np.broadcast_to(curves, SHAPE))
    assert found[course.removesuffix(" of a cache").removesuffix(" and slow")] >= SETTING.series - 1, found


def test_a_sawtooth_says_between_what_it_grows_and_drops() -> None:
    t_s = np.arange(0.0, 18000.0, 5.0)
    values = 4.5 + 2.5 * (t_s % 600) / 600
    teeth = shape_of(t_s, values).teeth
    assert teeth is not None
    assert teeth.period_h == pytest.approx(600 / 3600)
    assert teeth.crests == pytest.approx((7.0, 7.0), abs=0.03)
    assert teeth.troughs == pytest.approx((4.5, 4.5))
    assert teeth.drop == pytest.approx(2.5, abs=0.03) == teeth.amplitude
    assert teeth.count == 29


def test_a_leak_under_a_sawtooth_is_the_change_of_its_troughs() -> None:
    t_s = np.arange(0.0, 18000.0, 5.0)
    shape = shape_of(t_s, 5 + 0.2 * t_s / 3600 + 2 * (t_s % 600) / 600)
    assert (shape.name, shape.change) == ("sawtooth", pytest.approx(0.2 * 28 / 6, abs=0.01))


@pytest.mark.parametrize(
    ("values", "name", "at_h"),
    [
        (0.3 * H, "linear", None),
        (1.0 * (H > 2), "step", 2.0),
        (0.4 * np.maximum(H - 3, 0), "late onset", 3.0),
        (np.minimum(H, 1.0), "plateau", 1.0),
        (1 - np.exp(-H / 0.5), "plateau", 1.5),
        (-1.0 * (H > 2), "step", 2.0),
    ],
    ids=["line", "step", "onset", "cache", "exponential", "step down"],
)
def test_curves_without_noise_say_when(values: np.ndarray, name: str, at_h: float | None) -> None:
    shape = shape_of(SETTING.t_s, 7 + values)
    assert shape.name == name
    assert shape.at_h == (None if at_h is None else pytest.approx(at_h + 600 / 3600, abs=0.15))
    assert shape.explained > 0.98


def test_a_change_of_a_thousandth_is_settled() -> None:
    assert shape_of(SETTING.t_s, 5 + 0.001 * H).name == "settled"


def test_a_short_curve_has_no_shape() -> None:
    with pytest.raises(ValueError, match="59 samples have no shape"):
        shape_of(np.arange(59.0), np.arange(59.0))


def teeth_to(top_gb: float) -> list[float]:
    """Teeth of 500 s from 4 GB to the top, a sample every 5 s for an hour."""
    t_s = np.arange(0.0, 3601.0, 5.0)
    return list(4 + (top_gb - 4) * (t_s % 500) / 495)


def test_a_sawtooth_has_the_medians_of_its_seeds(make_run, make_scenario) -> None:
    runs = [make_run(teeth_to(top), every_s=5, warmup_s=0, seed=seed) for seed, top in enumerate((6.0, 7.0, 8.0))]
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
