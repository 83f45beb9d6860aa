"""Processes that a target started, judged alone and with the judged process: what grows is found, and named."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from harness.analysis.leaks.child_commands import children_of
from harness.analysis.leaks.config_leaks import CHILDREN, TREE, ConfigLeak, judge_config, series_of
from harness.analysis.leaks.memory_limit import leaking_rate, limit_of, told_by
from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.runs import Run, Runs
from harness.command_line import HIDDEN
from tests.unit.analysis.conftest import with_children

WRITER, HELPER = "python -m writer", "python helper.py"


def soaked(make_run, *, writer: float = 0.0, helper: float = 0.0, rss: float = 0.0, every_s: float = 150) -> list[Run]:
    """Three seeds of five hours, a sample a minute; children of 0.2 and 0.1 GB that grow by GB/h, read now and then."""
    runs = []
    for seed in (1, 2, 3):
        rng = np.random.default_rng(seed)
        hours = np.arange(301) / 60
        run = make_run(7 + rss * hours + 0.01 * rng.standard_normal(hours.size), every_s=60, seed=seed)
        at_s = np.arange(30.0 * seed, 18000, every_s)
        grown = {WRITER: 0.2 + writer * at_s / 3600, HELPER: 0.1 + helper * at_s / 3600}
        runs.append(with_children(run, at_s, grown))
    return runs


def outcomes(leaks: dict[str, ConfigLeak]) -> dict[str, str]:
    return {name: leak.verdict.outcome for name, leak in leaks.items()}


def test_a_child_that_leaks_is_found_beside_a_process_that_does_not(make_run, make_scenario) -> None:
    found = judge_config(make_scenario(hours=5), soaked(make_run, writer=0.076))
    assert outcomes(found) == {"rss": "OK", "children": "LEAK", "tree": "LEAK"}
    assert found["children"].verdict.slope == pytest.approx(0.076, abs=0.002)
    assert found["tree"].verdict.slope == pytest.approx(0.076, abs=0.01)
    command = found["children"].command
    assert command is not None
    assert (command.command, command.processes) == (WRITER, 1)
    assert command.gb_per_hour == pytest.approx(0.076, abs=0.002)


def test_children_that_do_not_leak_are_ok_and_the_tree_of_one_that_does_is_not(make_run, make_scenario) -> None:
    clean = judge_config(make_scenario(hours=5), soaked(make_run, writer=0.01))
    assert outcomes(clean) == {"rss": "OK", "children": "OK", "tree": "OK"}
    assert clean["children"].command is None
    own = judge_config(make_scenario(hours=5), soaked(make_run, rss=0.3))
    assert outcomes(own) == {"rss": "LEAK", "children": "OK", "tree": "LEAK"}


def test_what_grows_most_is_named_whatever_it_holds(make_run, make_scenario) -> None:
    found = judge_config(make_scenario(hours=5), soaked(make_run, writer=0.02, helper=0.05))["children"]
    assert found.command is not None
    assert found.command.command == HELPER
    assert found.verdict.slope == pytest.approx(0.07, abs=0.002)


@pytest.mark.parametrize("draw", range(5))
def test_children_that_come_and_go_between_readings_make_no_falls_of_the_tree(make_run, make_scenario, draw) -> None:
    runs = []
    for seed in (1, 2):
        rng = np.random.default_rng((draw, seed))
        at_s = np.cumsum(rng.uniform(60, 500, 60))
        held = rng.choice([0.0, 0.0053, 0.0103], at_s.size, p=[0.6, 0.1, 0.3])
        run = make_run([0.302] * 3601, every_s=5, seed=seed)
        runs.append(with_children(run, at_s, {WRITER: held}))
    found = judge_config(make_scenario(hours=5), runs)
    assert outcomes(found) == {"rss": "OK", "children": "OK", "tree": "OK"}


@pytest.mark.parametrize(("leak", "outcome"), [(0.0, "OK"), (0.076, "LEAK")])
def test_a_few_falls_that_are_not_its_own_leave_no_verdict_open(make_run, make_scenario, leak, outcome) -> None:
    """PSS of a child falls by 3 MB when another process maps its libraries, and grows again when that ends."""
    runs = []
    for seed in (1, 2):
        run = make_run([0.302] * 3601, every_s=5, seed=seed)
        at_s = np.arange(10.0, 18000, 10)
        shared = np.zeros_like(at_s)
        for begin, end in ((4000, 4800), (8000, 8300), (13000, 13600)):
            shared[(at_s >= begin + 40 * seed) & (at_s < end)] = 0.003
            grows = (at_s >= end) & (at_s < end + 60)
            shared[grows] = 0.003 * (1 - (at_s[grows] - end) / 60)
        runs.append(with_children(run, at_s, {WRITER: 0.01 + leak * at_s / 3600 - shared}))
    series = [replace(series_of(run.under(make_scenario(hours=5)), CHILDREN), least_fall=0.0) for run in runs]
    if not leak:  # teeth indeed, and too few
        assert {one.judged_floors(1200).between for one in series} == {"falls"}
    found = judge_config(make_scenario(hours=5), runs)
    assert found["children"].verdict.outcome == outcome


def test_falls_of_rss_part_the_tree_however_seldom_children_are_read(make_run, make_scenario) -> None:
    t_s = np.arange(3601) * 5.0
    rss_gb = 7 + t_s % 1500 / 1500 + 0.3 * t_s / 3600
    runs = [
        with_children(make_run(rss_gb, every_s=5, seed=seed), np.arange(700.0, 18000, 900), {WRITER: np.full(20, 0.2)})
        for seed in (1, 2)
    ]
    leaks = judge_config(make_scenario(hours=5), runs)
    assert outcomes(leaks)["tree"] == outcomes(leaks)["rss"] == "LEAK"
    floors = series_of(runs[0].under(make_scenario(hours=5)), TREE).judged_floors(1200)
    assert floors.between == "falls"


def test_beside_a_child_that_is_hidden_others_may_leak_and_are_never_ok(make_run, make_scenario) -> None:
    def judged(gb_per_hour: float) -> dict[str, ConfigLeak]:
        runs = []
        for run in soaked(make_run, writer=gb_per_hour):
            mine = run.children[run.children["command"] == WRITER].drop(columns=["wall_s"])
            held = (mine["pss_bytes"] / 1e9 / run.memory_scale).to_numpy()
            runs.append(with_children(run, mine["t_s"].to_numpy(), {WRITER: held, HIDDEN: np.zeros(held.size)}))
        return judge_config(make_scenario(hours=5), runs)

    clean = judged(0.0)
    assert outcomes(clean) == {"rss": "OK", "children": "INCONCLUSIVE", "tree": "INCONCLUSIVE"}
    assert clean["tree"].reason.startswith(f"{HIDDEN} could not be looked into")
    assert not clean["tree"].verdict.lacks_seeds
    assert outcomes(judged(0.076))["children"] == "LEAK"


def test_one_seed_whose_child_leaks_is_some(make_run, make_scenario) -> None:
    runs = [*soaked(make_run)[:2], soaked(make_run, writer=0.3)[2]]
    found = judge_config(make_scenario(hours=5), runs)["children"]
    assert (found.verdict.outcome, found.verdict.leaking) == ("SOME", (3,))
    assert found.command is not None
    assert found.command.gb_per_hour == pytest.approx(0.3, abs=0.01)


def test_children_that_lived_in_real_time_may_leak_and_are_never_ok(make_run, make_scenario) -> None:
    def judged(gb_per_hour: float) -> dict[str, ConfigLeak]:
        runs = soaked(make_run, writer=gb_per_hour)
        runs[1] = replace(runs[1], facts=runs[1].facts | {"own_time": [WRITER]})
        return judge_config(make_scenario(hours=5), runs)

    clean = judged(0.0)
    assert outcomes(clean) == {"rss": "OK", "children": "INCONCLUSIVE", "tree": "INCONCLUSIVE"}
    assert clean["children"].reason.startswith(f"{WRITER} lives in real time")
    assert not clean["children"].verdict.lacks_seeds
    assert outcomes(judged(0.076)) == {"rss": "OK", "children": "LEAK", "tree": "LEAK"}


def test_a_config_without_children_has_no_such_verdict(make_run, make_scenario) -> None:
    runs = [make_run([7.0] * 301, every_s=60, seed=seed) for seed in (1, 2, 3)]
    assert outcomes(judge_config(make_scenario(hours=5), runs)) == {"rss": "OK"}


@pytest.mark.parametrize("name", ["leak.children", "leak.tree", "peak.tree"])
def test_a_metric_of_children_is_not_applicable_where_there_are_none(make_run, make_scenario, name: str) -> None:
    for number, why in ((2, "old was recorded without the processes that it may have"), (3, "old started no process")):
        run = make_run([7.0] * 301, every_s=60, format=number)
        estimate = METRICS[name].compute(Runs.of(make_scenario(hours=5), [run]), ["old"])
        assert estimate.lack == "not applicable"
        assert estimate.reason.startswith(why)


def test_too_few_readings_say_how_many_hours_would_do(make_run, make_scenario) -> None:
    found = judge_config(make_scenario(hours=5), soaked(make_run, writer=0.3, every_s=1800))["children"].verdict
    assert found.outcome == "INCONCLUSIVE"
    assert found.reason == "what it started was read 9 times after the warm-up, 30 times are needed"
    assert found.hours_needed == pytest.approx(1 / 6 + (5 - 1 / 6) * 30 / 9, abs=0.5)


def test_what_ended_early_is_never_ok_and_those_that_finished_are_judged(make_run, make_scenario) -> None:
    runs = soaked(make_run)
    died = make_run([7.0] * 100, every_s=60, seed=4, status="died")
    alone = judge_config(make_scenario(hours=5), [died])["rss"]
    assert (alone.verdict.outcome, alone.reason) == ("INCONCLUSIVE", "old died at 1.65 h")
    assert outcomes(judge_config(make_scenario(hours=5), [*runs, died])) == outcomes(
        judge_config(make_scenario(hours=5), runs)
    )


def test_the_peak_of_the_tree_holds_both_at_one_time(make_run, make_scenario) -> None:
    run = with_children(make_run([5, 9, 5], every_s=600), [0.0, 600.0, 1200.0], {WRITER: [3.0, 1.0, 6.0]})
    runs = Runs.of(make_scenario(hours=1 / 3), [run])
    assert METRICS["peak.tree"].compute(runs, ["old"]).estimate == pytest.approx(11)
    assert METRICS["peak"].compute(runs, ["old"]).estimate == pytest.approx(9)


def test_at_the_limit_the_peak_is_at_least_what_was_seen_then(make_run, make_scenario) -> None:
    run = make_run([5, 6], status="limit", events=[{"t_s": 600.0, "kind": "limit", "tree_bytes": 16e9}])
    runs = Runs.of(make_scenario(hours=5), [with_children(run, [0.0, 600.0], {WRITER: [20.0, 25.0]})])
    peak = METRICS["peak.tree"].compute(runs, ["old"])
    assert (peak.estimate, peak.bound) == (pytest.approx(32), "lower")


def limit(make_scenario, runs: Sequence[Run], **memory: float):
    scenario = make_scenario(hours=5, **memory)
    judged = Runs.of(scenario, runs)
    return limit_of(scenario, judged, leaking_rate(told_by(scenario, judge_config(scenario, judged).values())))


def test_the_tree_reaches_the_limit(make_run, make_scenario) -> None:
    found = limit(make_scenario, soaked(make_run, writer=1.0))
    assert found is not None
    peak = 7 + 0.3 + 5
    assert found.hours == pytest.approx(5 + (32 - peak) / 1.0, rel=0.01)
    scaled = limit(make_scenario, soaked(make_run, writer=1.0), scale=0.5)  # the tree is not told, the children are
    assert scaled is not None
    assert scaled.hours == pytest.approx(found.hours, rel=0.01)
    assert limit(make_scenario, soaked(make_run)) is None


def test_in_a_small_world_the_tree_is_not_told_and_the_children_are(make_run, make_scenario) -> None:
    scenario = make_scenario(hours=5, scale=0.5)
    leaks = judge_config(scenario, soaked(make_run, writer=0.3)).values()
    assert [leak.measure.name for leak in told_by(scenario, leaks)] == ["children"]


def test_the_commands_of_a_config_the_one_that_grows_fastest_first(make_run, make_scenario) -> None:
    runs = Runs.of(make_scenario(hours=5), soaked(make_run, helper=0.05))
    runs = [dataclasses.replace(run, facts={**run.facts, "acceleration": 600.0}) for run in runs]
    found = children_of("old", runs)
    assert found is not None
    assert [command.command for command in found.commands] == [HELPER, WRITER]
    assert found.commands[1].gb_per_hour == pytest.approx(0.0, abs=1e-6)
    assert found.commands[1].peak_gb == pytest.approx(0.2)
    assert found.tree_gb == pytest.approx(7.3 + 0.25, abs=0.05)
    assert found.acceleration == 600
    assert children_of("fixed", runs) is None
