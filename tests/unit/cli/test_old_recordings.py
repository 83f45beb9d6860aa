"""A result that an earlier build recorded is read, judged and told, with what it lacks."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from harness.analysis.result import Result
from harness.cli import after_runs, main
from harness.report.page.soak_page import page
from harness.report.terminal.console import open_console
from harness.report.terminal.not_recorded import not_recorded

FORMAT_1 = Path(__file__).parent / "recorded_in_format_1"
LACKING = ["load", "mappings", "child processes", "errors that were logged or swallowed"]


def test_what_format_1_lacks_is_said_by_the_report_and_the_page(here: Path, monkeypatch, capsys) -> None:
    folder = here / "results" / "smoke" / "old"
    shutil.copytree(FORMAT_1, folder)
    result = Result.open(folder)
    assert {run.facts["format"] for run in result.runs} == {1}
    assert not_recorded(result.runs) == LACKING
    monkeypatch.setattr(after_runs, "FURTHER_PICTURES", {})
    assert main(["report", "smoke"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "MET: Fixed peaked at 4.2 GB where old peaked at 5.7 GB" in out
    told = "load, mappings, child processes and errors that were logged or swallowed: nothing is said of it"
    assert f"Not recorded: {told}" in out
    after_runs.conclude(open_console(), result, verbose=True)
    assert f"Not recorded: {told}" in " ".join(capsys.readouterr().out.split())
    assert f"- **Not recorded**: {told}" in (folder / "summary.md").read_text(encoding="utf-8")
    assert {claim["verdict"] for claim in json.loads((folder / "verdict.json").read_text())["claims"]} == {"met"}
    written = (folder / "report.html").read_text(encoding="utf-8")
    assert written == page(Result.open(folder))
    assert "This recording has no load" in written
