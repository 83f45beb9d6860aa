"""Owners between walks: they add up to live bytes, and what grows for good is not drawn as a sawtooth."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from harness.analysis.curves import curve
from harness.analysis.owners.courses import OTHER, bends, owner_courses
from harness.analysis.owners.growth import UNATTRIBUTED
from harness.analysis.runs import Runs
from tests.unit.anatomy_soak import CACHE, EVENTS, HISTORY, LIVE_EVERY_S, Leaks, anatomy_run


@pytest.fixture
def courses(make_scenario):
    def of(runs, most=6):
        curves = {run.config: curve(run.config, runs, every_s=LIVE_EVERY_S) for run in runs}
        return owner_courses(Runs.of(make_scenario(hours=5), runs), curves, most)

    return of


@pytest.mark.parametrize("cleanup_s", [None, 500.0, 5000.0])
def test_owners_add_up_to_live_bytes_and_keep_their_own_shape(courses, cleanup_s) -> None:
    run = anatomy_run(leaks=Leaks(cleanup_s=cleanup_s, teeth_vary=0.1))
    found = courses([run])["fixed"]
    live = run.live_gb[:-1] - run.gb(run.told.ballast_bytes)
    assert found.live == pytest.approx(live)
    assert sum(found.owners.values()) == pytest.approx(live)
    truth = 1.3 * 1.002 * found.hours
    assert found.owners[EVENTS] == pytest.approx(truth, abs=0.05)
    assert found.owners[CACHE] == pytest.approx(live - truth - 0.45, abs=0.1)


def test_where_live_bytes_were_not_read_owners_are_joined_from_walk_to_walk(courses) -> None:
    run = anatomy_run(leaks=Leaks(cleanup_s=5000))
    run.samples["live_bytes"] = np.nan
    found = courses([run])["fixed"]
    assert found.live is None
    at = [np.searchsorted(found.hours, hour) for hour in (1.0, 1.25, 1.5)]
    first, middle, last = found.owners[CACHE][at]
    assert middle == pytest.approx((first + last) / 2)


def test_the_same_owners_are_told_apart_in_every_config(courses) -> None:
    small = {f"part_{number}": 0.001 for number in range(5)}
    runs = [
        anatomy_run("old", leaks=Leaks(lasting={}, cleanup_s=5000, constant={HISTORY: 1.0, **small})),
        anatomy_run("fixed", leaks=Leaks(lasting={EVENTS: 1.3})),
        anatomy_run("bare", walked=False),
    ]
    found = courses(runs, most=2)
    assert list(found) == ["old", "fixed"]
    assert [list(one.owners) for one in found.values()] == [[EVENTS, CACHE, OTHER, UNATTRIBUTED]] * 2
    assert found["old"].owners[OTHER][0] == pytest.approx(1.005)


def test_owners_that_claim_too_much_are_left_as_they_are(courses) -> None:
    leaks = Leaks(lasting={EVENTS: 1.3}, until_cleanup={}, constant={UNATTRIBUTED: -0.3, HISTORY: 1.0})
    found = courses([anatomy_run(leaks=leaks)])["fixed"]
    assert found.owners[UNATTRIBUTED] == pytest.approx(-0.3)
    assert sum(found.owners.values()) == pytest.approx(found.live)


def test_a_config_without_a_walk_has_no_course(courses) -> None:
    run = anatomy_run()
    assert courses([dataclasses.replace(run, owners=run.owners.iloc[:0])]) == {}


def test_who_bends_takes_the_bends() -> None:
    times = np.arange(8.0)
    saw = np.array([0.0, 3, 1, 4, 0, 2, 5, 1])
    gb = np.column_stack([2 * times, saw, 0.5 * saw, np.ones(8)])
    assert bends(times, gb) == pytest.approx([0, 2 / 3, 1 / 3, 0], abs=0.01)


@pytest.mark.parametrize("walks", [1, 2, 6])
def test_where_nothing_bends_those_that_vary_share(walks: int) -> None:
    times = np.arange(float(walks))
    found = bends(times, np.column_stack([3 * times, times, np.ones(walks)]))
    assert found == pytest.approx([1 / 3] * 3 if walks == 1 else [0.75, 0.25, 0])
