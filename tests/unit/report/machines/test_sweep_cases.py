"""What a CI is told of a sweep: runs that lack are errors, and where a claim holds fails nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

from junitparser import JUnitXml

from harness.analysis.sweeps.claim_map import claim_maps
from harness.analysis.sweeps.recorded_sweep import RecordedSweep
from harness.report.machines.cases import Case
from harness.report.machines.github_actions import sweep_annotations
from harness.report.machines.job_summary import sweep_summary
from harness.report.machines.junit_file import sweep_junit, write_junit
from harness.report.machines.sweep_cases import sweep_cases
from tests.unit.report.swept import SWITCHES, TWO_AXES


def told(folder: Path) -> tuple[RecordedSweep, list[Case]]:
    sweep = RecordedSweep(folder)
    return sweep, sweep_cases(sweep, claim_maps(sweep))


def test_every_run_and_every_claim_is_a_case_and_a_claim_missed_somewhere_fails_nothing(recorded) -> None:
    sweep, cases = told(recorded(TWO_AXES, "feed"))
    (whole, *others) = cases
    assert (whole.kind, whole.ending) == ("sweep", "passed")
    assert [case.ending for case in others if case.kind == "run"] == ["passed"] * len(list(sweep.cells()))
    claims = {case.name: case for case in others if case.kind == "claim"}
    assert claims.keys() == {one.claim.name for one in claim_maps(sweep)}
    missed = claims["old peak"]
    assert (missed.ending, missed.word, missed.measured) == (
        "skipped",
        "holds nowhere",
        "within or better at 0 of 4 points",
    )
    assert missed.why.startswith("missed at Cycle 1, Depth 10; ")
    assert not list(sweep_annotations("sweep", cases))


def test_a_run_that_lacks_is_an_error_wherever_it_is_told(recorded, tmp_path: Path) -> None:
    folder = recorded(SWITCHES, "fixes")
    gone = next(folder.glob("worlds/*/runs/*/seed-1"))
    shutil.rmtree(gone)
    sweep, cases = told(folder)
    errors = [case for case in cases if case.ending == "error"]
    assert [(case.kind, case.word) for case in errors] == [("sweep", "incomplete"), ("run", "missing")]
    assert gone.parent.name in errors[1].name
    first, second = sweep_annotations("sweep fixes of example", cases)
    assert (first.level, second.title) == ("error", f"sweep fixes of example: {errors[1].name}")
    lines = sweep_summary(sweep, claim_maps(sweep), cases)
    assert lines[0] == "## ⛔ Sweep fixes of example: incomplete"
    assert lines[2].startswith("**INCOMPLETE**: 1 of 4 runs is missing or failed.")
    write_junit(sweep_junit(sweep, claim_maps(sweep), cases), tmp_path)
    (suite,) = JUnitXml.fromfile(str(tmp_path / "junit.xml"))
    assert (suite.name, suite.errors, suite.failures) == ("sweep fixes of example", 2, 0)


def test_what_a_sweep_found_stands_first_in_its_summary(recorded) -> None:
    sweep, cases = told(recorded(SWITCHES, "fixes"))
    lines = sweep_summary(sweep, claim_maps(sweep), cases)
    assert lines[0] == "## ✅ Sweep fixes of example: complete"
    assert lines[2].startswith("**COMPLETE**: Peak: ")
    assert "**Starting from old**" in lines
    assert any(line.startswith("| old peak |") for line in lines)
