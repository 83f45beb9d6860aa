"""How the subcommands print: tables and paragraphs that read well on a terminal, in a pipe and in a log."""

from __future__ import annotations

import sys
from collections.abc import Collection

from rich import box
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

PARAGRAPH_COLUMNS = 100
_UNLIMITED_COLUMNS = 10_000


class _PlainConsole(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to `main` what a reader that has gone means; rich would exit 1, which is a claim missed."""
        raise BrokenPipeError


def open_console() -> Console:
    """Standard output: as wide as the terminal, and of any width in a pipe, where nothing may be cut or wrapped."""
    width = None if sys.stdout.isatty() else _UNLIMITED_COLUMNS
    return _PlainConsole(width=width, markup=False, highlight=False, emoji=False)


def table(*columns: str, right: Collection[str] = (), unbroken: Collection[str] = ()) -> Table:
    """An empty table; the columns in `right` hold numbers, those in `unbroken` words that are not wrapped."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for column in columns:
        justify: JustifyMethod = "right" if column in right else "left"
        made.add_column(column, justify=justify, overflow="fold", no_wrap=column in unbroken)
    return made


def heading(console: Console, text: str) -> None:
    """A heading with a line of air above it."""
    console.print()
    console.print(Text(text, style="bold"))


def paragraphs(console: Console, text: str) -> None:
    """Prose, a blank line between paragraphs, wrapped where people like to read it."""
    for index, paragraph in enumerate(text.strip().split("\n\n")):
        if index:
            console.print()
        console.print(Text(" ".join(paragraph.split())), width=min(PARAGRAPH_COLUMNS, console.width))
