"""The load of a picture: one feed for all configs, the mean over its seeds, and none where it is flat or unknown."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from harness.analysis.load_rates import BINS, moving_load
from harness.analysis.runs import Run, Terms
from tests.unit.analysis.conftest import under_load

HOURS = 2.0
TERMS = Terms(HOURS * 3600, warmup_s=600, sample_every_s=10, cycle_s=5, symbols=1, leak_budget_gb_per_hour=0.0375)


@pytest.fixture
def fed(make_run: Callable[..., Run]) -> Callable[..., Run]:
    def make(*, start: float = 10.0, per_hour: float = 5.0, hours: float = HOURS, **other: object) -> Run:
        run = make_run(np.full(round(hours * 360) + 1, 5.0), every_s=10, **other).under(TERMS)
        return under_load(run, lambda t_s: start + per_hour * t_s / 3600)

    return make


def test_it_is_events_per_second_in_equal_spans_up_to_the_horizon(fed) -> None:
    load = moving_load([fed(hours=2.1)])
    assert load is not None
    assert load.per_s.size == BINS
    np.testing.assert_allclose(load.edges_h, np.linspace(0, HOURS, BINS + 1))
    np.testing.assert_allclose(load.per_s, 10 + 5 * (load.edges_h[:-1] + load.edges_h[1:]) / 2, rtol=1e-3)


def test_it_is_the_mean_over_seeds_and_configs_add_nothing(fed) -> None:
    seeds = [fed(seed=1, start=10.0), fed(seed=2, start=20.0)]
    load = moving_load([*seeds, fed(seed=1, start=10.0, config="fixed")])
    assert load is not None
    assert load.per_s[0] == pytest.approx(15 + 5 * 0.01, rel=1e-3)


def test_a_run_that_ended_early_hides_nothing_and_shifts_nothing(fed) -> None:
    early = fed(seed=2, start=90.0, hours=0.5, status="limit")
    load = moving_load([fed(seed=1, hours=0.5, status="died"), early, fed(seed=1, config="fixed")])
    assert load is not None
    assert load.edges_h[-1] == HOURS
    assert load.per_s.max() < 25


def test_where_all_ended_early_it_ends_with_them(fed) -> None:
    load = moving_load([fed(hours=1.0, status="limit")])
    assert load is not None
    assert load.edges_h[-1] == 1.0
    assert moving_load([fed(hours=0.1, status="limit")]) is None


def test_there_is_none_where_it_is_flat_after_the_warm_up(fed, make_run) -> None:
    assert moving_load([fed(per_hour=0.0)]) is None
    run = make_run(np.full(721, 5.0), every_s=10).under(TERMS)
    assert moving_load([under_load(run, lambda t_s: np.where(t_s < 600, 50.0, 10.0))]) is None


def test_there_is_none_where_none_was_recorded(fed, make_run) -> None:
    unknown = make_run(np.full(721, 5.0), every_s=10, seed=2).under(TERMS)
    assert moving_load([]) is None
    assert moving_load([unknown]) is None
    assert moving_load([make_run([], status="failed").under(TERMS)]) is None
    assert moving_load([make_run([5.0], status="died").under(TERMS)]) is None
    assert moving_load([unknown, fed(seed=1)]) is not None


def test_two_samples_of_one_instant_are_one(fed) -> None:
    run = fed()
    twice = run.samples.iloc[[*range(721), 720]]
    load = moving_load([Run("old", 1, "complete", run.memory_scale, twice, (), run.facts, judged_by=TERMS)])
    assert load is not None
    assert np.isfinite(load.per_s).all()
