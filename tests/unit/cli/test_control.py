"""`soak control`: what is printed and written, the exit code, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.analysis.verdict.control_record import Check
from harness.cli import main
from harness.controls import standing

HOLDS = Check("nothing kept", "range of RSS", "0.06%", "at most 1%", True)
FAILS = Check("real time", "slope of RSS against virtual time", "+4.10%", "± 3%", False)


@pytest.fixture
def carried_out(here: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """No process: the soaks that would have been carried out, by name, together."""
    together: list[list[str]] = []

    def note(soaks, folder, *_):
        folder.mkdir(parents=True, exist_ok=True)
        together.append([soak.name for soak in soaks])
        return {soak.name: None for soak in soaks}

    monkeypatch.setattr(standing, "_carried_out", note)
    monkeypatch.setattr(standing, "leak_to_inject", lambda clean: 0.2)
    return together


def judged_as(monkeypatch: pytest.MonkeyPatch, *checks: Check) -> None:
    monkeypatch.setattr(standing, "judge_controls", lambda soaks, **known: list(checks))


def test_controls_that_hold(carried_out, monkeypatch, capsys) -> None:
    judged_as(monkeypatch, HOLDS)
    assert main(["control", "smoke", "--quiet"]) == 0
    out = capsys.readouterr().out
    assert "INVALID" not in out
    assert "MET: the controls of smoke hold." in out
    assert carried_out == [["clean", "null"], ["probe", "leak", "same", "virtual", "real"]]
    (file,) = Path("results").glob("control/*/control.json")
    assert str(file) in out
    told = json.loads(file.read_text(encoding="utf-8"))
    assert (told["format"], told["scenario"], told["status"], told["short"]) == (1, "smoke", "met", False)
    assert told["checks"][0]["measured"] == "0.06%"
    assert "control.json, report.html" in out
    text = file.with_name("report.html").read_text(encoding="utf-8")
    assert "The standing controls of smoke" in text
    assert "0.06%" in text
    assert main(["report", str(file.parent)]) == 0
    assert capsys.readouterr().out == out


def test_one_that_fails_is_said_before_anything_else(carried_out, monkeypatch, capsys) -> None:
    judged_as(monkeypatch, HOLDS, FAILS)
    assert main(["control", "--short", "--quiet"]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "INVALID: the controls of 50symbols do not hold (real time): its soaks here are no evidence."
    assert any(line.rstrip().endswith("FAIL") and "+4.10%" in line for line in lines)
    (file,) = Path("results").glob("control/*/control.json")
    assert json.loads(file.read_text(encoding="utf-8"))["status"] == "invalid"
    assert "| real time: slope of RSS against virtual time |" in (file.parent / "summary.md").read_text(
        encoding="utf-8"
    )
    assert (file.parent / "junit.xml").read_text(encoding="utf-8").count("<failure") == 1


def test_on_github_a_check_that_fails_is_annotated(carried_out, monkeypatch, capsys, tmp_path: Path) -> None:
    judged_as(monkeypatch, HOLDS, FAILS)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "step.md"))
    assert main(["control", "--short", "--quiet"]) == 3
    assert capsys.readouterr().out.count("\n::error title=controls of 50symbols%3A real time%3A ") == 1
    (summary,) = Path("results").glob("control/*/summary.md")
    assert (tmp_path / "step.md").read_text(encoding="utf-8").strip() == summary.read_text(encoding="utf-8").strip()


@pytest.mark.parametrize("arguments", [["--jobs", "0"], ["nothing"], ["--scale", "2"]])
def test_wrong_usage_is_refused_before_anything_is_run(carried_out, arguments: list[str], capsys) -> None:
    assert main(["control", *arguments]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert carried_out == []
    assert not Path("results").exists()
