"""Markdown whose words are shown and not obeyed: text of others in summaries that a service renders.

Markup is escaped as CommonMark has it. What GitHub reads in plain words beside it (mentions, references to issues,
emoji, addresses with and without a scheme) is broken by an empty comment, which is not shown; a dollar, with which
mathematics begin, stands in an element of its own, as its documentation says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from harness.foreign_text import on_one_line

LONGEST: Final = 600
"""Characters of a text of others; the rest is in the files of the result."""

_DOTS: Final = " ..."
_BREAK: Final = "<!-- -->"
_MARKUP: Final = re.compile(r"[\\`*_\[\]<>&|~]")
_FIRST: Final = re.compile(r"^(?:\d+(?=[.)](?: |$))|(?=[-+=#]))")
_SPOKEN: Final = re.compile(
    r"(?<=@)(?=\w)|(?<=#)(?=\d)|(?<=\bGH-)(?=\d)|(?<=:)(?=[\w+-]+:)|(?<=\bwww)(?=\.)|(?<=/)(?=/)",
    re.IGNORECASE,
)


def escaped(text: str) -> str:
    """Return `text` on one line, of a bearable length, all of it words, also where it begins a line."""
    shown = clipped(on_one_line(text).strip(), LONGEST)
    parts = (_MARKUP.sub(lambda match: f"\\{match[0]}", part) for part in _SPOKEN.split(shown))
    words = _BREAK.join(parts).replace("$", "<span>$</span>")
    return _FIRST.sub(lambda match: f"{match[0]}\\", words)


def clipped(text: str, most: int) -> str:
    """Return the first characters; dots stand for what is left out."""
    return text if len(text) <= most else text[: most - len(_DOTS)] + _DOTS


def code(text: str) -> str:
    """Return a command or a path as code, on one line: nothing in it is read."""
    shown = clipped(on_one_line(text), LONGEST)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{space}{shown}{space}{fence}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table of text, escaped, after an empty one; nothing where it has no row."""
    lines = [_row(cells) for cells in rows]
    return ["", _row(heads), "|" + " --- |" * len(heads), *lines] if lines else []


def within(lines: Iterable[str], most_bytes: int) -> str:
    """Return the first lines that take at most so many bytes as UTF-8, and how many were left out."""
    kept: list[str] = []
    every = list(lines)
    used = 0
    for line in every:
        used += len(line.encode()) + 1
        kept.append(line)
        if used > most_bytes:
            break
    if used <= most_bytes:
        return "".join(f"{line}\n" for line in kept)
    while kept:
        kept.pop()
        note = f"{len(every) - len(kept)} more lines are left out: there is no room for them."
        text = "".join(f"{line}\n" for line in [*kept, "", note])
        if len(text.encode()) <= most_bytes:
            return text
    return ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(escaped(cell) for cell in cells)} |"
