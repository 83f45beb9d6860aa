"""Growth in parts that add up, also where every owner alone would be estimated otherwise."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from harness.analysis.owners.attribution import adding_up, growth_in_parts
from harness.analysis.owners.growth import SMALLER, growth
from harness.analysis.runs import Runs
from tests.unit.anatomy_soak import CACHE, EVENTS, HISTORY, Leaks, anatomy_run


@pytest.fixture
def five_hours(make_scenario):
    return make_scenario(hours=5)


def noisy(seed: int, cleanup_s: float | None):
    """A run whose owners err in every walk, each on its own; small ones are there too."""
    many = {f"part_{number}": 1e-4 for number in range(20)}
    leaks = Leaks(cleanup_s=cleanup_s, teeth_vary=0.1, constant={HISTORY: 0.4, **many})
    run = anatomy_run(seed=seed, leaks=leaks)
    error = np.random.default_rng(seed).uniform(0.9, 1.1, len(run.owners))
    return dataclasses.replace(run, owners=run.owners.assign(bytes=run.owners["bytes"] * error))


@pytest.mark.parametrize("cleanup_s", [500.0, 5000.0])
def test_the_parts_add_up_in_every_seed(five_hours, cleanup_s: float) -> None:
    runs = [noisy(seed, cleanup_s) for seed in (1, 2, 3)]
    alone = growth("fixed", Runs.of(five_hours, runs))
    found = growth_in_parts("fixed", Runs.of(five_hours, runs))
    assert alone is not None
    assert found is not None
    assert found.live == alone.live
    assert SMALLER in {owner.path for owner in found.owners}
    for seed in (1, 2, 3):
        for measure in ("rate", "cleared"):
            parts = sum(getattr(owner, measure).values[seed] for owner in found.owners)
            assert parts == pytest.approx(getattr(found.live, measure).values[seed], abs=1e-9)
    apart = [
        abs(sum(owner.rate.values[seed] for owner in alone.owners) - alone.live.rate.values[seed]) for seed in (1, 2, 3)
    ]
    assert max(apart) > 1e-3  # what is mended
    assert found.owners[0].path == EVENTS
    assert found.by_cleared()[0].path == CACHE


def test_exact_walks_give_exact_parts(five_hours) -> None:
    runs = [anatomy_run(seed=seed) for seed in (1, 2, 3)]
    found = growth_in_parts("fixed", Runs.of(five_hours, runs))
    assert found is not None
    assert found.owner(EVENTS).rate.estimate == pytest.approx(1.3 * 1.004)
    assert found.owner(CACHE).rate.estimate == pytest.approx(0, abs=1e-9)
    assert found.owner(CACHE).cleared.estimate == pytest.approx(14.4)


def test_steady_growth_without_cleanups_adds_up_too(five_hours) -> None:
    found = growth_in_parts("fixed", Runs.of(five_hours, [noisy(1, None)]))
    assert found is not None
    assert sum(owner.rate.estimate for owner in found.owners) == pytest.approx(found.live.rate.estimate)


def test_too_few_walks_are_left_as_they_are_and_under_teeth_have_no_rate(five_hours) -> None:
    steady = [anatomy_run(hours=2, status="limit", leaks=Leaks(cleanup_s=None))]
    alone = growth("fixed", Runs.of(five_hours, steady))
    assert alone is not None
    assert adding_up(alone, Runs.of(five_hours, steady)) == alone
    found = growth_in_parts(
        "fixed", Runs.of(five_hours, [anatomy_run(hours=2, status="limit", leaks=Leaks(cleanup_s=3000))])
    )
    assert found is not None
    assert found.live.rate.lack == "undecided"
    assert "too few times between its cleanups" in found.live.rate.reason
    assert found.owners[0].grown.estimate == max(owner.grown.estimate for owner in found.owners)


def test_without_walks_there_are_no_parts(five_hours) -> None:
    assert growth_in_parts("fixed", Runs.of(five_hours, [anatomy_run(walked=False)])) is None
