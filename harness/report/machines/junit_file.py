"""junit.xml: a soak, its controls, or a sweep, as the tests that a CI knows, by junitparser.

A case that is undecided is skipped, with its reason, and is no error: a CI paints an error as a failure, and a soak
that is open has not failed. Its exit code (4) is there for whoever wants to stop at it. A case that could not be judged
is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from harness.analysis.result import Result
from harness.analysis.sweeps.claim_map import ClaimMap
from harness.analysis.sweeps.recorded_sweep import RecordedSweep
from harness.analysis.verdict.control_record import ControlRecord
from harness.files import in_one_piece
from harness.foreign_text import on_one_line
from harness.report.machines.cases import Case, Ending, control_cases, soak_cases
from harness.report.machines.markdown import clipped
from harness.report.sweeps.findings import sweep_sentence
from harness.report.words.headline import summary_sentence
from harness.soaks.result_folder import read_manifest

JUNIT_FILE: Final = "junit.xml"

LONGEST: Final = 4000
"""Characters of a text of others."""

_RESULTS: Final[dict[Ending, type[Failure | Error | Skipped]]] = {
    "failed": Failure,
    "error": Error,
    "undecided": Skipped,
    "skipped": Skipped,
}


def write_junit(report: JUnitXml, folder: Path) -> None:
    """Write the file, in one piece. Raises OSError where that cannot be."""
    with in_one_piece(folder / JUNIT_FILE) as partial:
        report.write(str(partial), pretty=True)


def soak_junit(result: Result) -> JUnitXml:
    """Return a soak as one suite: a case for itself, each claim and each leak."""
    verdict, git = result.verdict, result.manifest.get("git")
    properties = {
        "status": verdict.status,
        "summary": summary_sentence(verdict),
        "memory_scale": f"{verdict.memory_scale:g}",
        "revision": str(git.get("revision") or "") if isinstance(git, dict) else "",
    }
    suite = _suite(f"soak of {verdict.scenario}", soak_cases(result), properties)
    suite.timestamp = _seen(str(result.manifest.get("began") or ""))
    return _report(suite)


def control_junit(record: ControlRecord) -> JUnitXml:
    """Return the controls of a scenario as one suite: a case for each check."""
    properties = {"status": record.status, "summary": record.summary, "memory_scale": f"{record.memory_scale:g}"}
    return _report(_suite(f"controls of {record.scenario}", control_cases(record), properties))


def sweep_junit(sweep: RecordedSweep, maps: Sequence[ClaimMap], cases: Sequence[Case]) -> JUnitXml:
    """Return a sweep as one suite: its `cases` (see `sweep_cases`)."""
    properties = {"summary": sweep_sentence(sweep, maps), "points": str(len(sweep.points))}
    suite = _suite(f"sweep {sweep.name} of {sweep.scenario.name}", cases, properties)
    suite.timestamp = _seen(str(read_manifest(sweep.folder).get("began") or ""))
    return _report(suite)


def _suite(name: str, cases: Iterable[Case], properties: Mapping[str, str]) -> TestSuite:
    suite = TestSuite(_seen(name))
    for label, words in properties.items():
        if words:
            suite.add_property(label, _seen(words))
    for case in cases:
        suite.add_testcase(_test_case(case, name))
    return suite


def _report(suite: TestSuite) -> JUnitXml:
    report = JUnitXml(suite.name)
    report.add_testsuite(suite)
    report.update_statistics()
    return report


def _test_case(case: Case, suite: str) -> TestCase:
    told = TestCase(_seen(case.name), classname=_seen(f"{suite}.{case.kind}"))
    text = "\n".join(f"{label}: {_seen(words)}" for label, words in case.facts)
    if case.ending == "passed":
        told.system_out = text
    else:
        result = _RESULTS[case.ending](_seen(case.message), _seen(case.word))
        result.text = text
        told.result = [result]
    return told


def _seen(text: str) -> str:
    """Return text with what XML cannot hold, and what nobody would see, written out, on one line."""
    return clipped(on_one_line(text), LONGEST)
