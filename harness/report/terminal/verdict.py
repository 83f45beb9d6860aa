"""All that is known of a soak, as `--verbose` prints it: its runs, its claims, one sentence, the picture's path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.analysis.leaks.sequential import CONFIDENCE
from harness.analysis.runs import Run, ending
from harness.analysis.verdict.claim_verdict import ClaimVerdict
from harness.analysis.verdict.run_summary import RunSummary
from harness.analysis.verdict.soak_verdict import Verdict
from harness.report.terminal.console import columns, fits, heading, new_table, paragraph, show, whole_line
from harness.report.terminal.leak_table import print_leaks
from harness.report.words.amounts import (
    NOT_TOLD,
    NOTHING,
    expected,
    level,
    measured,
    value,
    verdict_words,
)
from harness.report.words.headline import summary_sentence
from harness.report.words.losing import lost_in, on_disk_in
from harness.report.words.scale_marks import full_mark, full_note
from harness.report.words.swallowed import pending_sentences, trouble_sentences
from harness.scenario import Scenario
from harness.text import shown_path

_KINDS = {"prediction": "Predictions", "calibration": "Calibration", "construction": "Construction"}
_STYLES = {"met": "green", "exceeded": "green", "missed": "bold red", "inconclusive": "yellow", "incomplete": "yellow"}
STATUSES = {"met": "bold green", "missed": "bold red", "inconclusive": "bold yellow"}

_COURSE = ("status", "start", "peak", "horizon", "cleanups", "CPU s", "speed")
_ANCHORED = ("scale", "hours")
_STOP = ("before\nstop", "after\nstop()", "after\ndrop", "after\ntrim")
_ARITHMETIC = "arith-\nmetic"

_WIDE_CLAIMS = 96
"""Columns from which the table of claims has their sources; below, these are listed under it."""

_NARROW_CLAIMS = 76
"""Columns from which there is a table of claims at all."""

SHORT = 600
"""Assumptions of more characters are shown by their first paragraph."""


def print_verdict(console: Console, scenario: Scenario, verdict: Verdict, picture_path: Path | None) -> None:
    """Print all that is known of a soak, the most important last, where the eye is; no picture where none was drawn."""
    console.print()
    paragraph(console, Text(f"{verdict.scenario}: {scenario.title}", style="bold"))
    print_runs(console, verdict)
    print_leaks(console, verdict)
    if verdict.told_claims:
        print_claims(console, verdict)
    _print_assumptions(console, scenario, verdict)
    console.print()
    paragraph(console, Text.assemble(status_word(verdict), Text(summary_sentence(verdict), style="default")))
    for reason in verdict.reasons[1:]:
        paragraph(console, reason, bullet="- ")
    if verdict.controls is not None and verdict.controls.held:
        paragraph(console, verdict.controls.summary)
    if picture_path is not None:
        whole_line(console, f"Picture: {shown_path(picture_path)}")


def status_word(verdict: Verdict) -> Text:
    """Return how the soak ended, before the sentence on it; "met" is no word for one in which nothing was claimed."""
    if verdict.status == "met" and not verdict.claims:
        return Text("NO CLAIMS: ", style="bold")
    return Text(f"{verdict.status.upper()}: ", style=STATUSES.get(verdict.status, "bold red"))


def print_invalidity(console: Console, reasons: Sequence[str]) -> None:
    """Say why a soak is no evidence, where there are reasons; to be printed before anything else of it."""
    _print_reasons(console, Text("INVALID: ", style="bold red"), "this soak is no evidence:", reasons)


def print_incompleteness(console: Console, lacking: Sequence[str]) -> None:
    """Say which runs are missing, unfinished or damaged, where some are."""
    _print_reasons(console, Text("INCOMPLETE: ", style="bold yellow"), "runs are missing, or did not finish:", lacking)


def _print_reasons(console: Console, word: Text, sentence: str, reasons: Sequence[str]) -> None:
    if not reasons:
        return
    console.print()
    paragraph(console, Text.assemble(word, sentence))
    for reason in reasons:
        paragraph(console, reason, bullet="- ")


def print_warnings(console: Console, runs: Sequence[Run]) -> None:
    """Print the warnings of the judged processes, each once with the runs that had it."""
    for text, names in warnings(runs).items():
        paragraph(console, f"Warning: {text} ({', '.join(names)})")


def print_trouble(console: Console, runs: Sequence[Run]) -> None:
    """Print what went wrong in the judged processes and nobody saw, config by config."""
    for config in dict.fromkeys(run.config for run in runs):
        mine = [run for run in runs if run.config == config]
        for sentence in (*trouble_sentences(mine), *pending_sentences(mine)):
            paragraph(console, f"Trouble: {config}: {sentence}")


def warnings(runs: Sequence[Run]) -> dict[str, list[str]]:
    """Return what the runs warn of, each with those that had it: first the processes that outlived them."""
    had: dict[str, dict[str, None]] = {}
    for run in runs:
        if run.told.outlived:
            had.setdefault(f"outlived stop(): {', '.join(run.told.outlived)}", {})[f"{run.config} {run.seed}"] = None
    for run in runs:
        for event in run.events:
            if event["kind"] == "warning":
                had.setdefault(str(event.get("text", "")), {})[f"{run.config} {run.seed}"] = None
    return {text: list(names) for text, names in had.items()}


def print_runs(console: Console, verdict: Verdict) -> None:
    """Print the table of runs, in parts where it is too wide, and why and when the ones ended that did not complete."""
    heading(console, f"Runs: GB at full scale, from a world at scale {verdict.memory_scale:g}")
    _print_run_tables(console, verdict.runs, [*_COURSE, *_STOP])
    if verdict.anchors:
        heading(console, "Anchor runs, in other worlds")
        _print_run_tables(console, verdict.anchors, [*_ANCHORED, *_COURSE, *_STOP])


def _print_run_tables(console: Console, runs: Sequence[RunSummary], names: list[str]) -> None:
    while names:
        count = len(names)
        while count > 1 and not fits(console, _run_table(runs, names[:count])):
            count -= 1
        show(console, _run_table(runs, names[:count]))
        names = names[count:]
        if names:
            console.print()
    for run in runs:
        if run.status != "complete":
            paragraph(console, _ending(run), bullet="- ")
    for sentence in [*lost_in(runs), *on_disk_in(runs)]:
        paragraph(console, sentence, bullet="- ")


def print_claims(console: Console, verdict: Verdict) -> None:
    """Print the claims by kind, predictions first, then the reasons of those that were not simply met or missed."""
    heading(console, "Claims")
    if columns(console) >= _NARROW_CLAIMS:
        _print_claim_table(console, verdict)
    else:
        _print_claim_list(console, verdict)
    console.print()
    for note in _footnotes(verdict):
        paragraph(console, Text(note, style="dim"))
    for judged in verdict.claims:
        if judged.reason and judged.outcome != "incomplete":  # what is incomplete has the same reasons as the soak
            reason = judged.reason.removeprefix("known: ")
            paragraph(console, f"{judged.claim.name}, {verdict_words(judged)}: {reason}", bullet="- ")


def _print_claim_table(console: Console, verdict: Verdict) -> None:
    wide = columns(console) >= _WIDE_CLAIMS
    sources = ["source"] if wide else []
    measured_at = f"measured [{level(verdict.confidence)}]"
    headings = ("claim", "expected", _ARITHMETIC, measured_at, "verdict", *sources)
    table = new_table(*headings, right=(_ARITHMETIC,), unbroken=(measured_at,))
    for title, claims in _by_kind(verdict):
        table.add_row(Text(title, style="italic"))
        for judged in claims:
            cells = _claim_cells(judged, verdict.memory_scale)
            table.add_row(*cells, *([Text(judged.claim.source)] if wide else []))
    show(console, table)
    if not wide:
        console.print()
        for judged in verdict.claims:
            paragraph(console, Text(f"{judged.claim.name}: {judged.claim.source}", style="dim"), bullet="source of ")


def _print_claim_list(console: Console, verdict: Verdict) -> None:
    """Print the claims in words, for a terminal on which a table of them would be cut."""
    for title, claims in _by_kind(verdict):
        paragraph(console, Text(title, style="italic"))
        for judged in claims:
            name, band, arithmetic, estimates, word = _claim_cells(judged, verdict.memory_scale)
            estimate = ", ".join(estimates.plain.splitlines())
            source = judged.claim.source
            text = f"{name}: {word}; expected {band}, by arithmetic {arithmetic}, measured {estimate} ({source})"
            paragraph(console, text, bullet="- ")


def _by_kind(verdict: Verdict) -> list[tuple[str, list[ClaimVerdict]]]:
    kinds = (
        (title, [judged for judged in verdict.claims if judged.claim.kind == kind]) for kind, title in _KINDS.items()
    )
    return [(title, claims) for title, claims in kinds if claims]


def _footnotes(verdict: Verdict) -> list[str]:
    notes = [f"[{level(verdict.confidence)}]: the interval over seeds."]
    if verdict.confidence != CONFIDENCE:
        notes[0] = (
            f"[{level(verdict.confidence)}]: the interval over seeds at every look, so that all looks together err no "
            f"more often than one at {level(CONFIDENCE)}."
        )
    if any(judged.metric.counted for judged in verdict.claims):
        notes.append("What is counted is exact: the lowest and the highest of the runs, and one outside decides.")
    if any(judged.outcome == "exceeded" for judged in verdict.claims):
        notes.append("Exceeded: outside the band, on its better side.")
    anchored = [judged for judged in verdict.claims if judged.basis != "scenario"]
    if anchored:
        notes.append(full_note(verdict.memory_scale))
    by_words: dict[str, list[str]] = {}
    for judged in anchored:
        if judged.basis != "undecided":
            by_words.setdefault(judged.basis_words, []).append(judged.claim.name)
    notes += [f"@1, {words}: {', '.join(names)}." for words, names in by_words.items()]
    return notes


def claim_style(judged: ClaimVerdict) -> str:
    """Return the colour of a claim's verdict."""
    return "magenta" if judged.claim.known == "missed" else _STYLES.get(judged.outcome, "dim")


def _claim_cells(judged: ClaimVerdict, scale: float) -> list[Text]:
    return [
        Text(judged.claim.name),
        Text(expected(judged)),
        Text(value(judged.arithmetic, judged.metric.unit)),
        Text(_found(judged, scale)),
        Text(verdict_words(judged), style=claim_style(judged)),
    ]


def _found(judged: ClaimVerdict, scale: float) -> str:
    """Return what was measured; of what moves with the scale, full scale comes first, then the small world."""
    estimate = measured(judged.estimate, judged.metric.unit)
    if judged.basis == "scenario":
        return estimate
    full = [] if judged.estimate.estimate is None else [estimate + full_mark(judged.basis, scale)]
    # Whether the small world's own value is a bound is not said: it is shown for comparison only.
    small = replace(judged.small, bound="exact")
    own = [] if small.estimate is None else [measured(small, judged.metric.unit) + full_mark("undecided", scale)]
    return "\n".join([*full, *own]) or NOTHING


def _run_table(runs: Sequence[RunSummary], names: Sequence[str]) -> Table:
    table = new_table("run", *names, right=[name for name in names if name != "status"], unbroken=("status",))
    for run in runs:
        cells = _run_cells(run)
        style = "" if run.status == "complete" else "yellow"
        table.add_row(Text(f"{run.config} {run.seed}"), *(Text(cells[name]) for name in names), style=style)
    return table


def _run_cells(run: RunSummary) -> dict[str, str]:
    """Return the cells of a run by column."""
    peak = value(run.peak_gb, "GB")
    stop = (run.before_stop_gb, run.after_stop_gb, run.after_drop_gb, run.after_trim_gb)
    return {
        "scale": f"{run.memory_scale:g}",
        "hours": f"{run.hours:.3g}",
        "status": run.status,
        "start": value(run.start_gb, "GB"),
        "peak": f">={peak}" if run.peak_bound == "lower" and run.peak_gb is not None else peak,
        "horizon": value(run.horizon_gb, "GB"),
        "cleanups": NOT_TOLD if run.cleanups is None else str(run.cleanups),
        "CPU s": NOTHING if run.cpu_s is None else f"{run.cpu_s:.1f}",
        "speed": NOTHING if run.acceleration is None else f"x{run.acceleration:.0f}",
        **{name: value(gb, "GB") for name, gb in zip(_STOP, stop, strict=True)},
    }


def _ending(run: RunSummary) -> str:
    words = f"{run.config} seed {run.seed} {ending(run.status, run.t_s or None)}"
    return f"{words}: {run.reason}" if run.reason else words


def _print_assumptions(console: Console, scenario: Scenario, verdict: Verdict) -> None:
    text = scenario.assumptions.strip()
    if not text:
        return
    heading(console, "Assumptions")
    parts = text.split("\n\n")
    if len(text) > SHORT and len(parts) > 1:
        parts = [parts[0], f"(All of them: soak show {verdict.scenario})"]
    for part in parts:
        paragraph(console, part)
