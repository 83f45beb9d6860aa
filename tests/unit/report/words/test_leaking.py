"""What leaks, a line each, with who holds it; what does not, in one."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from harness.analysis.leaks.config_leaks import LIVE, RSS, TASKS, ConfigLeak
from harness.analysis.leaks.leak_verdict import LeakVerdict
from harness.analysis.leaks.load_decision import Explained, LoadDecision
from harness.analysis.leaks.memory_limit import Limit
from harness.report.words.leaking import leak_lines, limit_lines, load_lines, sound_line
from harness.scenario.overrides import with_options
from tests.unit.analysis.verdict.literal_soak import make_scenario
from tests.unit.anatomy_soak import Leaks, anatomy_run

SCENARIO = make_scenario()
RUNS = [anatomy_run("fixed", seed) for seed in (1, 2)]
GROWS = LeakVerdict("LEAK", 1.304, 1.285, 1.322, "whole", 0.07, None, 34, {1: 1.29, 2: 1.31}, "decided")


def verdict(*leaks: ConfigLeak, **limits: Limit) -> SimpleNamespace:
    return SimpleNamespace(leaks=leaks, limits=limits, status="met")


def test_a_leak_has_its_rate_its_budget_and_its_owner() -> None:
    told = verdict(ConfigLeak("fixed", LIVE, 0.0375, GROWS), ConfigLeak("fixed", TASKS, 0.41, GROWS))
    assert leak_lines(SCENARIO, told, RUNS) == [
        "fixed, live bytes: 1.304 [1.285, 1.322] GB/h (0.0375 allowed), in detectors.quote_stuffing.events[*]",
        "fixed, tasks: 1.30 [1.28, 1.32] an hour (0.41 allowed)",
    ]


def test_an_owner_of_a_part_says_of_which_part() -> None:
    halves = Leaks(lasting={"a.rows[*]": 0.8, "b.rows[*]": 0.5})
    (line,) = leak_lines(
        SCENARIO,
        verdict(ConfigLeak("fixed", LIVE, 0.0375, GROWS)),
        [anatomy_run("fixed", seed, leaks=halves) for seed in (1, 2)],
    )
    assert line.endswith("(0.0375 allowed), 62 % in a.rows[*]")


def test_a_leak_without_walks_has_no_owner() -> None:
    told = verdict(ConfigLeak("fixed", LIVE, 0.0375, GROWS))
    runs = [anatomy_run("fixed", 1, walked=False)]
    assert leak_lines(SCENARIO, told, runs)[0].endswith("GB/h (0.0375 allowed)")


def test_a_leak_that_has_no_owner_says_so() -> None:
    lost = Leaks(lasting={"(unattributed)": 1.3}, until_cleanup={})
    (line,) = leak_lines(
        SCENARIO,
        verdict(ConfigLeak("fixed", LIVE, 0.0375, GROWS)),
        [anatomy_run("fixed", seed, leaks=lost) for seed in (1, 2)],
    )
    assert line.endswith("(0.0375 allowed), 100 % of it without an owner")


def test_fragmentation_is_told_for_what_it_is() -> None:
    told = verdict(ConfigLeak("fixed", RSS, 0.0375, GROWS, fragmentation=True))
    (line,) = leak_lines(SCENARIO, told, RUNS)
    assert line.endswith("; live bytes do not: memory that the program has and does not use")


NO, YES = np.array(False), np.array(True)
WINDOW = Explained(LoadDecision(NO, YES, NO), 0.0, -0.001, 0.001, 0.93, 0.17, (0.13, 0.24), "window", None, "decided")


@pytest.mark.parametrize(
    ("load", "words"),
    [
        (WINDOW, "it explains 93 % of the growth: what came in the last 8 to 14 minutes"),
        (
            replace(WINDOW, kept="peak", windows_h=(1.0, 1.0)),
            "it explains 93 % of the growth: the most that came so far in",
        ),
        (replace(WINDOW, share=None), "nothing grew, and it moves with what came in the last 8 to 14 minutes"),
        (replace(WINDOW, window_h=None, windows_h=None, kept=None), "it explains none of the growth"),
    ],
)
def test_what_the_load_explains_is_told_with_its_window(load: Explained, words: str) -> None:
    (line,) = load_lines([ConfigLeak("fixed", LIVE, 0.0375, replace(GROWS, outcome="OK", load=load))])
    assert line.startswith(f"fixed, live bytes: {words}")


def test_a_leak_that_was_judged_without_a_load_says_so_and_what_is_flat_says_nothing() -> None:
    assert load_lines([ConfigLeak("fixed", LIVE, 0.0375, GROWS)]) == []
    (line,) = load_lines([ConfigLeak("fixed", LIVE, 0.0375, replace(GROWS, load_recorded=False))])
    assert line.startswith("not recorded in this result")


def test_where_some_runs_leak_it_says_how_many_which_and_how_fast() -> None:
    some = replace(GROWS, outcome="SOME", seed_slopes={1: 0.3, 2: 0.0, 3: 0.4}, leaking=(1, 3))
    told = verdict(ConfigLeak("fixed", TASKS, 0.41, some))
    assert leak_lines(SCENARIO, told, RUNS) == [
        "fixed, tasks: 2 of 3 runs (seeds 1 and 3): 0.30 to 0.40 an hour (0.41 allowed)"
    ]
    assert sound_line(SCENARIO, told) == ""


def test_rates_that_differ_are_told_by_their_range_where_the_interval_says_nothing() -> None:
    differing = replace(GROWS, low=-1.08, high=1.58, seed_slopes={1: 0.14, 2: 0.35}, leaking=(1, 2))
    (line,) = leak_lines(SCENARIO, verdict(ConfigLeak("fixed", LIVE, 0.004, differing)), RUNS)
    assert line.startswith("fixed, live bytes: every run, 0.140 to 0.350 GB/h (0.004 allowed)")
    for fine in ("OK", "INCONCLUSIVE"):
        assert leak_lines(SCENARIO, verdict(ConfigLeak("fixed", TASKS, 0.41, replace(GROWS, outcome=fine))), RUNS) == []


def test_what_does_not_leak_is_one_line_and_says_where_rss_is_not_told() -> None:
    fine = replace(GROWS, outcome="OK")
    told = verdict(*(ConfigLeak(config, one, 1.0, fine) for config in ("old", "fixed") for one in (RSS, LIVE, TASKS)))
    assert sound_line(SCENARIO, told) == "RSS, live bytes, tasks of old and fixed"
    small = with_options(SCENARIO, scale=0.1)
    assert sound_line(small, told) == "live bytes, tasks of old and fixed (RSS is judged at scale 1)"
    told.status = "incomplete"
    assert sound_line(SCENARIO, told).endswith(
        "old and fixed, by the runs that finished: what is missing may be what leaked"
    )


def test_the_machines_limit_is_a_line_of_its_own() -> None:
    told = verdict(fixed=Limit(32.0, 19.0, 18.83, 19.17, reached=False))
    (line,) = limit_lines(told)
    assert line == "fixed: RSS reaches the machine's limit of 32 GB between 18.8 and 19.2 hours after the start"
