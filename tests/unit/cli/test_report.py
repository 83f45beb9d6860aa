"""`soak report` on a screen and in full, and what it, `soak explain` and `soak compare` say of recorded controls."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.analysis.verdict.control_record import Check, ControlRecord, write_controls
from harness.cli import main
from tests.unit.anatomy_soak import write_result

HOLDS = Check("nothing kept", "range of RSS", "0.06%", "at most 1%", True)
FAILS = Check("real time", "slope of RSS against virtual time", "+4.10%", "± 3%", False)
SAID = "the controls do not hold: real time (slope of RSS against virtual time: +4.10% where ± 3% was due)"


@pytest.fixture
def result(write_scenario) -> Path:
    """A result of two runs of each config."""
    edits = ('factory = "dummy_target:build"', 'factory = "harness.null_target:build"')
    return write_result(write_scenario(edits))


def controls(result: Path, *checks: Check) -> Path:
    folder = result / "controls"
    folder.mkdir()
    return write_controls(ControlRecord("example", 0.1, False, 0.2, checks), folder)


def test_a_control_that_failed_makes_the_soak_invalid_before_anything_else_is_said(result: Path, capsys) -> None:
    controls(result, HOLDS, FAILS)
    assert main(["report", "example"]) == 3
    out = capsys.readouterr().out
    assert " ".join(out.split()).startswith(f"INVALID: this soak is no evidence: - {SAID} ")
    assert "measured [" not in out
    assert main(["report", "example", "--verbose"]) == 3
    out = capsys.readouterr().out
    assert " ".join(out.split()).startswith(f"INVALID: this soak is no evidence: - {SAID} ")
    assert f"INVALID: This is no evidence: {SAID}" in " ".join(out.split())
    verdict = json.loads((result / "verdict.json").read_text())
    assert (verdict["status"], verdict["reasons"][0]) == ("invalid", SAID)
    assert verdict["controls"] == {"short": False, "status": "invalid", "failed": ["real time"]}


def test_controls_that_held_are_said_to_have(result: Path, capsys) -> None:
    controls(result, HOLDS)
    for option in ([], ["--verbose"]):
        main(["report", "example", *option])
        out = capsys.readouterr().out
        assert "Controls held: 1 of 1 checks (long)" in out
        assert "INVALID" not in out
    assert json.loads((result / "verdict.json").read_text())["controls"]["status"] == "met"


def test_a_soak_without_controls_is_judged_as_ever(result: Path, capsys) -> None:
    main(["report", "example"])
    assert "ontrols" not in capsys.readouterr().out
    assert {"metrics.json", "summary.md", "junit.xml"} <= {path.name for path in result.iterdir()}
    assert json.loads((result / "verdict.json").read_text())["controls"] is None


def test_one_screen_is_the_default_and_the_rest_is_told_on_demand(result: Path, capsys) -> None:
    main(["report", "example"])
    screen = capsys.readouterr().out
    main(["report", "example", "--verbose"])
    whole = capsys.readouterr().out
    assert len(screen.splitlines()) <= 40
    assert screen.split(":")[0].strip() in ("MET", "MISSED", "INCONCLUSIVE")
    for told in ("Assumptions", "Runs: GB at full scale", "source", "arith-", "Nothing is known."):
        assert told not in screen
    for told in ("Assumptions", "Runs: GB at full scale", "source", "arith-", "Nothing is known.", "Configs: means"):
        assert told in whole


@pytest.mark.parametrize("name", ["soak", "pytest"])
def test_what_to_call_next_is_called_as_this_was(result: Path, tmp_path: Path, monkeypatch, capsys, name: str) -> None:
    called = tmp_path / "elsewhere" / name
    called.parent.mkdir()
    called.touch(mode=0o755)
    monkeypatch.setattr("sys.argv", [str(called)])
    main(["report", "example"])
    named = called if name == "soak" else "soak"
    assert f"Who holds the memory: {named} explain {result}".replace(f"{Path.cwd()}/", "") in capsys.readouterr().out


@pytest.mark.parametrize("command", ["report", "explain", "compare"])
def test_damaged_controls_are_one_clear_error(result: Path, command: str, capsys) -> None:
    controls(result, HOLDS).write_text("{", encoding="utf-8")
    assert main([command, "example"]) == 2
    out, err = capsys.readouterr()
    (line,) = err.splitlines()
    assert "controls/control.json: cannot be read" in line
    assert out == ""


@pytest.mark.parametrize(("arguments", "side"), [(["example"], ""), (["example", "example"], "A: ")])
def test_a_comparison_says_that_it_compares_no_evidence(result: Path, arguments, side: str, capsys) -> None:
    controls(result, FAILS)
    assert main(["compare", *arguments]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert f"INVALID: this soak is no evidence: - {side}{SAID}" in out
    assert out.index("INVALID") < out.index(" peak ")


def test_an_explanation_says_first_that_it_explains_no_evidence(result: Path, capsys) -> None:
    controls(result, FAILS)
    assert main(["explain", "example"]) == 0
    assert " ".join(capsys.readouterr().out.split()).startswith(f"INVALID: this soak is no evidence: - {SAID} ")


def test_nothing_is_written_where_a_link_in_a_result_leads(result: Path, tmp_path: Path, capsys) -> None:
    """Links under the names that are written, and a run that still has to be archived behind one."""
    outside = tmp_path / "outside"
    outside.mkdir()
    mine = outside / "mine"
    mine.write_text("kept", encoding="utf-8")
    for name in ("memory.png", "verdict.json", "waterfall.png"):
        (result / name).symlink_to(mine)
    for name in ("memory.png", "verdict.json"):
        (result / f"{name}.{os.getpid()}.partial").symlink_to(mine)
    run = result / "runs" / "old" / "seed-2"
    shutil.move(run, outside / "seed-2")
    (outside / "seed-2" / "run.json").unlink()
    run.symlink_to(outside / "seed-2", target_is_directory=True)
    left = {path.name: path.read_bytes() for path in (outside / "seed-2").iterdir()}
    killed = result / "runs" / "old" / "seed-1"
    (killed / "run.json").unlink()
    (killed / "run.json.partial").symlink_to(mine)
    main(["report", "example"])
    assert mine.read_text(encoding="utf-8") == "kept"
    assert {path.name: path.read_bytes() for path in (outside / "seed-2").iterdir()} == left
    assert not (result / "memory.png").is_symlink()
    assert json.loads((result / "verdict.json").read_text(encoding="utf-8"))["scenario"] == "example"


@pytest.mark.parametrize("most_bytes", [1000, 30_000], ids=["the verdict is too much", "the first picture is too much"])
def test_a_disk_that_is_full_while_drawing_is_one_line_and_every_file_is_whole_or_as_it_was(
    result: Path, most_bytes: int
) -> None:
    main(["report", "example"])
    before = {file.name: file.read_bytes() for file in result.iterdir() if file.is_file()}
    assert len(before["memory.png"]) > 30_000
    (result / "memory.png").write_bytes(b"the picture before")
    code = (
        "import resource, sys; from harness.cli import main\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({most_bytes}, {most_bytes}))\n"
        "sys.exit(main(['report', 'example']))"
    )
    done = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == f"soak: {result.resolve()}: File too large: nothing that was recorded is lost\n"
    after = {file.name: file.read_bytes() for file in result.iterdir() if file.is_file()}
    assert after == {**before, "memory.png": b"the picture before"}
