"""Words on a picture: what the font can draw, where lines break, and labels beside the ends of lines."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties, findfont, get_font
from scipy.optimize import isotonic_regression

from harness.report.drawing.looks import DPI, TEXT_PT, Look
from harness.report.words.owner_paths import shortened

_LINE_SPACING = 1.25
_CHARACTER_WIDTH, _BOLD_WIDTH = 0.6, 0.72
"""Mean width of a character, in sizes of the font; a little more than what DejaVu Sans needs for prose."""

_TIE: dict[str, Any] = {"arrowstyle": "-", "linewidth": 0.8, "shrinkA": 2, "shrinkB": 1, "relpos": (0, 0.5)}

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


def write(axes: Axes, at: tuple[float, float], text: str, size_pt: float, **look: Any) -> None:
    """Write text, in which a dollar sign is no formula, to the right of a place."""
    axes.text(*at, text, fontsize=size_pt, parse_math=False, **look)


def write_name(axes: Axes, height: float, config: str, look: Look, width_px: float) -> None:
    """Write the name of a config in bold from the left edge, at a share of the axes' height, cut to their width."""
    name = shortened(drawable(config), characters(width_px, TEXT_PT, bold=True))
    write(axes, (0, height), name, TEXT_PT, weight="bold", color=look.text, transform=axes.transAxes, gid="name")


@lru_cache(maxsize=1)
def _known_characters() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap())


@dataclass(frozen=True)
class Label:
    """Words beside the right end of the axes instead of a legend, tied to a point of it."""

    lines: list[str]
    colour: str
    x: float | None  # None: the right edge
    y: float
    size_pt: float
    weight: str = "normal"


def place_labels(axes: Axes, labels: Sequence[Label], height_px: float, *, below_px: float = 0.0) -> None:
    """Write the labels right of the axes, which are `height_px` high, each tied to its point by a line.

    Labels that need the room may reach `below_px` under the axes.
    """
    bottom, top = axes.get_ylim()
    per_px = (top - bottom) / height_px
    heights = [line_px(label.size_pt, len(label.lines)) * per_px for label in labels]
    lowest = bottom - 0.02 * (top - bottom) - below_px * per_px
    centres = spread_apart([label.y for label in labels], heights, lowest, top + 10 * per_px)
    right = axes.get_xlim()[1]
    for label, centre in zip(labels, centres, strict=True):
        axes.annotate(
            "\n".join(map(drawable, label.lines)),
            xy=(right if label.x is None else label.x, label.y),
            xytext=(1.035, centre),
            textcoords=axes.get_yaxis_transform(),
            fontsize=label.size_pt,
            fontweight=label.weight,
            color=label.colour,
            ha="left",
            va="center",
            annotation_clip=False,
            parse_math=False,
            gid="label",
            arrowprops={"color": label.colour, **_TIE},
        )


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
