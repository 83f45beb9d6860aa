"""Explanations: leak or not, when the limit comes, what the growth is, what counts grow."""

from __future__ import annotations

import numpy as np
import pytest

from harness.analysis.explanation import explain, explain_config
from harness.analysis.owners.growth import UNATTRIBUTED
from tests.unit.anatomy_soak import CACHE, EVENTS, HISTORY, Leaks, anatomy_run


@pytest.fixture
def five_hours(make_scenario):
    return make_scenario(hours=5)


def of(runs, scenario):
    return explain_config(scenario, "fixed", runs)


def test_a_leak_is_named_with_its_rate_its_owner_and_its_end(five_hours) -> None:
    runs = [anatomy_run(seed=seed, leaks=Leaks(teeth_vary=0.05)) for seed in (1, 2, 3)]
    found = of(runs, five_hours)
    assert found.outcome == "leak"
    assert found.live.estimate == pytest.approx(1.3 * 1.004, rel=0.01)
    assert [owner.path for owner in found.explained] == [EVENTS]
    assert found.limit is not None
    assert found.peak.estimate is not None
    assert found.limit.hours == pytest.approx(5 + (32 - found.peak.estimate) / found.live.estimate)
    assert found.limit.low < found.limit.hours < found.limit.high
    assert not found.limit.reached
    assert found.grown["live"].estimate == pytest.approx(found.growth.owner(EVENTS).rate.estimate * 5, rel=0.4)


def test_what_stays_within_the_budget_is_no_leak_and_has_no_end(five_hours) -> None:
    found = of([anatomy_run(seed=seed, leaks=Leaks(lasting={EVENTS: 0.01})) for seed in (1, 2, 3)], five_hours)
    assert found.outcome == "no leak"
    assert found.limit is None
    assert found.growth is not None
    assert found.growth.by_cleared()[0].path == CACHE


def test_too_few_floors_leave_it_open_and_the_walks_lead_to_the_limit(five_hours) -> None:
    found = of([anatomy_run(seed=seed, leaks=Leaks(cleanup_s=5000)) for seed in (1, 2, 3)], five_hours)
    assert found.outcome == "undecided"
    assert "floors" in found.live.reason
    assert found.limit is not None
    assert found.growth is not None
    assert found.limit.hours == pytest.approx(5 + (32 - found.peak.estimate) / found.growth.live.rate.estimate)


def test_one_run_alone_leaks_by_its_own_floors(five_hours) -> None:
    found = of([anatomy_run()], five_hours)
    assert found.outcome == "leak"
    assert found.lasting  # 1.3 GB/h is far above the budget
    assert [owner.path for owner in found.explained] == [EVENTS]


def test_one_runs_growth_within_the_budget_is_not_explained(five_hours) -> None:
    found = of([anatomy_run(leaks=Leaks(lasting={EVENTS: 0.03}))], five_hours)
    assert not found.lasting
    assert found.explained == ()


def test_a_rate_whose_interval_holds_the_budget_foretells_nothing(five_hours) -> None:
    runs = [anatomy_run(seed=seed, leaks=Leaks(lasting={EVENTS: 0.02 * seed})) for seed in (1, 2, 3)]
    found = of(runs, five_hours)
    assert found.outcome == "undecided"
    assert found.limit is None


def test_runs_at_the_limit_are_explained_too(five_hours) -> None:
    found = of(
        [anatomy_run(seed=seed, hours=3, status="limit", leaks=Leaks(cleanup_s=None)) for seed in (1, 2)], five_hours
    )
    assert found.outcome == "leak"
    assert found.limit is not None
    assert (found.limit.hours, found.limit.reached) == (3, True)
    assert [owner.path for owner in found.explained] == [CACHE]  # 14.4 of 15.7 GB/h
    assert found.stop is None


def test_whose_memory_grows_is_told_by_the_allocators(five_hours) -> None:
    leaks = Leaks(lasting={UNATTRIBUTED: 0.45}, until_cleanup={}, constant={HISTORY: 1.0})
    python = of([anatomy_run(seed=seed, leaks=leaks) for seed in (1, 2)], five_hours)
    assert python.pymalloc.estimate == pytest.approx(0.45, rel=0.02)
    assert python.glibc.estimate == pytest.approx(0, abs=1e-6)
    c = of([anatomy_run(seed=seed, leaks=leaks, python_memory=False) for seed in (1, 2)], five_hours)
    assert (c.pymalloc.estimate, c.glibc.estimate) == (pytest.approx(0, abs=1e-6), pytest.approx(0.45, rel=0.02))


def test_counts_that_climb_in_every_run_are_told(five_hours) -> None:
    runs = [anatomy_run(seed=seed) for seed in (1, 2)]
    for run in runs:
        run.samples["open_files"] = 12 + np.floor(run.t_s / 600)
        run.samples["tasks"] = 5 + (np.arange(len(run.t_s)) % 3)
    runs[0].samples["threads"] = 2 + np.floor(run.t_s / 600)
    (count,) = of(runs, five_hours).counts
    assert count.what == "open files"
    assert count.per_hour.estimate == pytest.approx(6, rel=0.1)
    assert count.last.estimate > count.first.estimate + 20


def test_uneven_owners_are_told_and_even_ones_not(five_hours) -> None:
    uneven = of([anatomy_run(symbols={"A": 0.7, "B": 0.2, "C": 0.1})], five_hours)
    assert [one.path for one in uneven.uneven] == [EVENTS]
    assert of([anatomy_run(symbols={"A": 0.4, "B": 0.3, "C": 0.3})], five_hours).uneven == ()


def test_a_recording_without_any_anatomy_is_explained_as_far_as_it_goes(make_run, make_scenario) -> None:
    rising = [5 + 0.1 * number for number in range(61)]
    runs = [make_run([gb + seed / 100 for gb in rising], every_s=300, seed=seed, live_gb=rising) for seed in (1, 2)]
    (found,) = explain(make_scenario(hours=5), [*runs, make_run([5, 6], config="empty", status="died")])[:1]
    assert found.config == "old"
    assert found.outcome == "leak"
    assert found.live.estimate == pytest.approx(1.2, rel=0.02)
    assert (found.growth, found.grown, found.explained, found.uneven, found.counts, found.stop) == (
        None,
        {},
        (),
        (),
        (),
        None,
    )


def test_rss_that_climbs_alone_is_fragmentation_and_leads_to_the_limit(make_run, make_scenario) -> None:
    hours = np.arange(301) / 60
    runs = [
        make_run(7 + (0.5 + seed / 100) * hours, every_s=60, seed=seed, live_gb=np.full(301, 6.0)) for seed in (1, 2, 3)
    ]
    for run in runs:
        run.samples["glibc_free_bytes"], run.samples["residual_bytes"] = run.samples["rss_bytes"], 0.0
    found = explain_config(make_scenario(hours=5), "old", runs)
    assert (found.outcome, found.fragmentation, found.finding.outcome) == ("no leak", True, "leak")
    assert found.limit is not None
    assert found.limit.hours == pytest.approx(5 + (32 - found.peak.estimate) / found.rss.estimate)


def test_a_start_that_settles_is_judged_by_a_later_part_and_foretells_nothing(make_run, make_scenario) -> None:
    hours = np.arange(301) / 60
    rng = np.random.default_rng(1)
    curves = [5 + np.minimum(hours, 1.5) + 0.01 * rng.standard_normal(301) for _ in range(3)]
    runs = [make_run(curve, every_s=60, seed=seed, live_gb=curve) for seed, curve in enumerate(curves)]
    found = explain_config(make_scenario(hours=5), "old", runs)
    assert (found.outcome, found.part) == ("no leak", "last_three_quarters")
    assert found.live.estimate == pytest.approx(0, abs=0.01)
    assert found.limit is None
