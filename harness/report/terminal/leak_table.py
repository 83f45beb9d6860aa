"""The leaks of a soak as they are printed: a line for RSS and live bytes of every config, sentences for the rest."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from harness.analysis.leaks.config_leaks import RSS, ConfigLeak
from harness.analysis.leaks.shape import Shape
from harness.analysis.verdict.run_summary import RunSummary
from harness.analysis.verdict.soak_verdict import Verdict
from harness.report.terminal.console import columns, heading, new_table, paragraph, show
from harness.report.words.amounts import NOTHING, interval, level, value, when_limit
from harness.report.words.child_words import grows
from harness.report.words.leaking import child_lines, limited, load_lines

_STYLES = {"LEAK": "bold red", "SOME": "bold red", "OK": "green", "INCONCLUSIVE": "yellow"}
_LEAST = "least\nfound"

_NARROW = 76
"""Columns from which there is a table."""


def print_leaks(console: Console, verdict: Verdict) -> None:
    """Print the verdicts on every config: bytes in a table with their shapes, counts in sentences."""
    stored = [leak for leak in verdict.leaks if not leak.measure.counted and not leak.idle]
    counted = [leak for leak in verdict.leaks if leak.measure.counted]
    if not verdict.leaks:
        return
    budgets = " or ".join(dict.fromkeys(f"{leak.budget:g}" for leak in stored))
    heading(console, f"Leaks: growth of the floors against the budget of {budgets} GB/h" if stored else "Leaks")
    if stored and columns(console) >= _NARROW:
        _print_table(console, verdict, stored)
    else:
        for leak in stored:
            _print_line(console, verdict, leak)
    console.print()
    if any(leak.verdict.outcome == "OK" for leak in stored):
        note = "Least found: growth of this size would have been called LEAK in nine of ten such soaks."
        paragraph(console, Text(note, style="dim"))
    if verdict.memory_scale != 1 and any(leak.measure is RSS for leak in stored):
        note = f"RSS is that of the world at {verdict.memory_scale:g}: its floors move with the memory scale."
        paragraph(console, Text(note, style="dim"))
        for sentence in _at_full_scale(verdict.anchors):
            paragraph(console, sentence, bullet="- ")
    children = [f"children of {line}" for line in child_lines(verdict)[:-1]] + child_lines(verdict)[-1:]
    growing = [f"children of {leak.config}: {grows(leak.command)}." for leak in stored if leak.command is not None]
    limits = [f"{config}: {limited(verdict, config)} {when_limit(limit)}." for config, limit in verdict.limits.items()]
    loads = [f"load: {line}" for line in load_lines(verdict.leaks)]
    for sentence in [*growing, *children, *limits, *_explained(stored), *loads, *_counted(counted)]:
        paragraph(console, sentence, bullet="- ")


def outcome_word(leak: ConfigLeak) -> str:
    """Return the verdict, and what kind of leak it is."""
    judged = leak.verdict
    word = f"LEAK in {len(judged.leaking)} of {judged.runs}" if judged.outcome == "SOME" else judged.outcome
    return f"{word}, fragmentation" if leak.fragmentation else word


def shape_words(shape: Shape | None) -> str:
    """Return a shape of bytes: ``sawtooth, 500 s, drops 2.10 GB``, ``plateau, +1.20 GB by 1.5 h``."""
    if shape is None:
        return NOTHING
    if shape.teeth is not None:
        return f"{shape.name}, {3600 * shape.teeth.period_h:.0f} s, drops {value(shape.teeth.drop, 'GB')} GB"
    if shape.name in ("settled", "noisy"):
        return shape.name
    words = f"{shape.name}, {shape.change:+.2f} GB"
    if shape.at_h is None:
        return words
    preposition = {"plateau": "by", "late onset": "from"}.get(shape.name, "at")
    return f"{words} {preposition} {shape.at_h:.1f} h"


def _print_table(console: Console, verdict: Verdict, leaks: Sequence[ConfigLeak]) -> None:
    rate = f"GB/h [{level(leaks[0].verdict.confidence)}]"
    table = new_table(
        "config", "of", "verdict", rate, _LEAST, "shape", right=(_LEAST,), unbroken=("config", "of", rate)
    )
    for leak in leaks:
        least = leak.verdict.minimum_detectable if leak.verdict.outcome == "OK" else None
        table.add_row(
            Text(leak.config),
            Text(leak.measure.words),
            Text(outcome_word(leak), style=_STYLES.get(leak.verdict.outcome, "bold red")),
            Text(_rate(leak)),
            Text(value(least, "GB/h")),
            Text(shape_words(verdict.shape(leak))),
        )
    show(console, table)


def _print_line(console: Console, verdict: Verdict, leak: ConfigLeak) -> None:
    """Print a line of the table in words, for a terminal on which it would be cut."""
    parts = [outcome_word(leak)]
    if leak.verdict.slope is not None:
        parts.append(f"{_rate(leak)} GB/h [{level(leak.verdict.confidence)}]")
    if leak.verdict.outcome == "OK":
        parts.append(f"least found {value(leak.verdict.minimum_detectable, 'GB/h')} GB/h")
    parts.append(shape_words(verdict.shape(leak)))
    paragraph(console, f"{leak.config}, {leak.measure.words}: {'; '.join(parts)}", bullet="- ")


def _explained(leaks: Sequence[ConfigLeak]) -> list[str]:
    """Say what fragmentation means, and why verdicts are open: each reason once, with everything it applies to."""
    open_for: dict[str, list[str]] = {}
    for leak in leaks:
        if leak.verdict.outcome in ("SOME", "INCONCLUSIVE"):
            open_for.setdefault(leak.reason, []).append(f"{leak.config} {leak.measure.words}")
    return [
        f"{leak.config}: RSS climbs and live bytes do not: memory that the program has and does not use."
        for leak in leaks
        if leak.fragmentation
    ] + [f"{', '.join(names)}: {why}" for why, names in open_for.items()]


def _at_full_scale(anchors: Sequence[RunSummary]) -> list[str]:
    """Return how fast the floors of RSS rise at full scale, where there are anchor runs; that is no verdict."""
    return [
        f"{run.config} seed {run.seed} at scale 1: the floors of RSS rise by "
        f"{value(run.floors_gb_per_hour, 'GB/h')} GB/h over {run.hours:.3g} h."
        for run in anchors
        if run.memory_scale == 1 and run.floors_gb_per_hour is not None
    ]


def _rate(leak: ConfigLeak) -> str:
    return interval(leak.rate, leak.measure.unit)


def _counted(leaks: Sequence[ConfigLeak]) -> list[str]:
    """Return one sentence on all counts that are OK, and one on each other count."""
    fine = [leak for leak in leaks if leak.verdict.outcome == "OK"]
    sentences = []
    for leak in leaks:
        if leak in fine:
            continue
        rate = "" if leak.verdict.slope is None else f", {_rate(leak)} an hour [{level(leak.verdict.confidence)}]"
        against = f"against {value(leak.budget, '1/h')} an hour"
        sentences.append(f"{leak.config}, {leak.measure.words}: {outcome_word(leak)}{rate} {against}: {leak.reason}")
    if fine:
        words = ", ".join(dict.fromkeys(leak.measure.words for leak in fine))
        where = " else" if sentences else ""
        least = max(leak.verdict.minimum_detectable or 0.0 for leak in fine)
        sentences.append(f"{words}: OK everywhere{where}; {value(least, '1/h')} an hour would have been found.")
    return sentences
