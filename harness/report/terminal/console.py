"""How everything is printed: prose and tables that read well on a terminal, in a pipe and in a log.

Whatever is printed is made visible on its way (harness.foreign_text): what a terminal would obey in it is shown.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterable
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderableType
from rich.segment import Segment
from rich.table import Column, Table
from rich.text import Text

from harness.foreign_text import UNUSUAL, as_seen, on_one_line, visible

PLAIN_COLUMNS = 100
"""How wide a report is where there is no terminal: it is read in logs and in mails."""

GAP = 2
"""Columns between two columns of a table."""

_UNLIMITED_COLUMNS = 10_000
_WIDEST_COLUMNS = 140
_PROSE_COLUMNS = 100
_PARTS = re.compile(r"[.<]")
_SLACK = 3  # columns that words need beyond half of a text to fill two lines


class _PlainConsole(Console):
    def on_broken_pipe(self) -> None:
        """Let `main` decide what it means that the reader has gone; rich would exit 1, which is a missed claim."""
        raise BrokenPipeError

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render with all visible: texts before their lines are broken, whatever else as it comes."""
        for segment in super().render(seen(renderable), options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)

    def render_str(self, text: str, **look: Any) -> Text:
        """Render text in which nothing was left out: rich takes some control codes away, without a word."""
        return super().render_str(visible(text), **look)


def seen(renderable: RenderableType) -> RenderableType:
    """Return text with all in it visible, in its style; whatever else as it is."""
    if isinstance(renderable, str):
        return visible(renderable)
    if not isinstance(renderable, Text) or not UNUSUAL.search(renderable.plain):
        return renderable
    text = renderable.blank_copy()
    places = [match.start() for match in UNUSUAL.finditer(renderable.plain)]
    for part in renderable.divide(sorted({*places, *(place + 1 for place in places)})):
        text.append_text(_character_seen(part) if len(part) == 1 else part)
    return text


def _character_seen(character: Text) -> Text:
    shown = Text(as_seen(character.plain), style=character.style)
    for span in character.spans:
        shown.stylize(span.style)
    return shown


def open_console() -> Console:
    """Open standard output: as wide as the terminal; of any width in a pipe, where nothing may be cut or wrapped."""
    width = None if sys.stdout.isatty() else _UNLIMITED_COLUMNS
    return _PlainConsole(width=width, markup=False, highlight=False, emoji=False)


def columns(console: Console) -> int:
    """Return the width of a report on this console."""
    return min(console.width, _WIDEST_COLUMNS if console.is_terminal else PLAIN_COLUMNS)


def new_table(
    *headings: str,
    right: Collection[str] = (),
    unbroken: Collection[str] = (),
    long: Collection[str] = (),
    ruled: bool = True,
) -> Table:
    """Make an empty table, with a rule under its headings where it is `ruled`.

    Columns in `right` hold numbers; they and the `unbroken` are not wrapped, unless `long`.
    """
    drawn = {"box": box.SIMPLE_HEAD, "padding": (0, 1, 0, 0)} if ruled else {"box": None, "padding": (0, GAP, 0, 0)}
    table = Table(pad_edge=False, show_edge=False, header_style="bold", **drawn)
    for heading in headings:
        justify: JustifyMethod = "right" if heading in right else "left"
        whole = (heading in right or heading in unbroken) and heading not in long
        table.add_column(heading, justify=justify, overflow="fold", no_wrap=whole)
    return table


def show(console: Console, table: Table) -> None:
    """Print a table, without blanks at the ends of its lines.

    Where it is too wide, cells are broken in two lines if that will do, else at every word.
    """
    for line in lines_of(console, table):
        console.print(line, soft_wrap=True)


def lines_of(console: Console, table: Table) -> list[Text]:
    """Return a table as the lines that `show` would print."""
    _set_widths(console, table)
    lines = console.render_lines(table, console.options.update(width=columns(console)), pad=False)
    return [_stripped(Text.assemble(*((part.text, part.style or "") for part in line))) for line in lines]


def _stripped(line: Text) -> Text:
    line.rstrip()
    return line


def _set_widths(console: Console, table: Table) -> None:
    room = columns(console) - GAP * (len(table.columns) - 1)
    widest = [_widest(column, "\n") for column in table.columns]
    words = [widest[place] if column.no_wrap else _widest(column, None) for place, column in enumerate(table.columns)]
    halves = [min(full, max(word, full // 2 + _SLACK)) for word, full in zip(words, widest, strict=True)]
    least = halves if sum(halves) <= room else words
    spare, missed = max(room - sum(least), 0), sum(widest) - sum(least)
    for column, full, few in zip(table.columns, widest, least, strict=True):
        column.width = full if missed <= spare else few + (full - few) * spare // missed


def breaks_words(console: Console, table: Table) -> bool:
    """Return whether a table can be shown on this console only by breaking words or what is unbroken."""
    least = [_widest(column, "\n" if column.no_wrap else None) for column in table.columns]
    return sum(least) + GAP * (len(least) - 1) > columns(console)


def fits(console: Console, table: Table) -> bool:
    """Return whether a table can be shown on this console without wrapping anything in it."""
    return sum(_widest(column, "\n") + GAP for column in table.columns) - GAP <= columns(console)


def _widest(column: Column, separator: str | None) -> int:
    """Return the longest line of a column, or its longest word where the separator is None."""
    cells = map(seen, (column.header, *column.cells))
    texts = [cell.plain if isinstance(cell, Text) else str(cell) for cell in cells]
    return max((cell_len(part) for text in texts for part in text.split(separator)), default=1)


def heading(console: Console, text: str) -> None:
    """Print a heading with an empty line above it."""
    console.print()
    paragraph(console, Text(text, style="bold"))


def paragraph(console: Console, text: str | Text, *, bullet: str = "") -> None:
    """Print prose, wrapped where people like to read it, hanging from its bullet; markup in it is not obeyed."""
    for line in prose(console, text, bullet=bullet):
        console.print(line, soft_wrap=True)


def prose(console: Console, text: str | Text, *, bullet: str = "") -> list[Text]:
    """Return prose as the lines that `paragraph` would print."""
    width = min(columns(console), _PROSE_COLUMNS) - len(bullet)
    whole = seen(text) if isinstance(text, Text) else Text(" ".join(visible(text).split()))
    assert isinstance(whole, Text)
    words = foldable(whole, width)
    lines = words.wrap(console, width)
    first, hanging = Text(bullet), Text(" " * len(bullet))
    return [Text.assemble(hanging if number else first, _stripped(line)) for number, line in enumerate(lines)]


def foldable(text: Text, width: int) -> Text:
    """Return `text` with words that are longer than a line, such as paths of owners, broken before a part of them."""
    cuts = []
    for word in re.finditer(rf"\S{{{width + 1},}}", text.plain):
        begin, end = word.span()
        while end - begin > width:
            parts = [match.start() for match in _PARTS.finditer(text.plain, begin + 1, begin + width + 1)]
            begin = parts[-1] if parts else begin + width
            cuts.append(begin)
    return Text("\n").join(text.divide(cuts)) if cuts else text


def whole_line(console: Console, text: str) -> None:
    """Print one line that is never broken, so that a path in it can be copied."""
    console.print(Text(on_one_line(text)), soft_wrap=True)
