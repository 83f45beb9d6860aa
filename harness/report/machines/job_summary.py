"""summary.md: a soak, its controls, or a sweep, for the page of a CI job: what is missed or open first.

It is below what GitHub takes of a job's summary, whatever was soaked: lines are left out at its end, and counted. No
text of others in it is obeyed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from harness.analysis.result import Result
from harness.analysis.sweeps.claim_map import ClaimMap
from harness.analysis.sweeps.recorded_sweep import RecordedSweep
from harness.analysis.verdict.control_record import ControlRecord
from harness.analysis.verdict.soak_verdict import Verdict
from harness.files import in_one_piece
from harness.report.machines.cases import Case, Ending, control_cases, judged_again, soak_cases
from harness.report.machines.markdown import code, escaped, table, within
from harness.report.sweeps.findings import sentences_by_subject, sweep_sentence
from harness.report.sweeps.sentences import said_of_runs
from harness.report.terminal.not_recorded import not_recorded_line
from harness.report.words.headline import summary_sentence
from harness.report.words.leaking import leak_lines, limit_lines
from harness.report.words.losing import loss_lines, missing_lines
from harness.report.words.open_points import open_points
from harness.report.words.scale_marks import full_note
from harness.report.words.still_alive import alive_configs
from harness.report.words.swallowed import trouble_lines
from harness.soaks.result_folder import read_manifest

SUMMARY_FILE: Final = "summary.md"

LARGEST_BYTES: Final = 1_000_000
"""Of the file. GitHub refuses the summary of a step that has more than 1 MiB."""

_MARKS: Final[dict[Ending, str]] = {
    "passed": "✅",
    "failed": "❌",
    "error": "⛔",
    "undecided": "❔",
    "skipped": "⏭️",
}
"""Told apart by shape as well as by colour; the word stands beside each."""

_URGENT: Final[Sequence[Ending]] = ("failed", "error", "undecided", "passed", "skipped")

_HEADS = ("measured", "expected", "verdict", "why")


def write_summary(lines: Iterable[str], folder: Path) -> None:
    """Write the file, in one piece. Raises OSError where that cannot be."""
    with in_one_piece(folder / SUMMARY_FILE) as partial:
        partial.write_text(within(lines, LARGEST_BYTES), encoding="utf-8")


def soak_summary(result: Result) -> list[str]:
    """Return the lines on a soak; of one that is no evidence its reasons, and nothing that it measured."""
    verdict, cases = result.verdict, soak_cases(result)
    lines = _head(f"Soak of {verdict.scenario}", _status(verdict), _sentence(verdict))
    lines += ["", *(f"- {escaped(reason)}" for reason in verdict.reasons)] if verdict.reasons else []
    lines += ["", f"Judge it again: {code(judged_again(result.folder))}. All of it: {code('report.html')} beside this."]
    if verdict.status == "invalid":
        return lines
    lines += table(("claim", *_HEADS), _rows(case for case in cases if case.kind == "claim"))
    lines += _beside(result)
    lines += table(("leak", *_HEADS), _rows(case for case in cases if case.kind == "leak"))
    if any(judged.basis != "scenario" for judged in verdict.claims):
        lines += ["", escaped(full_note(verdict.memory_scale))]
    return [*lines, *_made_with(result.manifest)]


def control_summary(record: ControlRecord) -> list[str]:
    """Return the lines on the controls of a scenario: every check."""
    sentence = "they hold." if record.held else f"they do not hold ({', '.join(record.failed)}): soaks are no evidence."
    lines = _head(f"Controls of {record.scenario}", record.status, sentence)
    return lines + table(("check", *_HEADS), _rows(control_cases(record)))


def sweep_summary(sweep: RecordedSweep, maps: Sequence[ClaimMap], cases: Sequence[Case]) -> list[str]:
    """Return the lines on a sweep, by its `cases` (see `sweep_cases`): what it found, each claim, runs that lack."""
    lines = _head(
        f"Sweep {sweep.name} of {sweep.scenario.name}",
        "incomplete" if sweep.holes() else "complete",
        sweep_sentence(sweep, maps),
    )
    lines += ["", *(f"- {escaped(sentence)}" for sentence in said_of_runs(sweep))]
    lines += ["", f"Tell it again: {code(judged_again(sweep.folder))}. All of it: {code('report.html')} beside this."]
    lines += table(("run", *_HEADS), _rows(case for case in cases if case.kind == "run" and case.ending == "error"))
    for subject, sentences in sentences_by_subject(sweep, maps).items():
        lines += ["", f"**{escaped(subject)}**", "", *(f"- {escaped(sentence)}" for sentence in sentences)]
    lines += table(("claim", *_HEADS), [_row(case) for case in cases if case.kind == "claim"])
    return [*lines, *_made_with(read_manifest(sweep.folder))]


def _head(title: str, status: str, sentence: str) -> list[str]:
    marks: dict[str, Ending] = {
        "met": "passed",
        "missed": "failed",
        "inconclusive": "undecided",
        "no claims": "skipped",
        "complete": "passed",
    }
    mark = _MARKS[marks.get(status, "error")]
    return [f"## {mark} {escaped(title)}: {status}", "", f"**{status.upper()}**: {escaped(sentence)}"]


def _status(verdict: Verdict) -> str:
    return "no claims" if verdict.status == "met" and not verdict.claims else verdict.status


def _sentence(verdict: Verdict) -> str:
    return "this soak is no evidence:" if verdict.status == "invalid" else summary_sentence(verdict)


def _rows(cases: Iterable[Case]) -> list[tuple[str, ...]]:
    """Return a row for each case, what is missed or open first."""
    ordered = sorted(cases, key=lambda case: (_URGENT.index(case.ending), not case.headline))
    return [_row(case) for case in ordered]


def _row(case: Case) -> tuple[str, ...]:
    return case.name, case.measured, case.expected, f"{_MARKS[case.ending]} {case.word}", case.why


def _beside(result: Result) -> list[str]:
    """Return what a reader should know beside the claims, a bullet each."""
    scenario, verdict, runs = result.scenario, result.verdict, result.runs
    kinds = {
        "Leak": leak_lines(scenario, verdict, runs),
        "Limit": limit_lines(verdict),
        "Lost": loss_lines(runs),
        "On disk": missing_lines(runs),
        "Not freed": alive_configs(runs),
        "Open": [point.sentence for point in open_points(scenario, verdict)],
        "Trouble": trouble_lines(runs),
        "Not recorded": list(filter(None, [not_recorded_line(runs)])),
    }
    bullets = [f"- **{label}**: {escaped(text)}" for label, texts in kinds.items() for text in texts]
    return ["", *bullets] if bullets else []


def _made_with(manifest: Mapping[str, Any]) -> list[str]:
    """Return how it was recorded: command, revision, Python; as far as its manifest tells."""
    git, words = manifest.get("git"), manifest.get("command")
    revision = git.get("revision") if isinstance(git, dict) else None
    told = {
        "Recorded by": " ".join(map(str, words)) if isinstance(words, list) else "",
        "at revision": str(revision or ""),
        "with Python": str(manifest.get("python") or ""),
    }
    parts = [f"{label} {code(text)}" for label, text in told.items() if text]
    return ["", f"{', '.join(parts)}."] if parts else []
