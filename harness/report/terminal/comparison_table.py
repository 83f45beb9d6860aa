"""What `soak compare` prints: every metric on both sides, and the difference with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.text import Text

from harness.analysis.comparison import Comparison, Disagreement
from harness.analysis.estimates import Estimate
from harness.analysis.metrics.catalogue import Metric
from harness.report.terminal.console import heading, new_table, paragraph, show
from harness.report.words.amounts import measured, value, with_unit

MAY_BE_THE_CAUSE: Final = "The two differ in more than their numbers; one of these may be the cause:"

_GOING_ON = {"lower": ">=", "upper": "<=", "exact": ""}


@dataclass(frozen=True)
class ComparedRows:
    """A comparison in words: a row for each metric (name, side a, side b, difference), one for each of the pair (name,
    value, what it is), and a sentence for each reason why there are none."""

    sides: tuple[tuple[str, str, str, str], ...]
    of_pair: tuple[tuple[str, str, str], ...]
    lacking: tuple[str, ...]


def compared_rows(comparison: Comparison, *, memory_scale: float) -> ComparedRows:
    """Return one comparison in words; `*` marks what moves with the memory scale."""

    def marked(metric: Metric) -> str:
        return f"{metric.name} *" if memory_scale != 1 and metric.moves_with_scale else metric.name

    sides, of_pair = [], []
    lacking: dict[str, list[str]] = {}
    for row in comparison.rows:
        if row.a.estimate is None and row.b.estimate is None:
            lacking.setdefault(row.a.reason, []).append(row.metric.name)
            continue
        unit = row.metric.unit
        difference = measured(row.difference, unit, signed=True)
        sides.append((marked(row.metric), _side(row.a, unit), _side(row.b, unit), difference))
    for between in comparison.between:
        if between.estimate.estimate is None:
            lacking.setdefault(between.estimate.reason, []).append(between.metric.name)
        else:
            text = measured(between.estimate, between.metric.unit)
            of_pair.append((marked(between.metric), text, between.metric.description))
    reasons = (f"none of {', '.join(metrics)}: {reason or 'no value'}" for reason, metrics in lacking.items())
    return ComparedRows(tuple(sides), tuple(of_pair), tuple(reasons))


def said_of(comparison: Comparison) -> str:
    """Return what a person in a hurry would say of a comparison: both peaks, and how much differs beyond chance."""
    rows = [row for row in comparison.rows if row.difference.estimate is not None]
    known = [row for row in rows if row.difference.low is not None and row.difference.high is not None]
    apart = sum((row.difference.low or 0.0) > 0 or (row.difference.high or 0.0) < 0 for row in known)
    parts = [
        f"{comparison.b} peaks at {_side(row.b, 'GB')} where {comparison.a} peaks at {_side(row.a, 'GB')}"
        for row in rows
        if row.metric.name == "peak"
    ]
    if known:
        parts.append(f"{apart} of {len(known)} metrics differ by more than their 95 % intervals")
    else:
        parts.append("one seed does not tell a difference from chance")
    return f"{'; '.join(parts)}."


def print_comparison(console: Console, title: str, comparison: Comparison, *, memory_scale: float) -> None:
    """Print one comparison: the metrics of each side, those of the pair, and which there are none of."""
    a, b = comparison.a, comparison.b
    heading(console, title)
    paragraph(console, said_of(comparison))
    told = compared_rows(comparison, memory_scale=memory_scale)
    apart = f"{b} - {a} [95 %]"
    table = new_table("metric", a, b, apart, right=(a, b), unbroken=("metric", apart))
    for row in told.sides:
        table.add_row(*map(Text, row))
    show(console, table)
    if told.of_pair:
        console.print()
        of_pair = new_table("of the pair", "[95 %]", "what it is", unbroken=("of the pair", "[95 %]"))
        for pair in told.of_pair:
            of_pair.add_row(*map(Text, pair))
        show(console, of_pair)
    console.print()
    for sentence in told.lacking:
        paragraph(console, sentence, bullet="- ")


def legend(*, memory_scale: float) -> list[str]:
    """Return what the signs of the tables mean."""
    lines = ["[95 %]: the interval over seeds, of pairs with the same seed if any."]
    if memory_scale != 1:
        lines.append(
            f"*: moves with the memory scale: bytes that stay the same weigh more at {memory_scale:g} than at 1."
        )
    return lines


def print_legend(console: Console, *, memory_scale: float) -> None:
    """Print what the signs of the tables mean."""
    for line in legend(memory_scale=memory_scale):
        paragraph(console, Text(line, style="dim"))


def print_disagreements(console: Console, disagreements: Sequence[Disagreement]) -> None:
    """Print in what two soaks differ that may be compared."""
    if not disagreements:
        return
    paragraph(console, MAY_BE_THE_CAUSE)
    for disagreement in disagreements:
        paragraph(console, str(disagreement), bullet="- ")


def _side(estimate: Estimate, unit: str) -> str:
    if estimate.estimate is None:
        return "-"
    return with_unit(_GOING_ON[estimate.bound] + value(estimate.estimate, unit), unit)
