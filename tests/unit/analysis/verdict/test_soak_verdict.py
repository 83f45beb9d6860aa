"""A soak's verdict: its status, its exit code, and what more seeds may decide."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.analysis.runs import Run
from harness.analysis.verdict import soak_verdict as verdicts
from harness.analysis.verdict import verdict_file
from harness.analysis.verdict.control_record import Check, ControlRecord
from harness.analysis.verdict.more_seeds import lacking_seeds
from harness.report.words.config_sentences import config_sentences
from harness.report.words.headline import summary_sentence
from tests.unit.analysis.verdict.literal_soak import SCALE, claim, five_hours, make_run, make_scenario, rising, soak

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


def test_claims_are_judged_by_the_runs_that_finished_in_complete_pairs_and_say_of_how_many_seeds() -> None:
    fixed = MISSED | {"expected": [8.0, 9.0]}
    runs = soak(status="interrupted")
    verdict = verdicts.judge(make_scenario(claim(), fixed), runs)
    pair, alone = verdict.claims
    assert (pair.outcome, pair.lacking, pair.estimate.seeds) == ("inconclusive", "1 of 2 seeds", (2,))
    assert (alone.outcome, alone.lacking, alone.estimate.estimate) == ("met", "", 8.75)
    assert (verdict.status, verdict.exit_code) == ("incomplete", 3)


def test_a_claim_without_a_finished_run_is_incomplete() -> None:
    runs = [run for run in soak(status="died") if run.seed == 1]
    (judged,) = verdicts.judge(make_scenario(claim(), seeds=1), runs).claims
    assert (judged.outcome, judged.lacking, judged.estimate.estimate) == ("incomplete", "0 of 1 seeds", None)
    assert judged.reason.startswith("old seed 1 died at")


def test_one_seed_is_not_enough() -> None:
    runs = [run for run in soak() if run.seed == 1]
    verdict = verdicts.judge(make_scenario(claim(), seeds=1), runs)
    assert (verdict.status, verdict.claims[0].estimate.low) == ("inconclusive", None)


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


def test_a_leak_alone_changes_no_status() -> None:
    verdict = verdicts.judge(five_hours(), rising(1.0, seeds=8))
    assert [leak.verdict.outcome for leak in verdict.leaks] == ["LEAK"]
    assert verdict.status == "met"


NO_LEAK = claim(name="no leak", metric="leak.rss", configs=["fixed"], expected=[None, 1.0], better="lower")


@pytest.mark.parametrize(("slope", "status", "code"), [(1.0, "missed", 1), (0.0, "met", 0), (0.05, "inconclusive", 4)])
def test_a_claimed_leak_decides_the_exit_code(slope: float, status: str, code: int) -> None:
    verdict = verdicts.judge(five_hours(NO_LEAK), rising(slope, seeds=8, stray_gb=0.3 if slope == 0.05 else 0.0))
    assert (verdict.status, verdict.exit_code) == (status, code)
    assert verdict.claims[0].leak == verdict.leaks[0]


def test_a_claimed_leak_is_said_first_of_all_and_its_claim_is_in_the_json_once() -> None:
    verdict = verdicts.judge(five_hours(NO_LEAK), rising(1.0, seeds=8))
    assert summary_sentence(verdict) == "Fixed leaks: 1.55 GB/h in RSS where 0.0375 is allowed."
    table = verdict_file.content(verdict, "", {})
    json.dumps(table, allow_nan=False)
    (one,), (leak,) = table["claims"], table["leaks"]
    assert "leak" not in one
    assert (one["unit"], one["verdict"], one["estimate"]) == ("budgets", "missed", leak["slope"] / leak["budget"])


def test_an_open_leak_asks_for_seeds_where_it_is_claimed_and_where_nothing_is() -> None:
    open_leak = rising(0.05, seeds=4, stray_gb=0.3)
    for scenario, lacking in ((five_hours(NO_LEAK), ("no leak",)), (five_hours(), ("RSS of fixed",))):
        assert lacking_seeds(scenario, verdicts.judge(scenario, open_leak)) == lacking
    elsewhere = five_hours(claim(name="peak", metric="peak", configs=["fixed"], expected=[5.0, 50.0]))
    assert lacking_seeds(elsewhere, verdicts.judge(elsewhere, open_leak)) == ()


def test_what_more_seeds_may_decide_is_named() -> None:
    scenario = five_hours(claim(name="peak", metric="peak", configs=["fixed"], expected=[5.0, 8.0]))
    verdict = verdicts.judge(scenario, rising(0.05, stray_gb=3.0))
    assert verdict.claims[0].outcome == "inconclusive"
    assert lacking_seeds(scenario, verdict) == ("peak",)
    assert lacking_seeds(scenario, verdicts.judge(scenario, rising(0.0, seeds=3))) == ()


def test_one_seed_lacks_seeds_and_a_lack_of_floors_does_not() -> None:
    scenario = five_hours(seeds=1)
    assert lacking_seeds(scenario, verdicts.judge(scenario, rising(0.0, seeds=1))) == ("RSS of fixed",)
    short = make_scenario(seeds=2)
    judged = verdicts.judge(short, soak())
    assert [leak.verdict.outcome for leak in judged.leaks] == ["INCONCLUSIVE", "INCONCLUSIVE"]
    assert lacking_seeds(short, judged) == ()


def test_seeds_mend_neither_missing_runs_nor_configs_that_nothing_is_claimed_of() -> None:
    scenario = five_hours(claim(name="peak", metric="peak", configs=["fixed"], expected=[5.0, 8.0]))
    died = [*rising(0.5)[:1], make_run("fixed", 2, [5, 6], "died")]
    assert lacking_seeds(scenario, verdicts.judge(scenario, died)) == ()
    both = five_hours(
        claim(name="peak", metric="peak", configs=["fixed"], expected=[5.0, 50.0]), configs={"fixed": {}, "old": {}}
    )
    runs = [*rising(0.0), *rising(0.5, config="old")]
    assert lacking_seeds(both, verdicts.judge(both, runs)) == ()


def test_construction_and_calibration_ask_for_no_seeds() -> None:
    for kind, lacking in (("prediction", ("peak",)), ("calibration", ()), ("construction", ())):
        scenario = five_hours(claim(name="peak", metric="peak", configs=["fixed"], expected=[5.0, 5.02], kind=kind))
        verdict = verdicts.judge(scenario, rising(0.003))
        assert verdict.claims[0].outcome == "inconclusive"
        assert lacking_seeds(scenario, verdict) == lacking


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
    verdict_file.write(verdict, summary_sentence(verdict), config_sentences(verdict), tmp_path / "verdict.json")
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
    tables = [verdict_file.content(verdict, "", {}) for verdict in (without, held)]
    assert [table.pop("controls") for table in tables] == [None, {"short": True, "status": "met", "failed": []}]
    assert tables[0] == tables[1]


def test_no_seed_makes_up_for_a_control_that_failed() -> None:
    scenario = five_hours(claim(name="peak", metric="peak", configs=["fixed"], expected=[5.0, 8.0]))
    assert lacking_seeds(scenario, verdicts.judge(scenario, rising(0.5))) != ()
    verdict = verdicts.judge(scenario, rising(0.5), controls=controlled(LATE))
    assert lacking_seeds(scenario, verdict) == ()


def test_memory_that_was_saved_by_losing_samples_is_missed() -> None:
    lossy = [
        make_run("fixed", seed, [5, 6, 8.75, 6], counters={"collected": 900, "persisted": 880, "lost": 20})
        for seed in (1, 2)
    ]
    verdict = verdicts.judge(make_scenario(claim()), [*lossy, *soak()[2:]])
    assert (verdict.status, verdict.exit_code) == ("missed", 1)
    assert verdict.claims[0].reason == (
        "fixed lost 40 of 1,800 samples (2.22 %): memory that is saved by losing data is not saved"
    )


def test_what_leaks_is_told_when_it_reaches_the_limit() -> None:
    runs = rising(1.0, seeds=8)
    verdict = verdicts.judge(five_hours(), runs)
    limit = verdict.limits["fixed"]
    peak, slope = np.mean([run.rss_gb.max() for run in runs]), verdict.leaks[0].verdict.slope
    assert limit.hours == pytest.approx(5 + (32 - peak) / slope)
    assert 5 < limit.low < limit.hours < limit.high
    assert verdict_file.content(verdict, "", {})["limits"] == {"fixed": dataclasses.asdict(limit)}
    assert verdicts.judge(five_hours(), rising(0.0)).limits == {}


def test_a_config_that_met_the_limit_in_the_warm_up_is_told_when() -> None:
    events = ({"t_s": 120.0, "kind": "limit", "rss_bytes": 3.2e9},)
    runs = [dataclasses.replace(make_run("fixed", seed, [5.0], status="limit"), events=events) for seed in (1, 2)]
    limits = verdicts.judge(five_hours(), runs).limits
    assert limits["fixed"].reached
    assert limits["fixed"].hours == pytest.approx(120 / 3600)
