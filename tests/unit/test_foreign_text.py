"""Text of others: seen whole, obeyed by nobody."""

from __future__ import annotations

import contextlib
import io
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.foreign_text import DisarmingStream, disarmed_streams, on_one_line, visible

OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain [text], 3 µs ✓ 深さ\n\tnext", "plain [text], 3 µs ✓ 深さ\n\tnext"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b2J", "\\x9b2J"),
        ("met\rmissed\x00", "met\\rmissed\\x00"),
        ("\u202egnp.exe\u2066", "\\u202egnp.exe\\u2066"),
        ("a\u200bb\ufeff\U000e0041", "a\\u200bb\\ufeff\\U000e0041"),
        ("line\u2028break\x85", "line\\u2028break\\x85"),
        ("\udcff", "\\udcff"),
        ("a\u00a0b\u2009c", "a\u00a0b\u2009c"),
    ],
)
def test_what_a_terminal_would_obey_or_nobody_would_see_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert visible(shown) == shown


def test_words_on_one_line_stay_there() -> None:
    assert on_one_line("a\n::error::b\tc\x1b") == "a\\n::error::b\\tc\\x1b"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::boo\n", "\\::error::boo\n"),
        ("all well\n  ::add-mask::1\n", "all well\n  \\::add-mask::1\n"),
        ("tests/a.py::test_b\nstd::x\n", "tests/a.py::test_b\nstd::x\n"),
        ("## [heading]\n", "## [heading]\n"),
        ("said ##[error]boo\n", "said #\\#[error]boo\n"),
        ("##vso[task.complete]##teamcity[x]\n", "#\\#vso[task.complete]#\\#teamcity[x]\n"),
        ("a\r::error::b\n", "a\\r::error::b\n"),
        ("\u3000::error::b\n", "\u3000\\::error::b\n"),
    ],
)
def test_workflow_commands_are_text(text: str, shown: str) -> None:
    behind = io.StringIO()
    DisarmingStream(behind, foreign=True).write(text)
    assert behind.getvalue() == shown


def test_a_command_in_pieces_is_one_all_the_same() -> None:
    for pieces in (("::error::x",), ("", "::", "error::x"), (" ", ":", ":error::x"), ("one\n", "::error::x")):
        behind = io.StringIO()
        stream = DisarmingStream(behind, foreign=False)
        for piece in pieces:
            assert stream.write(piece) == len(piece)
        assert not re.search(r"^\s*::", behind.getvalue(), re.MULTILINE), pieces
    behind = io.StringIO()
    stream = DisarmingStream(behind, foreign=False)
    stream.write("soak: ")
    stream.write("::error::x")
    assert behind.getvalue() == "soak: ::error::x"


def test_escapes_of_our_own_pass_and_a_command_behind_them_does_not() -> None:
    behind = io.StringIO()
    DisarmingStream(behind, foreign=False).write("\x1b[1m::error::x\x1b[0m\n")
    assert behind.getvalue() == "\x1b[1m\\::error::x\x1b[0m\n"


@given(st.lists(st.text(st.sampled_from(":#[\n \t\x1be\u202e\r") | st.characters(), max_size=12), max_size=6))
def test_nothing_that_is_written_to_a_foreign_stream_is_obeyed(pieces: list[str]) -> None:
    behind = io.StringIO()
    stream = DisarmingStream(behind, foreign=True)
    for piece in pieces:
        stream.write(piece)
    written = behind.getvalue()
    assert not OBEYED.search(written)
    assert not re.search(r"^\s*::", written, re.MULTILINE)


def test_standard_streams_are_what_they_were_afterwards(capsys: pytest.CaptureFixture[str]) -> None:
    former = sys.stdout, sys.stderr
    with contextlib.suppress(ZeroDivisionError), disarmed_streams():
        print("\x1b[1mour own")
        print("\x1b[1mtheirs", file=sys.stderr)
        raise ZeroDivisionError
    assert (sys.stdout, sys.stderr) == former
    assert capsys.readouterr() == ("\x1b[1mour own\n", "\\x1b[1mtheirs\n")
