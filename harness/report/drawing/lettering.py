"""Words on a picture: what the font can draw, where lines break, and labels that do not overlap."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from matplotlib.font_manager import FontProperties, findfont, get_font
from scipy.optimize import isotonic_regression

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


def spread_apart(wanted: Sequence[float], heights: Sequence[float], lowest: float, highest: float) -> list[float]:
    """Return centres for labels of these heights, as near as possible to where they are wanted, that do not overlap.

    Labels keep their order and stay between `lowest` and `highest` where there is room for all of them; where there is
    not, they begin at `lowest` and reach beyond `highest`. Neighbours that would overlap are pooled, and the pool is
    centred on the mean of where its members want to be (the isotonic regression of the labels' positions).
    """
    if not wanted:
        return []
    order = np.argsort(wanted, kind="stable")
    tall = np.array(heights)[order]
    below = np.cumsum(tall) - tall
    bases = isotonic_regression(np.array(wanted)[order] - tall / 2 - below).x
    room = max(highest - lowest - tall.sum(), 0.0)
    centres = np.empty(len(order))
    centres[order] = lowest + np.clip(bases - lowest, 0.0, room) + below + tall / 2
    return [float(centre) for centre in centres]


@lru_cache(maxsize=1)
def _known_characters() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap())
