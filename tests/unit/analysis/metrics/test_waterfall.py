"""The stop as a waterfall: its parts add up for every seed, and what is left has names."""

from __future__ import annotations

import pytest

from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.metrics.waterfall import fall, release, waterfall
from harness.analysis.runs import Runs
from tests.unit.anatomy_soak import EVENTS, anatomy_run

SURVIVORS = {
    "arenas": 31,
    "survivors": [
        {"name": "births", "arenas": 25, "sole_arenas": 2, "blocks": 748, "bytes": 5e4},
        {"name": "events", "arenas": 9, "sole_arenas": 8, "blocks": 3, "bytes": 2e5},
    ],
    "unnamed_arenas": 1,
    "truncated": False,
}


GB = 5e8  # real bytes of a full-scale GB in these recordings


def stop(before: float, after_stop: float, after_drop: float, live: tuple[float, float] | None = None) -> dict:
    steps = {"before": before, "after_stop": after_stop, "after_drop": after_drop}
    table = {name: {"rss_bytes": value * GB, "live_bytes": None} for name, value in steps.items()}
    if live:
        table["before"]["live_bytes"], table["after_stop"]["live_bytes"] = live[0] * GB, live[1] * GB
    return table


@pytest.fixture
def runs() -> list:
    outlives = ({"tasks": ["Collector._pump"], "open_files": ["a", "b"]}, {"tasks": ["Collector._pump", "late"]}, {})
    return [
        anatomy_run(seed=seed, outlives=names, outlived=["python mirror.py"][: seed - 1], pinned=SURVIVORS)
        for seed, names in zip((1, 2, 3), outlives, strict=True)
    ]


def test_steps_and_parts_add_up_for_every_seed(runs) -> None:
    for run in runs:
        found = fall(run)
        assert found is not None
        assert found.grown == pytest.approx(found.left + sum(found.given_back.values()), abs=1e-12)
        assert found.left == pytest.approx(sum(found.parts.values()), abs=1e-12)
        assert found.parts["live"] == pytest.approx(0.1)
        assert found.parts["slack"] == pytest.approx(0.05)
        assert found.parts["pinned"] == pytest.approx(0.6 + 0.06 - 0.03 * 0.45)


def test_so_do_their_means(runs) -> None:
    found = waterfall("fixed", runs)
    assert found is not None
    assert found.seeds == (1, 2, 3)
    assert found.broken_down
    given = sum(step.estimate or 0 for step in found.given_back.values())
    assert found.grown.estimate == pytest.approx(given + (found.left.estimate or 0))
    assert found.left.estimate == pytest.approx(sum(part.estimate or 0 for part in found.parts.values()))
    assert list(found.given_back) == ["stop", "drop", "trim"]
    assert found.grown.low is not None


def test_what_stop_forgot_and_who_pins_is_named(runs) -> None:
    found = waterfall("fixed", runs)
    assert found is not None
    assert next(iter(found.forgotten)) == EVENTS
    assert found.outlives == {
        "processes": {"python mirror.py": 2},
        "tasks": {"Collector._pump": 2, "late": 1},
        "open_files": {"a": 1, "b": 1},
    }
    assert found.survivors is not None
    assert [(one.name, one.arenas, one.sole_arenas) for one in found.survivors] == [("events", 9, 8), ("births", 25, 2)]
    assert found.survivors[1].held_mb == pytest.approx(0.5)
    assert found.arenas == 31


def test_a_survivor_that_one_seed_has_is_not_the_typical_one(runs) -> None:
    lone = {"arenas": 40, "survivors": [{"name": "lone", "arenas": 40, "sole_arenas": 40, "blocks": 1, "bytes": 100}]}
    found = waterfall("fixed", [*runs[:2], anatomy_run(seed=3, pinned=lone)])
    assert found is not None
    assert found.survivors is not None
    assert found.survivors[-1].name == "lone"
    assert found.survivors[-1].arenas == 0


def test_an_old_recording_knows_what_is_live_and_no_more() -> None:
    found = waterfall("fixed", [anatomy_run(seed=seed, lines=False, walked=False) for seed in (1, 2)])
    assert found is not None
    assert not found.broken_down
    assert list(found.parts) == ["live", "other"]
    assert found.left.estimate == pytest.approx(sum(part.estimate or 0 for part in found.parts.values()))
    assert (found.forgotten, found.outlives, found.survivors, found.arenas) == ({}, {}, None, None)


def test_one_without_live_bytes_knows_what_is_left(make_run) -> None:
    stop = {step: {"rss_bytes": gb * 0.5e9} for step, gb in zip(
        ("before", "after_stop", "after_drop", "after_trim"), (20, 15, 9, 8), strict=True
    )}  # fmt: skip
    found = waterfall("old", [make_run([5, 20], stop=stop)])
    assert found is not None
    assert {step: one.estimate for step, one in found.given_back.items()} == {"stop": 5, "drop": 6, "trim": 1}
    assert {part: one.estimate for part, one in found.parts.items()} == {"other": 3}


def test_runs_that_did_not_stop_are_left_out(make_run) -> None:
    assert waterfall("fixed", [anatomy_run(status="limit")]) is None
    assert waterfall("other", [anatomy_run()]) is None
    found = waterfall("fixed", [anatomy_run(seed=1), anatomy_run(seed=2, hours=2, status="limit")])
    assert found is not None
    assert found.seeds == (1,)
    assert waterfall("old", [make_run([5, 6], stop={"before": {"rss_bytes": 3e9}})]) is None


def test_the_metrics_of_what_is_left(runs, make_scenario) -> None:
    scenario = make_scenario()
    for part, gb in (("live", 0.1), ("slack", 0.05), ("other", 0.0)):
        assert METRICS[f"left.{part}"].compute(Runs.of(scenario, runs), ["fixed"]).estimate == pytest.approx(
            gb, abs=1e-9
        )
    old = METRICS["left.pinned"].compute(Runs.of(scenario, [anatomy_run(lines=False)]), ["fixed"])
    assert old.lack == "not applicable"
    assert (
        METRICS["left.pinned"].compute(Runs.of(scenario, [anatomy_run(status="limit")]), ["fixed"]).lack
        == "not reached"
    )


def test_what_pools_give_back_without_killing_the_process(runs, make_scenario) -> None:
    (value,) = {
        round(reading.value, 3)
        for reading in METRICS["release.pools"].readings(Runs.of(make_scenario(), runs[:1]), "fixed").values()
    }
    start, stop = runs[0].samples.iloc[0], runs[0].facts["stop"]
    names = ("pymalloc_bytes", "pymalloc_overhead_bytes", "pymalloc_free_bytes")
    at = [sum(step[name] for name in names) for step in (start, stop["before"], stop["after_trim"])]
    assert value == round((at[1] - at[2]) / (at[1] - at[0]), 3)
    flat = anatomy_run(hours=0.5)
    flat.facts["stop"]["before"] |= {name: float(flat.samples[name].iloc[0]) for name in names}
    assert METRICS["release.pools"].compute(Runs.of(make_scenario(), [flat]), ["fixed"]).lack == "not applicable"


def test_release_is_a_share_of_the_growth_and_gross_of_all(make_run, make_scenario) -> None:
    run = make_run([5, 25], stop=stop(25, 15, 10))
    scenario = make_scenario()
    assert release("after_stop")(run.under(scenario)).value == 0.5
    assert release("after_drop")(run.under(scenario)).value == 0.75
    assert release("after_stop", gross=True)(run.under(scenario)).value == 0.4


def test_live_bytes_are_judged_net_of_the_start_too(make_run, make_scenario) -> None:
    run = make_run([5, 25], live_gb=[1, 20], ballast_gb=4, stop=stop(25, 15, 10, live=(21, 6)))
    assert release("after_stop", "live_bytes")(run.under(make_scenario())).value == pytest.approx(0.75)


def test_little_growth_is_no_denominator(make_run, make_scenario) -> None:
    run = make_run([5, 5.2], stop=stop(5.2, 5, 5))
    assert release("after_stop")(run.under(make_scenario())).lack == "not applicable"
    assert release("after_stop", gross=True)(run.under(make_scenario())).value == pytest.approx(0.2 / 5.2)


def test_a_late_first_reading_of_live_bytes_is_no_start(make_run, make_scenario) -> None:
    run = make_run([5, 8, 25], live_gb=[float("nan"), 4, 20], ballast_gb=4, stop=stop(25, 15, 10, live=(21, 6)))
    assert release("after_stop", "live_bytes")(run.under(make_scenario())).lack == "not applicable"


def test_what_was_not_measured_is_not_guessed(make_run, make_scenario) -> None:
    scenario = make_scenario()
    complete = make_run([5, 25], stop=stop(25, 15, 10))
    assert release("after_trim")(complete.under(scenario)).lack == "not applicable"
    assert release("after_stop", "live_bytes")(complete.under(scenario)).lack == "not applicable"
    assert release("after_stop")(make_run([5, 32], status="limit").under(scenario)).lack == "not reached"
