"""Words on a picture: what the font can draw, and where lines break."""

from __future__ import annotations

import re
import textwrap
from functools import lru_cache

from matplotlib.font_manager import FontProperties, findfont, get_font

from harness.report.drawing.looks import DPI

_LINE_SPACING = 1.25
_CHARACTER_WIDTH, _BOLD_WIDTH = 0.6, 0.72
"""Mean width of a character, in sizes of the font; a little more than what DejaVu Sans needs for prose."""


_BREAKABLE = re.compile(r"[^\S\N{NO-BREAK SPACE}]+")


def line_px(size_pt: float, lines: int = 1) -> float:
    """Return the height that lines of text take, in pixels."""
    return lines * size_pt * _LINE_SPACING * DPI / 72


def characters(width_px: float, size_pt: float, *, bold: bool = False) -> int:
    """Return how many characters of this size fit into a width, at least one."""
    return max(int(width_px / (size_pt * (_BOLD_WIDTH if bold else _CHARACTER_WIDTH) * DPI / 72)), 1)


def drawable(text: str) -> str:
    """Return `text` on one line, with a question mark for whatever the font has no picture of; no-break spaces stay."""
    known = _known_characters()
    line = _BREAKABLE.sub(" ", text).strip(" ")
    return "".join(character if ord(character) in known else "?" for character in line)


def wrapped(text: str, width: int, *, lines: int | None = None) -> list[str]:
    """Return `text` broken into lines of at most `width` characters; what is beyond `lines` ends in three dots."""
    return textwrap.wrap(drawable(text), width, max_lines=lines, placeholder=" ...", break_on_hyphens=False) or [""]


@lru_cache(maxsize=1)
def _known_characters() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap())
