"""What `soak market` prints: both tables of stylised facts, each value beside its band."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from harness.report.terminal.console import heading, new_table, paragraph, show
from harness.report.words.amounts import NOTHING
from harness.text import number
from synthetic.facts.stylized import Fact

_WORDS = {True: {True: "pass", False: "FAIL", None: NOTHING}, False: {True: "in", False: "OUT", None: NOTHING}}


def print_facts(console: Console, rows: Sequence[Fact], *, spans: Sequence[str]) -> None:
    """Print the facts that must hold, those that are reported, and over what (`spans`) they were measured."""
    for must, title in ((True, "Facts that must hold: memory depends on them"), (False, "Facts that are reported")):
        chosen = [row for row in rows if row.must is must]
        heading(console, title)
        table = new_table("fact", "value", "band", "", right=("value",), unbroken=("fact", "band"))
        for row in chosen:
            word = _WORDS[must][row.holds]
            mark = " *" if row.over_a_day else ""
            shown = Text(word, style="bold red" if row.holds is False else "")
            table.add_row(Text(f"{row.name}{mark}"), _value(row.value), band(row), shown)
        show(console, table)
        console.print()
        paragraph(console, _summary(chosen, must=must))
    for line in spans:
        paragraph(console, Text(line, style="dim"))


def band(row: Fact) -> str:
    """A fact's band in words: ``0.2 to 0.7``, ``at least 8``, ``-`` where there is none."""
    low, high = (None if math.isinf(end) else number(end) for end in (row.low, row.high))
    if low is None or high is None:
        return f"at least {low}" if low else f"at most {high}" if high else NOTHING
    return low if low == high else f"{low} to {high}"


def _value(value: float) -> str:
    if math.isnan(value):
        return NOTHING
    text = f"{value:,.2f}" if abs(value) < 10 else f"{value:,.1f}"
    return text.lstrip("-") if not text.strip("-0.") else text


def _summary(rows: Sequence[Fact], *, must: bool) -> str:
    held, failed = (sum(row.holds is outcome for row in rows) for outcome in (True, False))
    untold = sum(math.isnan(row.value) for row in rows)
    words = f"{held} pass, {failed} fail" if must else f"{held} in their band, {failed} out of it"
    return f"{words}{f', {untold} cannot be told from so little' if untold else ''}."
