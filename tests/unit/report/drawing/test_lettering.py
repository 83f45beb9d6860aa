"""Words on a picture: what the font can draw, and where lines break."""

from __future__ import annotations

import pytest

from harness.report.drawing.lettering import drawable, wrapped


@pytest.mark.parametrize(
    ("text", "drawn"), [("tabs\tand\nlines", "tabs and lines"), ("漏れ $x_1$", "?? $x_1$"), ("", "")]
)
def test_what_the_font_does_not_know_is_a_question_mark(text: str, drawn: str) -> None:
    assert drawable(text) == drawn


def test_a_number_stays_on_the_line_of_its_unit() -> None:
    assert wrapped("it saves 71 %", 11) == ["it saves 71", "%"]
    assert wrapped("it saves 71\N{NO-BREAK SPACE}%", 11) == ["it saves", "71\N{NO-BREAK SPACE}%"]


def test_long_words_are_broken_and_long_texts_end_in_dots() -> None:
    assert wrapped("a_name_of_twenty_four_ch", 12) == ["a_name_of_tw", "enty_four_ch"]
    assert wrapped("one two three four", 9, lines=1) == ["one ..."]
