from __future__ import annotations

import numpy as np
import pytest

from harness.calibration.curves.loads import CASES, LOAD_FAMILIES, LoadFamily, loaded_curves, measure_with_load


@pytest.mark.parametrize("family", LOAD_FAMILIES, ids=lambda family: family.name)
def test_growth_with_the_load_is_no_leak_and_a_leak_is_never_ok(family: LoadFamily) -> None:
    measured = measure_with_load(family, 30, 5.0, [1, 2], seeds=(1, 3))
    for (leaks, _, _), rates in measured.rates.items():
        assert (rates.found if leaks == "none" else rates.ok) <= 0.05


def test_most_of_it_is_decided_in_twelve_hours() -> None:
    rates = measure_with_load(LOAD_FAMILIES[3], 30, 12.0, [3], seeds=(3,)).rates
    assert rates["none", 0, 3].ok > 0.8
    assert min(rates[leaks, size, 3].leak for leaks, size in CASES[1:]) > 0.8


def test_curves_begin_after_the_warm_up_and_their_load_with_the_feed() -> None:
    curves = loaded_curves(LOAD_FAMILIES[1], np.random.default_rng(1), (2, 3), 5.0)
    assert curves.healthy_gb.shape == (2, 3, curves.t_h.size)
    assert curves.t_h[0] == pytest.approx(1 / 6)
    assert curves.fed_h[0] == 0
    assert not curves.delivered[..., 0].any()
    assert np.all(np.diff(curves.delivered, axis=-1) > 0)


def test_seeds_share_the_season_and_have_jitter_of_their_own() -> None:
    pure, jittered = (
        loaded_curves(family, np.random.default_rng(1), (2, 2), 5.0).delivered for family in LOAD_FAMILIES[:2]
    )
    np.testing.assert_array_equal(pure[:, 0], pure[:, 1])
    assert np.any(jittered[:, 0] != jittered[:, 1])


def test_both_kinds_of_leak_come_to_the_same_in_the_end() -> None:
    curves = loaded_curves(LOAD_FAMILIES[0], np.random.default_rng(1), (2, 1), 5.0)
    hourly, by_event = (curves.leaking(leaks, 0.1)[..., -1] for leaks in ("per hour", "per event"))
    np.testing.assert_allclose(hourly, by_event)
    np.testing.assert_allclose(hourly - curves.healthy_gb[..., -1], 0.5)


def test_room_for_a_peak_is_never_given_back() -> None:
    family = LoadFamily("still", 1 / 6, 0.1, store="peak")
    curves = loaded_curves(family, np.random.default_rng(1), (1, 40), 5.0)
    mean = curves.healthy_gb.mean(axis=(0, 1))
    assert mean[-720:].mean() >= mean[:720].mean() - 0.02
