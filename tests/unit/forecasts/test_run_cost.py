"""One run taken apart: neither its start nor its first samples nor a walk is taken for what goes with the hours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from harness.forecasts.forecast import cpu_seconds, forecast
from harness.forecasts.probe import LONGEST_S, SHORTEST_S, shortened
from harness.forecasts.run_cost import RunCost, cost_of, updates
from harness.forecasts.schedule import schedule
from harness.worker.job import Job
from tests.unit.worker.test_recorder import job

START_S, PER_S, WALK_S, FULLER_S, STOP_S = 1.5, 0.002, 0.25, 0.3, 0.5


def long_job() -> Job:
    """Five hours, sampled every 5 s, memory read every half hour."""
    return replace(
        job(), horizon_s=18_000.0, warmup_s=600.0, run_on_s=0.0, sample_every_s=5.0, anatomy_every_s=1800.0, starts=1
    )


def recorded(short: Job) -> tuple[pd.DataFrame, dict[str, object]]:
    """The samples of a run with known costs, and its facts: a fuller first interval, each walk within one interval."""
    t_s = np.append(np.arange(0.0, short.horizon_s + 1e-9, short.sample_every_s), short.horizon_s)  # then the stop
    took = PER_S * np.diff(t_s)
    took[0] += FULLER_S
    took[-1] += WALK_S
    took[(t_s[:-1] % short.anatomy_every_s < short.sample_every_s) & (t_s[:-1] > 0)] += WALK_S
    cpu_s = START_S + np.concatenate([[0.0], np.cumsum(took)])
    samples = pd.DataFrame(
        {"t_s": t_s, "wall_s": cpu_s, "cpu_s": cpu_s, "rss_bytes": 5e7 + 1000 * t_s, "pymalloc_bytes": np.nan}
    ).assign(phase="load")
    return samples, {"cpu_s": float(cpu_s[-1]) + STOP_S, "peak_rss_bytes": 6e7}


def test_a_probe_foretells_a_run_a_hundred_times_as_long() -> None:
    whole = long_job()
    probe = cost_of(shortened(whole), *recorded(shortened(whole)), 0.0)
    assert probe is not None
    assert probe.walk_cpu_s == pytest.approx(WALK_S)
    assert probe.update_cpu_s * updates(whole) == pytest.approx(PER_S * whole.horizon_s)
    facts = recorded(whole)[1]
    assert cpu_seconds(whole, [probe]) == pytest.approx(facts["cpu_s"], rel=0.01)


def test_a_whole_run_foretells_itself() -> None:
    whole = long_job()
    cost = cost_of(whole, *recorded(whole), 0.0)
    assert cost is not None
    assert cpu_seconds(whole, [cost]) == pytest.approx(recorded(whole)[1]["cpu_s"])


def test_a_run_that_goes_on_is_told_by_what_it_has_lived() -> None:
    whole = long_job()
    samples, facts = recorded(whole)
    cost = cost_of(whole, samples[samples["t_s"] <= 300], {}, 0.0)
    assert cost is not None
    assert not cost.ended
    assert cpu_seconds(whole, [cost]) == pytest.approx(float(str(facts["cpu_s"])), rel=0.15)  # no walk was seen yet


def collected(samples: pd.DataFrame, bytes_per_s: float) -> pd.DataFrame:
    """The same run with small objects that pile up, and are visited by Python's garbage collector.

    It visits all of them when what it tracks has become a quarter more: 150,000 at the start, then one for each 1.6 kB,
    as in the reference collector.
    """
    held = bytes_per_s * samples["t_s"].to_numpy()
    tracked, seen, took = 1.5e5 + held / 1.6e3, 1.5e5, np.zeros(len(held))
    for index, count in enumerate(tracked):
        if count - seen > seen / 4:
            took[index], seen = 0.03 + 0.45e-9 * held[index], count
    cpu_s = samples["cpu_s"] + np.cumsum(took)
    return samples.assign(cpu_s=cpu_s, wall_s=cpu_s, pymalloc_bytes=held)


def test_what_garbage_collections_will_take_is_told_from_how_fast_objects_pile_up() -> None:
    whole = long_job()
    samples = collected(recorded(whole)[0], bytes_per_s=1e6)
    early = samples[samples["t_s"] <= 300]
    blind = cost_of(whole, early.assign(pymalloc_bytes=np.nan), {}, 0.0)
    cost = cost_of(whole, early, {}, 0.0)
    used = float(samples["cpu_s"].iloc[-1]) + STOP_S
    assert cost is not None
    assert blind is not None
    assert cpu_seconds(whole, [blind]) < 0.8 * used
    assert cpu_seconds(whole, [cost]) == pytest.approx(used, rel=0.15)
    ended = cost_of(whole, samples, {"cpu_s": used}, 0.0)  # they are in what was recorded, and are not added
    assert ended is not None
    assert cpu_seconds(whole, [ended]) == pytest.approx(used)


def test_a_spike_that_is_no_collection_is_not_made_more_of() -> None:
    whole = long_job()
    samples = recorded(whole)[0]
    spikes = np.where(samples["t_s"] % 60 == 0, 0.1, 0.0)
    early = samples.assign(cpu_s=samples["cpu_s"] + np.cumsum(spikes))[samples["t_s"] <= 300]
    told = [cost_of(whole, early.assign(pymalloc_bytes=held), {}, 0.0) for held in (np.nan, 2e5 * early["t_s"])]
    assert told[0] == told[1]


def test_what_more_is_held_at_the_end_takes_longer_to_walk_and_to_stop() -> None:
    run = replace(long_job(), memory_scale=1.0, limit_bytes=10**10)
    flat, growing = (replace(COST, grown_bytes_per_hour=rate) for rate in (0.0, 2e8))
    assert cpu_seconds(run, [growing]) - cpu_seconds(run, [flat]) == pytest.approx(1.2, rel=0.05)  # 0.98 GB


def test_what_processes_beside_it_hold_is_memory_too() -> None:
    whole = long_job()
    samples, facts = recorded(whole)
    times = samples["t_s"].to_numpy()
    children = pd.DataFrame({"t_s": times, "wall_s": times, "pss_bytes": (9e6 + 1e4 * times).astype(int)})
    cost = cost_of(whole, samples, facts, 0.0, children)
    alone = cost_of(whole, samples, facts, 0.0)
    assert cost is not None
    assert alone is not None
    grown = (cost.grown_bytes_per_hour - alone.grown_bytes_per_hour) * whole.memory_scale
    assert grown == pytest.approx(1e4 * 3600, rel=0.03)
    assert cost.fixed_cpu_s == alone.fixed_cpu_s


def test_a_run_that_hardly_began_tells_nothing() -> None:
    samples, _ = recorded(long_job())
    assert cost_of(long_job(), samples[samples["t_s"] <= 30], {}, 0.0) is None


def test_a_probe_is_as_long_as_a_slow_feed_needs_and_no_longer_than_the_run() -> None:
    slow = replace(long_job(), books_per_second=0.01)
    assert shortened(slow).horizon_s == LONGEST_S
    assert shortened(replace(slow, books_per_second=1e6)).horizon_s == SHORTEST_S
    assert shortened(replace(slow, horizon_s=36.0)).horizon_s == 36.0


COST = RunCost(
    fixed_cpu_s=2.0, update_cpu_s=1e-3, walk_cpu_s=0.0, waits_s=0.0, peak_bytes=1e8, grown_bytes_per_hour=1e7,
    written_bytes=100.0, hours=0.1, ended=True, factory="a:b",
)  # fmt: skip


def test_memory_is_told_as_it_was_seen_and_as_it_would_be_never_above_the_limit() -> None:
    run = replace(long_job(), memory_scale=1.0, limit_bytes=140_000_000)
    told = forecast([run], [("old", COST)], at_once=1, room_bytes=1e12, source="a test")
    assert told.low_bytes == 1e8
    assert told.high_bytes == 1.4e8  # 4.9 hours of 10 MB would be 149
    whole = forecast([run], [("old", replace(COST, hours=5.0))], at_once=1, room_bytes=1e12, source="a test")
    assert whole.low_bytes == whole.high_bytes == pytest.approx(1.03e8)


def test_a_config_is_told_by_its_own_costs_where_there_are_any() -> None:
    runs = [replace(long_job(), config=name) for name in ("old", "fixed", "other")]
    costs = [("old", COST), ("fixed", replace(COST, fixed_cpu_s=12.0))]
    told = forecast(runs, costs, at_once=2, room_bytes=1e12, source="a test")
    old, fixed, other = told.run_s
    assert (fixed - old, other - old) == pytest.approx((10.0, 5.0))
    assert told.cpu_s > told.wall_s


def test_runs_start_as_cores_and_memory_allow() -> None:
    assert schedule([(10, 1), (10, 1), (10, 1)], 2, 10) == (20, 2)
    assert schedule([(10, 6), (10, 6)], 2, 10) == (20, 6)
    assert schedule([(10, 60)], 2, 10) == (10, 10)
    assert schedule([], 2, 10) == (0, 0)
