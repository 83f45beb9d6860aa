"""A soak's verdict: its status, its exit code, and verdict.json as readers rely on it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from harness.analysis.runs import Run
from harness.analysis.verdict import judging as verdicts
from harness.analysis.verdict import verdict_file
from harness.analysis.verdict.claims import check_claims
from harness.analysis.verdict.control_record import Check, ControlRecord
from harness.errors import UsageError
from harness.report.words.headline import summary_sentence
from harness.scenario import Scenario
from harness.worker.recorder import SAMPLE

SCALE = 0.5
STEPS = ("before", "after_stop", "after_drop", "after_trim")


def make_run(config: str, seed: int, gb: list[float], status: str = "complete", **facts: Any) -> Run:
    """RSS `gb` at full scale every ten minutes; every sample accounted for; a stop that gives back a GB a step."""
    samples = pd.DataFrame({name: np.full(len(gb), np.nan) for name in SAMPLE.names})
    samples["t_s"] = np.arange(len(gb)) * 600.0
    samples["rss_bytes"] = np.array(gb) * SCALE * 1e9
    samples["phase"] = ["start", *["load"] * (len(gb) - 1)]
    stop = {name: {"rss_bytes": (gb[-1] - k) * SCALE * 1e9, "live_bytes": None} for k, name in enumerate(STEPS)}
    known = {
        "counters": {"collected": 9, "persisted": 9, "lost": 0},
        "stop": {} if status == "limit" else stop,
        "feed_hash": f"feed of seed {seed}",
        "t_s": 600.0 * (len(gb) - 1),
        "cpu_s": 1.5,
        "acceleration": 300.0,
    }
    return Run(config, seed, status, SCALE, samples, (), {**known, **facts})


def claim(**changes: Any) -> dict[str, Any]:
    table = {
        "name": "less at the peak",
        "metric": "reduction.peak",
        "configs": ["old", "fixed"],
        "expected": [0.6, 0.7],
        "better": "higher",
        "kind": "prediction",
        "source": "Expected results",
    }
    return {**table, **changes}


def make_scenario(*claims: dict[str, Any], seeds: int = 2) -> Scenario:
    return Scenario.model_validate(
        {
            "name": "literal",
            "path": Path("literal.toml"),
            "title": "Literal recordings",
            "seeds": seeds,
            "market": {"symbols": 50, "depth": 50, "books_per_second": 5.0},
            "time": {
                "hours": 0.5,
                "cycle_s": 5.0,
                "warmup_minutes": 5.0,
                "run_on_s": 0.0,
                "sample_every_s": 5.0,
                "settle_minutes": 0.0,
            },
            "memory": {"scale": 1.0, "baseline_gb": 5.0, "limit_gb": 32.0, "leak_budget_gb_per_hour": 0.0375},
            "target": {"factory": "module:factory"},
            "configs": {"old": {}, "fixed": {}},
            "claims": claims,
        }
    )


def soak(old: float = 25.0, fixed: float = 8.75, **changes: Any) -> list[Run]:
    """Two seeds of each config with these peaks; `changes` are of the first old run."""
    runs = [
        make_run(config, seed, [5, 6, peak, 6]) for config, peak in (("fixed", fixed), ("old", old)) for seed in (1, 2)
    ]
    if changes:
        runs[2] = make_run("old", 1, **{"gb": [5, 6, old, 6], **changes})
    return runs


MISSED = claim(
    name="peak", metric="peak", configs=["fixed"], expected=[20.0, 21.0], better="lower", kind="construction"
)


@pytest.mark.parametrize(
    ("claims", "runs", "status", "code"),
    [
        ([claim()], soak(), "met", 0),
        ([claim()], soak(fixed=5.5), "met", 0),  # exceeded
        ([], soak(), "met", 0),
        ([claim()], soak(fixed=20), "missed", 1),
        ([claim(known="missed", reason="as recorded")], soak(fixed=20), "met", 0),
        ([claim(known="missed", reason="as recorded")], soak(), "missed", 1),
        ([claim(not_testable="by construction")], soak(), "inconclusive", 4),
        ([claim(not_testable="by construction"), claim(name="b")], soak(), "met", 0),
        (
            [claim(), claim(name="h", metric="release.stop", configs=["old"])],
            soak(gb=[5, 32], status="limit"),
            "inconclusive",
            4,
        ),
        ([claim(), claim(name="m", expected=[0.9, 1.0])], soak(gb=[5, 32], status="limit"), "inconclusive", 4),
        ([claim()], soak(status="died"), "incomplete", 3),
        ([MISSED | {"expected": [8.0, 9.0], "better": "neither"}], soak(status="died"), "incomplete", 3),
        ([MISSED], soak(status="failed"), "incomplete", 3),
        ([claim()], soak()[:3], "incomplete", 3),
        ([claim()], soak(feed_hash="another"), "invalid", 3),
        ([MISSED], soak(counters={"collected": 9, "persisted": 8, "lost": 0}), "invalid", 3),
        ([claim()], soak(gb=[6, 6, 25, 6]), "invalid", 3),
    ],
)
def test_the_worst_decides(claims: list[dict[str, Any]], runs: list[Run], status: str, code: int) -> None:
    verdict = verdicts.judge(make_scenario(*claims), runs)
    assert (verdict.status, verdict.exit_code) == (status, code)
    assert bool(verdict.reasons) == (status in ("invalid", "incomplete"))


def test_only_the_claims_that_touch_an_unfinished_run_lose_their_verdict() -> None:
    fixed = MISSED | {"expected": [8.0, 9.0]}
    verdict = verdicts.judge(make_scenario(claim(), fixed), soak(status="interrupted"))
    assert [judged.outcome for judged in verdict.claims] == ["incomplete", "met"]
    assert [judged.estimate.estimate for judged in verdict.claims] == [None, 8.75]


def test_one_seed_is_not_enough() -> None:
    runs = [run for run in soak() if run.seed == 1]
    verdict = verdicts.judge(make_scenario(claim(), seeds=1), runs)
    assert (verdict.status, verdict.claims[0].estimate.low) == ("inconclusive", None)


def test_verdict_json_has_what_its_readers_rely_on(tmp_path: Path) -> None:
    verdict = verdicts.judge(make_scenario(claim(tolerance=0.005)), soak(gb=[5, 32], status="limit"), name="50symbols")
    verdict_file.write(verdict, summary_sentence(verdict), tmp_path / "verdict.json")
    table = json.loads((tmp_path / "verdict.json").read_text())
    assert table["summary"] == summary_sentence(verdict)
    assert [*tmp_path.iterdir()] == [tmp_path / "verdict.json"]
    assert {key: table[key] for key in ("format", "scenario", "memory_scale", "status", "reasons")} == {
        "format": 2,
        "scenario": "50symbols",
        "memory_scale": 1.0,
        "status": "inconclusive",
        "reasons": [],
    }
    (one,) = table["claims"]
    assert set(one) >= {
        *("name", "metric", "kind", "expected", "better", "estimate", "low", "high", "arithmetic", "unit", "verdict"),
        *("known", "source", "reason", "seeds", "moves_with_scale", "values", "bound", "configs", "tolerance"),
    }
    assert (one["expected"], one["seeds"], one["bound"], one["high"]) == ([0.6, 0.7], [1, 2], "lower", None)
    assert one["values"] == {"1": pytest.approx(1 - 8.75 / 32), "2": pytest.approx(0.65)}
    assert [(run["config"], run["seed"]) for run in table["runs"]] == [
        ("old", 1),
        ("old", 2),
        ("fixed", 1),
        ("fixed", 2),
    ]
    limited, whole = table["runs"][:2]
    assert (limited["status"], limited["start_gb"], limited["peak_gb"], limited["peak_bound"]) == (
        "limit",
        5,
        32,
        "lower",
    )
    assert [limited[key] for key in ("horizon_gb", "before_stop_gb", "after_trim_gb")] == [None, None, None]
    steps = ("before_stop_gb", "after_stop_gb", "after_drop_gb", "after_trim_gb")
    assert [whole[key] for key in steps] == [6, 5, 4, 3]
    assert (whole["horizon_gb"], whole["cleanups"], whole["cpu_s"], whole["acceleration"]) == (6, 0, 1.5, 300)


def test_the_summary_is_one_sentence() -> None:
    verdict = verdicts.judge(make_scenario(claim()), soak())
    assert summary_sentence(verdict) == ("Fixed peaked at 8.8 GB where old peaked at 25.0 GB (65 % less, as expected).")
    limited = [*soak()[:2], *(make_run("old", seed, [5, 32], "limit") for seed in (1, 2))]
    assert "where old reached the memory limit at 32.0 GB (at least 73 % less" in summary_sentence(
        verdicts.judge(make_scenario(claim()), limited)
    )


def test_the_summary_says_first_what_takes_the_evidence_away() -> None:
    died = verdicts.judge(make_scenario(claim()), soak(status="died", reason="killed by signal 9"))
    assert summary_sentence(died) == "The soak is incomplete: old seed 1 died at 0.50 h: killed by signal 9."
    invalid = verdicts.judge(make_scenario(claim()), soak(feed_hash="b"))
    assert summary_sentence(invalid) == ("This is no evidence: seed 1: old and fixed did not get the same feed.")


def test_claims_are_checked_before_there_are_runs() -> None:
    check_claims(make_scenario(claim()))
    with pytest.raises(UsageError, match=r'\.toml: claims\."less at the peak"\.configs = .*two configs'):
        check_claims(make_scenario(claim(configs=["old"])))


def rising(slope_gb_per_hour: float, *, seeds: int = 2, config: str = "fixed") -> list[Run]:
    """Runs of five hours, a sample each ten minutes, that rise by so much, in the last seed by twice that."""
    times = np.arange(31) / 6
    slopes = np.linspace(slope_gb_per_hour, 2 * slope_gb_per_hour, seeds)
    return [
        make_run(config, seed, list(5 + slope * times), feed_hash=f"feed {seed}")
        for seed, slope in enumerate(slopes, start=1)
    ]


def five_hours(*claims: dict[str, Any], seeds: int = 2, **changes: Any) -> Scenario:
    table = make_scenario(*claims, seeds=seeds).model_dump()
    table["time"]["hours"] = 5.0
    table["configs"] = {"fixed": {}}
    return Scenario.model_validate({**table, **changes})


def test_verdict_json_says_of_every_config_whether_it_leaks(tmp_path: Path) -> None:
    verdict = verdicts.judge(five_hours(max_seeds=4), rising(0.0))
    verdict_file.write(verdict, summary_sentence(verdict), tmp_path / "verdict.json")
    table = json.loads((tmp_path / "verdict.json").read_text())
    (one,) = table["leaks"]
    assert set(one) >= {
        *("config", "measure", "verdict", "slope", "low", "high", "unit", "minimum_detectable", "hours_needed"),
        *("floors", "reason", "budget", "part", "fragmentation", "shape", "values"),
    }
    assert (one["config"], one["measure"], one["verdict"], one["unit"]) == ("fixed", "rss", "OK", "GB/h")
    assert (one["slope"], one["low"], one["high"], one["minimum_detectable"]) == (0, 0, 0, 0.0375)
    assert table["confidence"] == pytest.approx(0.98, abs=0.01)
    assert table["status"] == "met"


def test_a_leak_alone_changes_no_status() -> None:
    verdict = verdicts.judge(five_hours(), rising(1.0, seeds=8))
    assert [leak.verdict.outcome for leak in verdict.leaks] == ["LEAK"]
    assert verdict.status == "met"


NO_LEAK = claim(name="no leak", metric="leak.rss", configs=["fixed"], expected=[None, 1.0], better="lower")


@pytest.mark.parametrize(("slope", "status", "code"), [(1.0, "missed", 1), (0.0, "met", 0), (0.02, "inconclusive", 4)])
def test_a_claimed_leak_decides_the_exit_code(slope: float, status: str, code: int) -> None:
    verdict = verdicts.judge(five_hours(NO_LEAK), rising(slope, seeds=8 if slope == 1 else 3))
    assert (verdict.status, verdict.exit_code) == (status, code)
    assert verdict.claims[0].leak == verdict.leaks[0]


def test_a_claimed_leak_is_said_first_of_all_and_its_claim_is_in_the_json_once() -> None:
    verdict = verdicts.judge(five_hours(NO_LEAK), rising(1.0, seeds=8))
    assert summary_sentence(verdict) == "Fixed leaks: 1.55 GB/h in RSS where 0.0375 is allowed."
    table = verdict_file.content(verdict, "")
    json.dumps(table, allow_nan=False)
    (one,), (leak,) = table["claims"], table["leaks"]
    assert "leak" not in one
    assert (one["unit"], one["verdict"], one["estimate"]) == ("budgets", "missed", leak["slope"] / leak["budget"])


def test_an_open_leak_that_is_claimed_is_named_once() -> None:
    scenario = five_hours(NO_LEAK)
    assert verdicts.lacking_seeds(scenario, verdicts.judge(scenario, rising(0.02, seeds=4))) == ("RSS of fixed",)


def test_what_more_seeds_may_decide_is_named() -> None:
    scenario = five_hours(claim(name="peak", metric="peak", configs=["fixed"], expected=[5.0, 8.0]))
    verdict = verdicts.judge(scenario, rising(0.5))
    assert verdict.claims[0].outcome == "inconclusive"
    assert verdicts.lacking_seeds(scenario, verdict) == ("RSS of fixed", "peak")
    assert verdicts.lacking_seeds(scenario, verdicts.judge(scenario, rising(0.0, seeds=3))) == ()


def test_one_seed_lacks_seeds_and_a_lack_of_floors_does_not() -> None:
    scenario = five_hours(seeds=1)
    assert verdicts.lacking_seeds(scenario, verdicts.judge(scenario, rising(0.0, seeds=1))) == ("RSS of fixed",)
    short = make_scenario(seeds=2)
    judged = verdicts.judge(short, soak())
    assert [leak.verdict.outcome for leak in judged.leaks] == ["INCONCLUSIVE", "INCONCLUSIVE"]
    assert verdicts.lacking_seeds(short, judged) == ()


def test_seeds_mend_neither_missing_runs_nor_configs_that_nothing_is_claimed_of() -> None:
    scenario = five_hours(claim(name="peak", metric="peak", configs=["fixed"], expected=[5.0, 8.0]))
    died = [*rising(0.5)[:1], make_run("fixed", 2, [5, 6], "died")]
    assert verdicts.lacking_seeds(scenario, verdicts.judge(scenario, died)) == ()
    both = five_hours(
        claim(name="peak", metric="peak", configs=["fixed"], expected=[5.0, 50.0]), configs={"fixed": {}, "old": {}}
    )
    runs = [*rising(0.0), *rising(0.5, config="old")]
    assert verdicts.lacking_seeds(both, verdicts.judge(both, runs)) == ()


def test_construction_and_calibration_ask_for_no_seeds() -> None:
    for kind, lacking in (("prediction", ("peak",)), ("calibration", ()), ("construction", ())):
        scenario = five_hours(claim(name="peak", metric="peak", configs=["fixed"], expected=[5.0, 5.02], kind=kind))
        verdict = verdicts.judge(scenario, rising(0.003))
        assert verdict.claims[0].outcome == "inconclusive"
        assert verdicts.lacking_seeds(scenario, verdict) == lacking


LATE = Check("real time", "slope of RSS against virtual time", "+4.10%", "± 3%", False)
FLAT = Check("nothing kept", "range of RSS", "0.06%", "at most 1%", True)


def controlled(*checks: Check) -> ControlRecord:
    return ControlRecord("literal", SCALE, True, 0.2, checks)


def test_where_a_control_fails_the_soak_is_invalid_and_says_so_first(tmp_path: Path) -> None:
    verdict = verdicts.judge(make_scenario(claim()), soak(gb=[6, 6, 25, 6]), controls=controlled(FLAT, LATE))
    assert (verdict.status, verdict.exit_code) == ("invalid", 3)
    first, second = verdict.reasons
    assert first == (
        "the controls do not hold: real time (slope of RSS against virtual time: +4.10% where ± 3% was due)"
    )
    assert second.startswith("old seed 1 started at 6.00 GB")
    assert summary_sentence(verdict) == f"This is no evidence: {first} (and 1 more)."
    verdict_file.write(verdict, summary_sentence(verdict), tmp_path / "verdict.json")
    table = json.loads((tmp_path / "verdict.json").read_text())
    assert table["controls"] == {"short": True, "status": "invalid", "failed": ["real time"]}
    assert table["reasons"][0] == first


def test_controls_outweigh_runs_that_are_missing() -> None:
    verdict = verdicts.judge(make_scenario(claim()), soak(status="died"), controls=controlled(LATE))
    assert verdict.status == "invalid"
    assert [reason.partition(":")[0] for reason in verdict.reasons] == [
        "the controls do not hold",
        "old seed 1 died at 0.50 h",
    ]


def test_controls_that_hold_change_nothing_but_are_recorded() -> None:
    scenario = make_scenario(claim())
    without, held = (verdicts.judge(scenario, soak(), controls=one) for one in (None, controlled(FLAT)))
    assert (held.status, held.reasons) == (without.status, without.reasons) == ("met", ())
    tables = [verdict_file.content(verdict, "") for verdict in (without, held)]
    assert [table.pop("controls") for table in tables] == [None, {"short": True, "status": "met", "failed": []}]
    assert tables[0] == tables[1]


def test_no_seed_makes_up_for_a_control_that_failed() -> None:
    scenario = five_hours(claim(name="peak", metric="peak", configs=["fixed"], expected=[5.0, 8.0]))
    assert verdicts.lacking_seeds(scenario, verdicts.judge(scenario, rising(0.5))) != ()
    verdict = verdicts.judge(scenario, rising(0.5), controls=controlled(LATE))
    assert verdicts.lacking_seeds(scenario, verdict) == ()


def test_memory_that_was_saved_by_losing_samples_is_missed() -> None:
    lossy = [
        make_run("fixed", seed, [5, 6, 8.75, 6], counters={"collected": 900, "persisted": 880, "lost": 20})
        for seed in (1, 2)
    ]
    verdict = verdicts.judge(make_scenario(claim()), [*lossy, *soak()[2:]])
    assert (verdict.status, verdict.exit_code) == ("missed", 1)
    assert verdict.claims[0].reason == (
        "fixed lost 40 of 1,800 samples: memory that is saved by losing data is not saved"
    )


def test_what_leaks_is_told_when_it_reaches_the_limit() -> None:
    runs = rising(1.0, seeds=8)
    verdict = verdicts.judge(five_hours(), runs)
    limit = verdict.limits["fixed"]
    peak, slope = np.mean([run.rss_gb.max() for run in runs]), verdict.leaks[0].verdict.slope
    assert limit.hours == pytest.approx(5 + (32 - peak) / slope)
    assert 5 < limit.low < limit.hours < limit.high
    assert verdict_file.content(verdict, "")["limits"] == {"fixed": dataclasses.asdict(limit)}
    assert verdicts.judge(five_hours(), rising(0.0)).limits == {}


def test_a_config_that_met_the_limit_in_the_warm_up_is_told_when() -> None:
    events = ({"t_s": 120.0, "kind": "limit", "rss_bytes": 3.2e9},)
    runs = [dataclasses.replace(make_run("fixed", seed, [5.0], status="limit"), events=events) for seed in (1, 2)]
    limits = verdicts.judge(five_hours(), runs).limits
    assert limits["fixed"].reached
    assert limits["fixed"].hours == pytest.approx(120 / 3600)
