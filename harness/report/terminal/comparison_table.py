"""What `soak compare` prints: every metric on both sides, and the difference with its interval."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from harness.analysis.comparison import Comparison, Disagreement
from harness.analysis.estimates import Estimate
from harness.report.terminal.console import heading, new_table, paragraph, show
from harness.report.words.amounts import measured, value, with_unit

_GOING_ON = {"lower": ">=", "upper": "<=", "exact": ""}


def print_comparison(console: Console, title: str, comparison: Comparison, *, memory_scale: float) -> None:
    """Print one comparison: the metrics of each side, those of the pair, and which there are none of."""
    a, b = comparison.a, comparison.b
    heading(console, title)
    apart = f"{b} - {a} [95 %]"
    table = new_table("metric", a, b, apart, right=(a, b), unbroken=("metric", apart))
    marked = memory_scale != 1
    lacking: dict[str, list[str]] = {}
    for row in comparison.rows:
        if row.a.estimate is None and row.b.estimate is None:
            lacking.setdefault(row.a.reason, []).append(row.metric.name)
            continue
        mark = " *" if marked and row.metric.moves_with_scale else ""
        unit = row.metric.unit
        difference = measured(row.difference, unit, signed=True)
        table.add_row(Text(f"{row.metric.name}{mark}"), _side(row.a, unit), _side(row.b, unit), Text(difference))
    show(console, table)
    pairs = [between for between in comparison.between if between.estimate.estimate is not None]
    if pairs:
        console.print()
        of_pair = new_table("of the pair", "[95 %]", "what it is", unbroken=("of the pair", "[95 %]"))
        for between in pairs:
            mark = " *" if marked and between.metric.moves_with_scale else ""
            text = measured(between.estimate, between.metric.unit)
            of_pair.add_row(Text(f"{between.metric.name}{mark}"), Text(text), Text(between.metric.description))
        show(console, of_pair)
    console.print()
    for between in comparison.between:
        if between.estimate.estimate is None:
            lacking.setdefault(between.estimate.reason, []).append(between.metric.name)
    for reason, metrics in lacking.items():
        paragraph(console, f"none of {', '.join(metrics)}: {reason or 'no value'}", bullet="- ")


def print_legend(console: Console, *, memory_scale: float) -> None:
    """Print what the signs of the tables mean."""
    paragraph(console, Text("[95 %]: the interval over seeds, of pairs with the same seed if any.", style="dim"))
    if memory_scale != 1:
        note = f"*: moves with the memory scale: bytes that stay the same weigh more at {memory_scale:g} than at 1."
        paragraph(console, Text(note, style="dim"))


def print_disagreements(console: Console, disagreements: Sequence[Disagreement]) -> None:
    """Print in what two soaks differ that may be compared."""
    if not disagreements:
        return
    paragraph(console, "The two differ in more than their numbers; one of these may be the cause:")
    for disagreement in disagreements:
        paragraph(console, str(disagreement), bullet="- ")


def _side(estimate: Estimate, unit: str) -> Text:
    if estimate.estimate is None:
        return Text("-")
    return Text(with_unit(_GOING_ON[estimate.bound] + value(estimate.estimate, unit), unit))
