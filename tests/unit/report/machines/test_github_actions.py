"""What GitHub Actions is told: only there, at most ten lines, by its rules, and never more than a step may say."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from harness.analysis.verdict.control_record import ControlRecord
from harness.cli import after_runs, main
from harness.foreign_text import disarmed_streams
from harness.report.machines import github_actions
from harness.report.machines.github_actions import Annotation, append_summary, shown, soak_annotations
from tests.unit.report.machines.conftest import HOSTILE, Judged

COMMAND = re.compile(r"^::(error|warning|notice) title=([^:,\n]*)::(.*)$", re.MULTILINE)


@pytest.fixture
def step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The summary of a step on GitHub Actions, in which somebody said something before."""
    path = tmp_path / "step.md"
    path.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    return path


def test_what_is_missed_is_an_error_an_unclaimed_leak_a_warning_what_is_open_a_notice(judged: Judged) -> None:
    claims = (
        {"name": "kept", "expected": (10.0, 15.0)},
        {"name": "broken"},
        {"name": "open", "expected": (13.7, None)},
    )
    told = [(one.level, one.title) for one in soak_annotations(judged(*claims))]
    assert told == [
        ("error", "soak of example: broken"),
        ("warning", "soak of example: a leak"),
        ("warning", "soak of example: a leak"),
        ("notice", "soak of example: undecided"),
    ]


def test_a_report_annotates_and_is_appended_and_its_exit_code_is_as_ever(
    folder: Path, step: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setattr(after_runs, "_written", lambda result, summary: [])  # pictures take long
    code = main(["report", str(folder)])
    on_github = capsys.readouterr().out
    assert step.read_text(encoding="utf-8").startswith("before\n\n## ")
    assert COMMAND.findall(on_github)
    monkeypatch.delenv("GITHUB_ACTIONS")
    said = step.read_bytes()
    assert main(["report", str(folder)]) == code
    elsewhere = capsys.readouterr().out
    assert elsewhere == COMMAND.sub("", on_github).rstrip("\n") + "\n"
    assert step.read_bytes() == said


@pytest.mark.parametrize("value", ["", "0", "false"])
def test_a_variable_that_says_no_is_no(value: str, step: Path, record: ControlRecord, monkeypatch, capsys) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", value)
    github_actions.tell_of_controls(record, ["line"])
    assert (capsys.readouterr().out, step.read_text(encoding="utf-8")) == ("", "before\n")


def test_hostile_text_is_obeyed_neither_as_a_command_nor_as_its_end(capsys) -> None:
    with disarmed_streams():
        print("words", end="")
        for one in shown([Annotation("error", HOSTILE, f"50 % {HOSTILE}")]):
            github_actions.say_command(one.command)
    first, command, *others = capsys.readouterr().out.split("\n")
    assert (first, others) == ("words", [""])
    (told,) = COMMAND.findall(command)
    assert told[0] == "error"
    assert told[2].startswith("50 %25 </td>")
    assert not re.search(r"[\r\x1b\u202e]", command)
    assert command.count("::") - told[2].count("::") == 2  # the title is escaped, what follows is its text


def test_of_many_nine_are_shown_and_the_others_counted() -> None:
    many = [Annotation("error", str(number), "") for number in range(14)]
    assert shown(many[:10]) == many[:10]
    *nine, last = shown(many)
    assert nine == many[:9]
    assert last.text.startswith("5 more are in the summary")


def test_a_step_that_has_said_much_gets_what_there_is_room_for(step: Path) -> None:
    step.write_bytes(b"x" * (1024 * 1024 - 300))
    assert append_summary(f"line {number}" for number in range(1000)) == ""
    said = step.read_bytes()
    assert len(said) <= 1024 * 1024
    assert b"more lines are left out" in said
    step.write_bytes(b"x" * (1024 * 1024 - 3))
    assert append_summary(["a line"]).endswith("there is no room for another summary")
    assert step.stat().st_size == 1024 * 1024 - 3


def test_a_summary_that_cannot_be_written_is_a_warning_and_no_failure(
    step: Path, record: ControlRecord, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    github_actions.tell_of_controls(record, ["line"])
    out = capsys.readouterr().out
    assert [(level, title) for level, title, _ in COMMAND.findall(out)] == [
        ("error", "controls of example%3A real time%3A slope of RSS against virtual time"),
        ("warning", "soak%3A no summary"),
    ]
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "pipe"))
    assert append_summary(["line"]).endswith("is a pipe or a device, not a file")
