"""junit.xml: a CI counts what is missed as failed, what could not be judged as an error, what is open as neither."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from junitparser import JUnitXml

from harness.analysis.verdict.control_record import ControlRecord
from harness.report.machines.junit_file import control_junit, soak_junit, write_junit
from tests.unit.report.machines.conftest import HOSTILE, Judged

CLAIMS = (
    {"name": "kept", "expected": (10.0, 15.0)},
    {"name": "broken"},
    {"name": "open", "expected": (13.7, None)},
    {"name": HOSTILE, "source": HOSTILE},
)


def test_what_is_written_is_what_a_ci_reads(judged: Judged, tmp_path: Path) -> None:
    write_junit(soak_junit(judged(*CLAIMS)), tmp_path)
    read = JUnitXml.fromfile(str(tmp_path / "junit.xml"))
    (suite,) = read
    cases = {case.name: case for case in suite}
    assert (suite.name, suite.tests, suite.failures, suite.errors) == ("soak of example", 13, 2, 0)
    assert (read.tests, read.failures) == (suite.tests, suite.failures)
    assert cases["kept"].is_passed
    assert cases["open"].is_skipped
    assert cases["open"].result[0].type == "inconclusive"
    (failure,) = cases["broken"].result
    assert cases["broken"].is_failure
    assert failure.message == "missed: expected at least 25 GB, measured 13.71 [13.62, 13.79] GB (95 %)"
    assert failure.text.splitlines() == [
        "Expected: at least 25 GB",
        "Measured: 13.71 [13.62, 13.79] GB (95 %)",
        "Metric: peak of fixed",
        "By seed: 1: 13.70 GB, 2: 13.72 GB",
        "Kind: calibration",
        "Source: Symptoms",
        "Judge again: soak report results/example/a",
    ]
    assert {case.classname for case in suite} == {f"soak of example.{kind}" for kind in ("soak", "claim", "leak")}


def test_hostile_text_is_text_in_xml(judged: Judged, tmp_path: Path) -> None:
    write_junit(soak_junit(judged(*CLAIMS)), tmp_path)
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert {element.tag for element in root.iter()} == {
        *("testsuites", "testsuite", "properties", "property", "testcase", "failure", "skipped", "system-out")
    }
    (named,) = [case for case in root.iter("testcase") if "script" in case.attrib["name"]]
    assert "\\n::error::boo\\r" in named.attrib["name"]
    assert "\\u202e\\x1b[2J]]>" in named.attrib["name"]


def test_a_check_of_a_control_that_fails_is_a_failure(record: ControlRecord, tmp_path: Path) -> None:
    write_junit(control_junit(record), tmp_path)
    (suite,) = JUnitXml.fromfile(str(tmp_path / "junit.xml"))
    assert (suite.name, suite.tests, suite.failures) == ("controls of example", 2, 1)
    assert [case.is_failure for case in suite] == [False, True]
