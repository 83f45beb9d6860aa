"""Tables, paragraphs and shares of the pages, in Markdown."""

from __future__ import annotations

from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with one line a row."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def prose(text: str) -> str:
    """A paragraph on one line, however it is broken in the source."""
    return " ".join(text.split())


def percent(share: float) -> str:
    """A share in percent, without the sign: ``12.5``, ``3``."""
    return f"{100 * share:.1f}".removesuffix(".0")
