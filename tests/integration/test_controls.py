"""The standing controls in their short form, and the scenario of one whose target is no evidence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.verdict.control_record import Check, ControlRecord
from harness.cli import controlled, main
from tests.integration.conftest import Soaks

pytestmark = pytest.mark.soak

CONTROLS = ["old against old", "injected leak", "nothing kept", "probe 60 times as often", "real time"]

DISTURBED = """\
import time
class Target:
    def __init__(self, params, environment):
        self.kept = []
        self.clock = environment.clock
        self.real = "real" in str(environment.data_dir)
    def start(self): pass
    def stop(self): pass
    def on_book(self, book):
        if self.real:
            self.kept.append(bytearray(b"1") * 5000)
build = Target
"""
"""Grows where its folder is that of the run in real time."""


def recorded(soaks: Soaks) -> tuple[Path, dict[str, Any]]:
    (file,) = soaks.folder.glob("results/control/*/control.json")
    return file.parent, json.loads(file.read_text())


@pytest.mark.long
@pytest.mark.alone  # one of them compares with 12 s of real time
def test_the_controls_hold(soaks: Soaks) -> None:
    ended = soaks.soak("control", "--short", "--quiet")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    folder, told = recorded(soaks)
    assert told["status"] == "met"
    assert told["short"] is True
    assert [check["passed"] for check in told["checks"]] == [True] * 11
    assert list(dict.fromkeys(check["control"] for check in told["checks"])) == CONTROLS
    # twice the budget and more: a leak that is looked for
    assert told["injected_gb_per_hour"] >= 2 * 0.0375
    facts = [json.loads((run / "run.json").read_text()) for run in folder.glob("null/runs/null/seed-*")]
    assert len(facts) == 3
    for one in facts:
        assert one["counters"]["books"] == one["books"] > 100_000 * 0.9
    assert not (soaks.folder / "results" / "latest").exists()
    again = soaks.soak("explain", folder / "leak")
    assert "retained[*]" in again.stdout, again.stdout + again.stderr


@pytest.mark.long
def test_a_control_that_does_not_hold_makes_all_invalid(soaks: Soaks) -> None:
    soaks.target(DISTURBED)
    path = soaks.scenario("[configs.old]\n", factory="mine:build", symbols=2, hours=0.05)
    ended = soaks.soak("control", path, "--short", "--quiet")
    assert ended.returncode == 3, ended.stdout + ended.stderr
    assert ended.stdout.startswith("INVALID: ")
    _, told = recorded(soaks)
    assert told["status"] == "invalid"
    failed = {check["quantity"] for check in told["checks"] if not check["passed"]}
    assert "slope of RSS against virtual time" in failed
    assert "range of RSS" not in failed


def test_a_soak_whose_controls_do_not_hold_is_invalid_and_stays_so(
    soaks: Soaks, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = Check("nothing kept", "range of RSS", "2.00%", "at most 1%", False)
    monkeypatch.chdir(soaks.folder)
    monkeypatch.setattr(
        controlled,
        "soak_controls",
        lambda scenario, folder, *, short, jobs, observe: (
            folder.mkdir() or ControlRecord(scenario.name, scenario.memory.scale, short, 0.2, (failed,))
        ),
    )
    path = soaks.scenario("[configs.only]\n", factory="harness.null_target:build", hours=0.05, symbols=2)
    assert main(["run", str(path), "--controls", "short", "--quiet"]) == 3
    out = " ".join(capsys.readouterr().out.split())
    said = "the controls do not hold: nothing kept (range of RSS: 2.00% where at most 1% was due)"
    assert out.startswith("INVALID: the controls of small do not hold (nothing kept)")
    assert out.index(f"INVALID: this soak is no evidence: - {said}") < out.index("small: one seed over 0.05 h")
    again = soaks.soak("report", "latest")
    assert again.returncode == 3, again.stdout + again.stderr
    assert " ".join(again.stdout.split()).startswith(f"INVALID: this soak is no evidence: - {said}")
    verdict = soaks.verdict()
    assert (verdict["status"], verdict["reasons"]) == ("invalid", [said])
    assert [run["status"] for run in verdict["runs"]] == ["complete"]
