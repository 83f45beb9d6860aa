"""Words on a picture: what the font can draw, where lines break, and labels that do not overlap."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from functools import lru_cache

from matplotlib.font_manager import FontProperties, findfont, get_font

from harness.report.drawing.looks import DPI

_LINE_SPACING = 1.25
_CHARACTER_WIDTH, _BOLD_WIDTH = 0.6, 0.72
"""Mean width of a character, in sizes of the font; a little more than what DejaVu Sans needs for prose."""


_BREAKABLE = re.compile(r"[^\S\N{NO-BREAK SPACE}]+")


def line_px(size_pt: float, lines: int = 1) -> float:
    """The height that lines of text take, in pixels."""
    return lines * size_pt * _LINE_SPACING * DPI / 72


def characters(width_px: float, size_pt: float, *, bold: bool = False) -> int:
    """How many characters of this size fit into a width, at least one."""
    return max(int(width_px / (size_pt * (_BOLD_WIDTH if bold else _CHARACTER_WIDTH) * DPI / 72)), 1)


def drawable(text: str) -> str:
    """`text` on one line, with a question mark for whatever the font has no picture of; no-break spaces stay."""
    known = _known_characters()
    line = _BREAKABLE.sub(" ", text).strip(" ")
    return "".join(character if ord(character) in known else "?" for character in line)


def wrapped(text: str, width: int, *, lines: int | None = None) -> list[str]:
    """`text` broken into lines of at most `width` characters; what is beyond `lines` ends in three dots."""
    return textwrap.wrap(drawable(text), width, max_lines=lines, placeholder=" ...", break_on_hyphens=False) or [""]


def spread_apart(wanted: Sequence[float], heights: Sequence[float], lowest: float, highest: float) -> list[float]:
    """Centres for labels of these heights, as near as possible to where they are wanted, that do not overlap.

    Labels keep their order and stay between `lowest` and `highest` where there is room for all of them; where there is
    not, they begin at `lowest` and reach beyond `highest`. Neighbours that would overlap are pooled, and the pool is
    centred on the mean of where its members want to be (the isotonic regression of the labels' positions).
    """
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    below = 0.0
    pools: list[tuple[float, int]] = []  # mean position of the members' common bottom line, number of members
    bottoms: dict[int, float] = {}
    for index in order:
        bottoms[index] = below
        mean, members = wanted[index] - heights[index] / 2 - below, 1
        while pools and pools[-1][0] >= mean:
            other, count = pools.pop()
            mean, members = (other * count + mean * members) / (count + members), count + members
        pools.append((mean, members))
        below += heights[index]
    bases = [base for base, members in pools for _ in range(members)]
    room = max(highest - lowest - below, 0.0)
    return _restored(
        order,
        [
            lowest + min(max(base - lowest, 0.0), room) + bottoms[index] + heights[index] / 2
            for base, index in zip(bases, order, strict=True)
        ],
    )


def _restored(order: Sequence[int], values: Sequence[float]) -> list[float]:
    """`values`, which are in `order`, in the order of the labels."""
    found = [0.0] * len(values)
    for index, value in zip(order, values, strict=True):
        found[index] = value
    return found


@lru_cache(maxsize=1)
def _known_characters() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap())
