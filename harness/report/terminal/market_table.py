"""What `soak market` prints: both tables of stylised facts, each value beside its band."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from harness.report.terminal.console import heading, new_table, paragraph, show
from harness.report.words.amounts import NOTHING, band_digits
from harness.text import number, without_negative_zero
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
    """Return a fact's band in words: ``0.2 to 0.7``, ``at least 8``, ``-`` where there is none."""
    if not row.has_band:
        return NOTHING
    low, high = (end if math.isfinite(end) else None for end in (row.low, row.high))
    return band_digits((low, high), number)


def _value(value: float) -> str:
    if math.isnan(value):
        return NOTHING
    return without_negative_zero(f"{value:,.2f}" if abs(value) < 10 else f"{value:,.1f}")


def _summary(rows: Sequence[Fact], *, must: bool) -> str:
    held, failed = (sum(row.holds is outcome for row in rows) for outcome in (True, False))
    untold = sum(math.isnan(row.value) for row in rows)
    words = f"{held} pass, {failed} fail" if must else f"{held} in their band, {failed} out of it"
    return f"{words}{f', {untold} cannot be told from so short a tape' if untold else ''}."
