"""What GitHub Actions is told while its log is written: annotations, and the summary of the step.

Only where it runs this process: it says so by a variable. An annotation is a line of the log that the service obeys;
text of others in it is escaped by its rules, so that nothing but what is said here is obeyed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from harness.analysis.result import Result
from harness.analysis.verdict.control_record import ControlRecord
from harness.files import is_special
from harness.foreign_text import on_one_line, say_command
from harness.report.machines.cases import Case, control_cases, soak_cases
from harness.report.machines.markdown import clipped, within
from harness.report.words.config_sentences import unclaimed_leaks
from harness.report.words.open_points import open_points

RUNS_HERE: Final = "GITHUB_ACTIONS"
STEP_SUMMARY: Final = "GITHUB_STEP_SUMMARY"

MOST: Final = 10
"""Annotations of a step: GitHub shows ten errors, ten warnings and ten notices, and drops the others without a word."""

STEP_BYTES: Final = 1024 * 1024
"""The summary of a step, of all that is said in it: a larger one is refused whole."""

_LONGEST = 2000

Level = Literal["error", "warning", "notice"]


@dataclass(frozen=True)
class Annotation:
    """A line of the log that is shown beside it: how grave, of what, and a sentence."""

    level: Level
    title: str
    text: str

    @property
    def command(self) -> str:
        """Return it as GitHub reads it: ``::error title=...::...``."""
        title, text = (clipped(on_one_line(words), _LONGEST) for words in (self.title, self.text))
        return f"::{self.level} title={_escaped(title, ',:')}::{_escaped(text)}"


def runs_here() -> bool:
    """Return whether GitHub Actions runs this process, or what speaks like it."""
    return os.environ.get(RUNS_HERE, "").strip().lower() not in ("", "0", "false")


def tell_of_soak(result: Result, summary: Iterable[str]) -> None:
    """Annotate what is missed or open of a soak, and append its summary to that of the step; nothing elsewhere."""
    if runs_here():
        _tell(list(soak_annotations(result)), summary)


def tell_of_controls(record: ControlRecord, summary: Iterable[str]) -> None:
    """Annotate the checks that failed, and append the summary of the controls; nothing elsewhere."""
    if runs_here():
        _tell(list(control_annotations(record)), summary)


def tell_of_sweep(name: str, cases: Sequence[Case], summary: Iterable[str]) -> None:
    """Annotate the runs that a sweep lacks, by its cases, and append its summary; nothing elsewhere."""
    if runs_here():
        _tell(list(sweep_annotations(name, cases)), summary)


def soak_annotations(result: Result) -> Iterator[Annotation]:
    """Yield the gravest first: no evidence, missed; a leak that no claim is about; what is open and claimed."""
    name, verdict = f"soak of {result.verdict.scenario}", result.verdict
    cases = soak_cases(result)
    yield from (_missed(case, name) for case in cases if case.kind == "soak" and case.ending == "error")
    if verdict.status == "invalid":
        return
    yield from (_missed(case, name) for case in cases if case.kind == "claim" and case.ending == "failed")
    yield from (Annotation("warning", f"{name}: a leak", sentence) for sentence in unclaimed_leaks(verdict))
    for point in open_points(result.scenario, verdict):
        if point.claimed:
            yield Annotation("notice", f"{name}: undecided", point.sentence)


def control_annotations(record: ControlRecord) -> Iterator[Annotation]:
    """Yield an error for each check that failed."""
    name = f"controls of {record.scenario}"
    yield from (_missed(case, name) for case in control_cases(record) if case.ending == "failed")


def sweep_annotations(name: str, cases: Sequence[Case]) -> Iterator[Annotation]:
    """Yield an error where a sweep is incomplete, then one for each run it lacks; where claims hold is no fault."""
    yield from (_missed(case, name) for case in cases if case.kind in ("sweep", "run") and case.ending == "error")


def shown(annotations: Sequence[Annotation], most: int = MOST) -> list[Annotation]:
    """Return at most so many, the last of which counts those that are left out."""
    if len(annotations) <= most:
        return list(annotations)
    kept, others = annotations[: most - 1], annotations[most - 1 :]
    text = f"{len(others)} more are in the summary of this step and in summary.md of the result"
    return [*kept, Annotation(others[0].level, "soak: more", text)]


def append_summary(lines: Iterable[str]) -> str:
    """Append lines to the summary of the step, as far as there is room; return why not, empty where it was done."""
    told = os.environ.get(STEP_SUMMARY, "")
    if not told:
        return ""
    path = Path(told)
    if is_special(path):
        return f"{STEP_SUMMARY}={told}: is a pipe or a device, not a file"
    try:
        room = STEP_BYTES - (path.stat().st_size if path.exists() else 0) - 2
        text = within(lines, room)
        if text:
            with path.open("a", encoding="utf-8") as summary:
                summary.write(f"\n{text}")
    except OSError as error:
        return f"{STEP_SUMMARY}={told}: {error.strerror}"
    return "" if text else f"{STEP_SUMMARY}={told}: there is no room for another summary"


def _tell(annotations: list[Annotation], summary: Iterable[str]) -> None:
    if why_not := append_summary(summary):
        annotations.append(Annotation("warning", "soak: no summary", why_not))
    for annotation in shown(annotations):
        say_command(annotation.command)


def _missed(case: Case, name: str) -> Annotation:
    return Annotation("error", f"{name}: {case.name}", case.message)


def _escaped(text: str, also: str = "") -> str:
    """Return text as a command of GitHub holds it: percent and breaks of lines by their codes, in properties `also`."""
    return "".join(f"%{ord(letter):02X}" if letter in f"%\r\n{also}" else letter for letter in text)
