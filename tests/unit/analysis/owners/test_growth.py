"""Owners: their growth under cleanups and without, their shares, their symbols, what is not recorded."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from harness.analysis.owners.growth import (
    SMALLER,
    UNATTRIBUTED,
    after_step,
    explaining,
    growth,
    share_of,
    unevenness,
    walks,
)
from harness.analysis.runs import Runs
from harness.analysis.tables import no_owners
from tests.unit.anatomy_soak import CACHE, EVENTS, HISTORY, SCALE, Leaks, anatomy_run


@pytest.fixture
def five_hours(make_scenario):
    return make_scenario(hours=5)


@pytest.mark.parametrize("cleanup_s", [500.0, 5000.0, 600.0])
def test_a_leak_is_found_within_a_twentieth_whatever_the_cleanups(five_hours, cleanup_s: float) -> None:
    # 600 s: every walk falls on the instant of a cleanup
    runs = [anatomy_run(seed=seed, leaks=Leaks(cleanup_s=cleanup_s, teeth_vary=0.05)) for seed in (1, 2, 3)]
    found = growth("fixed", Runs.of(five_hours, runs))
    assert found is not None
    assert found.owners[0].path == EVENTS
    assert found.owner(EVENTS).rate.estimate == pytest.approx(1.3 * 1.004, rel=1e-3)
    assert share_of(found.owner(EVENTS), found.live) == pytest.approx(1, abs=0.1)
    assert explaining(found.owners, found.live.rate.estimate or 0) == (found.owner(EVENTS),)


def test_what_cleanups_give_back_has_a_name(five_hours) -> None:
    runs = [anatomy_run("old", seed, leaks=Leaks(lasting={}, cleanup_s=5000)) for seed in (1, 2)]
    found = growth("old", Runs.of(five_hours, runs))
    assert found is not None
    assert found.by_cleared()[0].path == CACHE
    assert found.owner(CACHE).rate.estimate == pytest.approx(0, abs=1e-6)
    assert found.owner(CACHE).cleared is not None
    assert found.owner(CACHE).cleared.estimate == pytest.approx(14.4)
    assert share_of(found.owner(CACHE), found.live) is None
    assert explaining(found.owners, found.live.rate.estimate or 0) == ()


def test_without_cleanups_everything_lasts(five_hours) -> None:
    found = growth("fixed", Runs.of(five_hours, [anatomy_run(leaks=Leaks(cleanup_s=None))]))
    assert found is not None
    assert [owner.path for owner in found.owners[:2]] == [CACHE, EVENTS]
    assert found.live.cleared is None
    assert found.owner(CACHE).grown.estimate == pytest.approx(14.4 * (5 + 250 / 3600))
    assert found.live.rate.low is None  # one seed has no interval


def test_growth_without_an_owner_is_the_unattributed(five_hours) -> None:
    leaks = Leaks(lasting={UNATTRIBUTED: 0.45}, until_cleanup={}, constant={HISTORY: 1.0}, cleanup_s=None)
    found = growth("fixed", Runs.of(five_hours, [anatomy_run(seed=seed, leaks=leaks) for seed in (1, 2)]))
    assert found is not None
    assert found.owners[0].path == UNATTRIBUTED
    assert found.owners[0].rate.estimate == pytest.approx(0.45, rel=0.01)
    assert explaining(found.owners, found.live.rate.estimate or 0) == ()


def test_owners_too_small_to_tell_are_one(five_hours) -> None:
    many = {f"part_{number}": 1e-4 for number in range(50)}
    found = growth("fixed", Runs.of(five_hours, [anatomy_run(leaks=Leaks(constant={HISTORY: 5.0, **many}))]))
    assert found is not None
    assert {owner.path for owner in found.owners} == {EVENTS, CACHE, HISTORY, UNATTRIBUTED, SMALLER}
    assert found.owner(SMALLER).held.estimate == pytest.approx(50 * 1e-4)


def test_owners_add_up_to_live_bytes_in_every_walk(five_hours) -> None:
    run = anatomy_run()
    found = walks(run.under(five_hours))
    assert found is not None
    live = run.live_gb[np.searchsorted(run.t_s, found.times_s)] - run.gb(run.told.ballast_bytes)
    assert found.gb.sum(axis=1).to_numpy() == pytest.approx(live)


def test_an_owner_that_appears_late_held_nothing_before(five_hours) -> None:
    run = anatomy_run(leaks=Leaks(cleanup_s=None))
    late = run.owners[~((run.owners["path"] == EVENTS) & (run.owners["t_s"] < 9000))]
    found = growth("fixed", Runs.of(five_hours, [dataclasses.replace(run, owners=late)]))
    assert found is not None
    assert found.owner(EVENTS).grown.estimate == pytest.approx(1.3 * 1.002 * (5 + 250 / 3600))


def test_a_run_that_was_not_walked_has_no_owners(five_hours) -> None:
    walked, not_walked = anatomy_run(seed=1), anatomy_run(seed=2, walked=False)
    assert growth("fixed", Runs.of(five_hours, [not_walked])) is None
    assert growth("other", Runs.of(five_hours, [walked])) is None
    found = growth("fixed", Runs.of(five_hours, [walked, not_walked]))
    assert found is not None
    assert found.live.rate.seeds == (1,)


def test_a_run_too_short_for_a_rate_says_so(five_hours) -> None:
    found = growth("fixed", Runs.of(five_hours, [anatomy_run(hours=1, status="limit")]))
    assert found is not None
    assert found.live.rate.lack == "undecided"
    assert "too few times" in found.live.rate.reason
    assert found.owner(EVENTS).grown.estimate == pytest.approx(1.3 * 1.002 / 2)


def test_what_stop_left_live_is_named() -> None:
    found = after_step("fixed", [anatomy_run(seed=seed) for seed in (1, 2)], "after_stop")
    assert list(found) == [EVENTS, UNATTRIBUTED]
    assert found[EVENTS].estimate == pytest.approx(1.3 * 1.003 * (5 + 250 / 3600))
    assert found[UNATTRIBUTED].estimate == pytest.approx(0)
    assert after_step("fixed", [anatomy_run(walked=False)], "after_stop") == {}


def test_a_leak_that_falls_on_few_symbols_is_uneven() -> None:
    shares = {"AUSDT": 0.1, "BUSDT": 0.7, "CUSDT": 0.2}
    runs = [anatomy_run(seed=seed, symbols=shares) for seed in (2, 1)]
    found = unevenness("fixed", runs, EVENTS)
    assert found is not None
    assert found.seed == 1
    assert [name for name, _ in found.shares] == ["BUSDT", "CUSDT", "AUSDT"]
    assert [share for _, share in found.shares] == pytest.approx([0.7, 0.2, 0.1])
    assert found.times_even == pytest.approx(2.1)
    assert unevenness("fixed", runs, CACHE) is None
    assert unevenness("fixed", [anatomy_run()], EVENTS) is None


def test_symbols_are_not_counted_twice(five_hours) -> None:
    plain = growth("fixed", Runs.of(five_hours, [anatomy_run()]))
    by_symbol = growth("fixed", Runs.of(five_hours, [anatomy_run(symbols={"AUSDT": 0.5, "BUSDT": 0.5})]))
    assert plain is not None
    assert by_symbol is not None
    assert by_symbol.live.held.estimate == pytest.approx(plain.live.held.estimate)


def test_an_empty_table_of_owners_is_one_of_a_run() -> None:
    run = dataclasses.replace(anatomy_run(), owners=no_owners())
    assert run.memory_scale == SCALE
    assert run.owners.empty
