"""The console shows whatever it is given, and lets a terminal obey none of it."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from harness.foreign_text import disarmed_streams
from harness.report.terminal import console as printing
from tests.unit.test_foreign_text import OBEYED

HOSTILE = "a\x1b]0;pwned\x07 \u202eb\x9b2J c"
SHOWN = "a\\x1b]0;pwned\\x07 \\u202eb\\x9b2J c"


@pytest.fixture
def console() -> Console:
    return printing.open_console()


def test_every_way_of_printing_shows_it_whole(console: Console, capsys: pytest.CaptureFixture[str]) -> None:
    table = printing.new_table("name", HOSTILE)
    table.add_row(HOSTILE, Text(HOSTILE))
    printing.show(console, table)
    printing.paragraph(console, HOSTILE)
    printing.paragraph(console, Text(HOSTILE), bullet="- ")
    printing.whole_line(console, HOSTILE)
    console.print(HOSTILE)
    console.print(Text.assemble(("bold", "bold"), HOSTILE))
    for line in printing.lines_of(console, table):
        console.print(line)
    out = capsys.readouterr().out
    assert not OBEYED.search(out)
    assert out.count(SHOWN) >= 4
    assert out.count("\\x1b]0;pwned") == 11  # Text itself drops a bell, and nothing else of it


def test_columns_are_as_wide_as_what_is_shown(console: Console) -> None:
    table = printing.new_table("name", "next")
    table.add_row("\x1b\x1b", "x")
    lines = [line.plain for line in printing.lines_of(console, table)]
    assert lines[-1] == "\\x1b\\x1b  x"


def test_a_style_stays_where_it_was() -> None:
    text = Text.assemble("a", ("b\x1bc", "bold"), "d")
    shown = printing.seen(text)
    assert isinstance(shown, Text)
    assert shown.plain == "ab\\x1bcd"
    bold = [shown.plain[span.start : span.end] for span in shown.spans if span.style == "bold"]
    assert "".join(bold) == "b\\x1bc"


def test_a_line_is_one_line(console: Console, capsys: pytest.CaptureFixture[str]) -> None:
    printing.whole_line(console, "results/a\n::error::b")
    assert capsys.readouterr().out == "results/a\\n::error::b\n"


@disarmed_streams()
def test_no_break_of_a_line_makes_a_command(console: Console, capsys: pytest.CaptureFixture[str]) -> None:
    printing.paragraph(console, f"{'x' * 100}::error::y")
    out = capsys.readouterr().out
    assert "\n\\::error::y" in out


def test_on_a_terminal_only_our_own_escapes_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    ours, theirs = os.openpty()
    with open(ours, "rb", buffering=0) as screen:
        with open(theirs, "w", encoding="utf-8") as terminal:
            monkeypatch.setattr(sys, "stdout", terminal)
            with disarmed_streams():
                printing.heading(printing.open_console(), HOSTILE)
        written = ""
        with contextlib.suppress(OSError):  # the end of what was written, once nobody holds the terminal
            while piece := screen.read(4096):
                written += piece.decode()
    assert "\x1b[1m" in written
    assert set(re.findall(r"\x1b[^m]*m", written)) <= {"\x1b[1m", "\x1b[0m"}
    assert "\\x1b]0;pwned" in re.sub(r"\x1b\[[01]m", "", written)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.text(st.characters() | st.sampled_from(":#[\n\x1b\u202e\r\x07 "), max_size=200))
def test_whatever_is_printed_nothing_is_obeyed(text: str) -> None:
    behind = io.StringIO()
    former = sys.stdout
    sys.stdout = behind
    try:
        with disarmed_streams():
            console = printing.open_console()
            table = printing.new_table("name", "what")
            table.add_row(text, Text(text))
            printing.show(console, table)
            printing.paragraph(console, text)
            printing.whole_line(console, text)
            console.print(text)
    finally:
        sys.stdout = former
    assert not OBEYED.search(behind.getvalue())
    assert not re.search(r"^\s*::", behind.getvalue(), re.MULTILINE)
