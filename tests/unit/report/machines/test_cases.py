"""What a CI is told: how claims, leaks, checks and the soak itself end."""

from __future__ import annotations

import shutil
from pathlib import Path

from harness.analysis.result import Result
from harness.analysis.verdict.control_record import ControlRecord, write_controls
from harness.report.machines.cases import NO_EVIDENCE, Case, control_cases, soak_cases
from tests.unit.report.machines.conftest import FAILS, Judged

LEAK = {"metric": "leak.live", "expected": (None, 1.0), "better": "lower"}
KNOWN = {"known": "missed", "reason": "nobody mended it"}


def endings(cases: list[Case], kind: str) -> dict[str, tuple[str, str]]:
    return {case.name: (case.ending, case.word) for case in cases if case.kind == kind}


def test_a_case_ends_as_it_counts_for_the_exit_code(judged: Judged) -> None:
    result = judged(
        {"name": "met", "expected": (10.0, 15.0)},
        {"name": "exceeded", "expected": (20.0, None), "better": "lower"},
        {"name": "missed"},
        {"name": "open", "expected": (13.7, None)},
        {"name": "known", **KNOWN},
        {"name": "passing, known", "expected": (10.0, 15.0), **KNOWN},
        {"name": "out of reach", "not_testable": "no such thing here"},
        {"name": "a leak", **LEAK},
    )
    cases = soak_cases(result)
    assert endings(cases, "soak") == {"complete and valid": ("passed", "complete and valid")}
    assert endings(cases, "claim") == {
        "met": ("passed", "met"),
        "exceeded": ("passed", "exceeded"),
        "missed": ("failed", "missed"),
        "open": ("undecided", "inconclusive"),
        "known": ("skipped", "known miss"),
        "passing, known": ("failed", "met (a known miss)"),
        "out of reach": ("skipped", "not testable"),
        "a leak": ("failed", "missed"),
    }
    leaks = endings(cases, "leak")
    assert leaks["fixed: live bytes"] == ("failed", "LEAK")
    assert leaks["old: live bytes"] == ("skipped", "LEAK, not claimed")
    assert leaks["fixed: threads"] == ("passed", "no leak")
    assert "fixed: RSS" not in leaks  # it moves with the scale, and is not told of this world


def test_a_leak_that_is_a_known_miss_fails_nothing(judged: Judged) -> None:
    cases = soak_cases(judged({**LEAK, **KNOWN}))
    assert endings(cases, "leak")["fixed: live bytes"] == ("skipped", "LEAK, a known miss")


def test_what_failed_tells_what_is_needed_to_look_again(judged: Judged) -> None:
    (missed,) = [case for case in soak_cases(judged({"name": "peaks higher"})) if case.kind == "claim"]
    assert missed.message == "missed: expected at least 25 GB, measured 13.71 [13.62, 13.79] GB (95 %)"
    facts = dict(missed.facts)
    assert facts["By seed"] == "1: 13.70 GB, 2: 13.72 GB"
    assert facts["Source"] == "Symptoms"
    assert facts["Judge again"] == "soak report results/example/a"


def test_what_runs_that_are_missing_leave_is_an_error_and_never_passed(folder: Path, judged: Judged) -> None:
    shutil.rmtree(folder / "runs" / "fixed" / "seed-2")
    shutil.rmtree(folder / "runs" / "old")
    cases = soak_cases(
        judged({"name": "half", **LEAK, "metric": "leak.threads"}, {"name": "none", "configs": ("old",)})
    )
    assert endings(cases, "claim") == {
        "half": ("error", "met, 1 of 2 seeds"),
        "none": ("error", "incomplete, 0 of 2 seeds"),
    }
    (soak, *_) = cases
    assert (soak.ending, soak.word) == ("error", "incomplete")
    assert "fixed has no run of seed 2" in soak.message
    assert endings(cases, "leak")["fixed: threads"] == ("error", "no leak, 1 of 2 seeds")


def test_of_an_invalid_soak_nothing_is_judged_but_itself(folder: Path, judged: Judged, record: ControlRecord) -> None:
    (folder / "controls").mkdir()
    write_controls(record, folder / "controls")
    (soak, *others) = soak_cases(judged({}))
    assert (soak.ending, soak.word) == ("error", "invalid")
    assert FAILS.measured in soak.message
    assert {(case.ending, case.word, case.why) for case in others} == {("skipped", "not judged", NO_EVIDENCE)}


def test_a_check_of_a_control_passes_or_fails(record: ControlRecord) -> None:
    holds, fails = control_cases(record)
    assert (holds.ending, fails.ending) == ("passed", "failed")
    assert fails.message == "does not hold: expected ± 3%, measured +4.10%"
    assert dict(fails.facts)["Measure again"] == "soak control example --short"


def test_the_recorded_scenario_is_what_is_judged(folder: Path) -> None:
    cases = soak_cases(Result.open(folder))
    assert [case.name for case in cases if case.kind == "claim"] == ["peak reduction", "old peak"]
    assert [case.headline for case in cases if case.kind == "claim"] == [True, False]
