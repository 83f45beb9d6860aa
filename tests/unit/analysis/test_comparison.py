"""Configs and results beside each other, and what they must have in common before."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.comparison import Comparison, Row, compare_configs, compare_results, may_compare
from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.runs import Runs
from harness.scenario import Scenario

MANIFEST = {
    "format": 1,
    "python": "3.11.7",
    "packages": {"numpy": "2.4.6"},
    "machine": {"system": "Linux", "cpus": 2, "memory_bytes": 8_000_000_000, "kernel": "6.1", "libc": "glibc 2.36"},
    "git": {"revision": "abc", "dirty": False},
    "environment": {"PYTHONHASHSEED": "0"},
    "clock": "virtual",
    "market_version": 1,
    "command": ["soak", "run"],
}

SCENARIO = {
    "name": "literal",
    "path": Path("literal.toml"),
    "title": "Literal",
    "market": {"symbols": 50, "depth": 50, "books_per_second": 5.0},
    "time": {
        "hours": 5.0,
        "cycle_s": 5.0,
        "warmup_minutes": 10.0,
        "run_on_s": 250.0,
        "sample_every_s": 5.0,
        "settle_minutes": 5.0,
    },
    "memory": {"scale": 0.1, "baseline_gb": 5.0, "limit_gb": 32.0, "leak_budget_gb_per_hour": 0.0375},
    "target": {"factory": "module:factory"},
    "configs": {"old": {}},
}


def row(comparison: Comparison, metric: str) -> Row:
    return next(row for row in comparison.rows if row.metric.name == metric)


def test_every_metric_is_in_the_comparison_of_two_configs(make_run, make_scenario) -> None:
    runs = [
        make_run([5, peak], config=config, seed=seed)
        for config, peaks in (("old", (25, 27)), ("fixed", (7, 8)))
        for seed, peak in enumerate(peaks)
    ]
    comparison = compare_configs(Runs.of(make_scenario(hours=1 / 6), runs), "old", "fixed")
    assert {row.metric.name for row in comparison.rows} | {one.metric.name for one in comparison.between} == set(
        METRICS
    )
    peak = row(comparison, "peak")
    assert (peak.a.estimate, peak.b.estimate) == (26, 7.5)
    # differences of the pairs: -18 and -19; t(0.975, 1) x 0.7071 / sqrt(2) = 6.3531
    assert peak.difference.estimate == -18.5
    assert (peak.difference.low, peak.difference.high) == pytest.approx((-18.5 - 6.3531, -18.5 + 6.3531), abs=1e-4)
    reduction = next(one for one in comparison.between if one.metric.name == "reduction.peak")
    assert reduction.estimate.values == pytest.approx({0: 1 - 7 / 25, 1: 1 - 8 / 27})


def test_the_difference_from_a_run_at_the_limit_is_a_bound(make_run, make_scenario) -> None:
    runs = [make_run([5, 32], status="limit"), make_run([5, 7, 7], config="fixed")]
    difference = row(compare_configs(Runs.of(make_scenario(hours=1 / 3), runs), "old", "fixed"), "peak").difference
    assert (difference.estimate, difference.bound, difference.low, difference.high) == (-25, "upper", None, -25)


def test_results_are_paired_by_seed_where_they_share_one(make_run, make_scenario) -> None:
    scenario = make_scenario(hours=1 / 6)
    a = [make_run([5, 20], seed=1), make_run([5, 30], seed=2)]
    b = [make_run([5, 31], seed=2), make_run([5, 90], seed=3)]
    peak = row(compare_results((scenario, a), (scenario, b))["old"], "peak")
    assert peak.difference.values == {2: 1}
    assert "fixed" in compare_results((scenario, a), (scenario, b))  # both scenarios have it, neither ran it


def test_results_without_a_common_seed_are_compared_by_their_means(make_run, make_scenario) -> None:
    scenario = make_scenario(hours=1 / 6)
    a = [make_run([5, peak], seed=seed) for seed, peak in ((1, 20), (2, 20))]
    b = [make_run([5, peak], seed=seed) for seed, peak in ((3, 25), (4, 25))]
    difference = row(compare_results((scenario, a), (scenario, b))["old"], "peak").difference
    assert (difference.estimate, difference.low, difference.high) == (5, 5, 5)
    limited = [make_run([5, 32], seed=3, status="limit")]
    scenario = make_scenario(hours=1)
    a = [make_run([5] * 7)]
    difference = row(compare_results((scenario, a), (scenario, limited))["old"], "peak").difference
    assert (difference.estimate, difference.lack) == (None, "undecided")


def test_equal_results_may_be_compared() -> None:
    scenario = Scenario.model_validate(SCENARIO)
    other = {**copy.deepcopy(MANIFEST), "command": ["soak", "run", "--quiet"]}
    assert may_compare(MANIFEST, scenario, other, scenario) == []


@pytest.mark.parametrize(
    ("path", "value", "what", "refuses"),
    [
        (("manifest", "format"), 2, "format", False),
        (("manifest", "market_version"), 2, "market_version", True),
        (("manifest", "python"), "3.12.1", "python", True),
        (("manifest", "python"), "3.11.9", "python", False),
        (("manifest", "environment", "PYTHONHASHSEED"), "1", "environment.PYTHONHASHSEED", True),
        (("manifest", "environment", "PYTHONMALLOC"), "malloc", "environment.PYTHONMALLOC", True),
        (("manifest", "machine", "system"), "Darwin", "machine.system", True),
        (("manifest", "machine", "cpus"), 64, "machine.cpus", False),
        (("manifest", "packages", "numpy"), "2.3.0", "packages.numpy", False),
        (("manifest", "git", "revision"), "def", "git.revision", False),
        (("manifest", "git"), None, "git.revision", False),
        (("manifest", "clock"), "real", "clock", False),
        (("scenario", "market", "books_per_second"), 4.0, "market.books_per_second", True),
        (("scenario", "time", "cycle_s"), 1.0, "time.cycle_s", True),
        (("scenario", "memory", "scale"), 0.2, "memory.scale", True),
        (("scenario", "memory", "baseline_gb"), 6.0, "memory.baseline_gb", True),
        (("scenario", "first_seed"), 1001, "first_seed", False),
        (("scenario", "memory", "limit_gb"), 16.0, "memory.limit_gb", False),
        (("scenario", "memory", "leak_budget_gb_per_hour"), 0.1, "memory.leak_budget_gb_per_hour", False),
        (("scenario", "target", "factory"), "other:factory", "target.factory", True),
    ],
)
def test_a_disagreement_is_reported(path: tuple[str, ...], value: Any, what: str, refuses: bool) -> None:
    tables = {"manifest": copy.deepcopy(MANIFEST), "scenario": copy.deepcopy(SCENARIO)}
    table: Any = tables
    for key in path[:-1]:
        table = table[key]
    table[path[-1]] = value
    found = may_compare(
        MANIFEST,
        Scenario.model_validate(SCENARIO),
        tables["manifest"],
        Scenario.model_validate(tables["scenario"]),
    )
    first = found[0]
    assert (first.what, first.refuses) == (what, refuses)
    assert str(first).startswith(f"{what}: ")
    assert all(not other.refuses for other in found[1:])
