"""Text of others in Markdown: all of it is read as words, by CommonMark and by what GitHub has beside it."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from harness.foreign_text import on_one_line
from harness.report.machines.markdown import code, escaped, table, within

OURS = {"<!-- -->": "", "<span>": "", "</span>": ""}
"""The only markup that escaping adds."""

TEXTS = st.lists(
    st.sampled_from([*"\\`*_{}[]()<>#+-.!|~^=:/@&$;\n 1a\"'", "GH-", "www.", "http", "<!--", "-->", "&lt;"])
).map("".join)


def rendered(markdown: str) -> list[Token]:
    """As GitHub's dialect has it, with addresses linked wherever they are seen."""
    blocks = MarkdownIt("gfm-like", {"linkify": True}).parse(markdown)
    return [*blocks, *(token for block in blocks for token in block.children or ())]


def words_of(tokens: list[Token]) -> str:
    """What a reader sees of the inline tokens, which must be words and our own markup only."""
    seen = []
    for token in tokens:
        assert token.type in ("text", "html_inline", "inline", "paragraph_open", "paragraph_close"), token
        seen.append(
            OURS[token.content] if token.type == "html_inline" else token.content if token.type == "text" else ""
        )
    return "".join(seen)


@given(TEXTS)
@example("//1www.www.")  # an address without a scheme
def test_text_of_others_is_words_wherever_it_begins(text: str) -> None:
    shown = on_one_line(text).strip()
    assert words_of(rendered(escaped(text))) == shown


@given(TEXTS)
def test_a_cell_of_a_table_stays_one(text: str) -> None:
    tokens = rendered("\n".join(table(["a", "b"], [[text, "last"]])))
    assert [token.type for token in tokens].count("td_open") == 2
    cells = [token for token in tokens if token.type == "inline"]
    assert words_of(cells[2].children or []) == on_one_line(text).strip()
    assert cells[3].content == "last"


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("@someone", r"(?<!\w)@\w"),
        ("mail a@b.c", r"@\w"),
        ("see #12 and x/y#3", r"#\d"),
        ("GH-12", r"GH-\d"),
        (":tada: 1:100:2", r":[\w+-]+:"),
        ("www.evil.example", r"www\."),
        ("http://evil.example", r"(?<!\\)://"),
        ("a $x$ and $$y$$", r"\$[^<]"),
    ],
)
def test_what_github_reads_in_plain_words_is_broken(text: str, spoken: str) -> None:
    assert re.search(spoken, text)
    assert not re.search(spoken, escaped(text))


def test_a_long_text_is_clipped() -> None:
    assert len(escaped("x" * 5000)) == 600
    assert escaped("x" * 5000).endswith(" ...")


@given(TEXTS.filter(lambda text: text.strip(" \n")))
def test_code_holds_what_it_was_given(text: str) -> None:
    (inline,) = [token for token in rendered(f"Run {code(text)}.") if token.type == "inline"]
    (_, told, _) = inline.children or []
    assert (told.type, told.content.strip()) == ("code_inline", on_one_line(text).strip())


def test_lines_that_have_no_room_are_left_out_and_counted() -> None:
    lines = [f"line {number} é" for number in range(100)]
    assert within(lines, 10_000) == "".join(f"{line}\n" for line in lines)
    text = within(lines, 200)
    assert len(text.encode()) <= 200
    kept, left_out = text.split("\n\n")
    assert left_out == f"{100 - len(kept.splitlines())} more lines are left out: there is no room for them.\n"
    assert kept.splitlines() == lines[: len(kept.splitlines())]
    assert within(lines, 5) == ""
