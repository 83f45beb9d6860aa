"""Stacked areas over virtual hours, and the list of what they are beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from harness.report.drawing.lettering import characters, drawable, line_px, write
from harness.report.drawing.looks import SMALL_PT, Fill
from harness.report.words.owner_paths import broken, told_apart

_SWATCH_PX = 26.0
_ENTRY_GAP_PX = 5.0
_PATHS_ARE_NARROW = 1.08
"""Paths are small letters, dots and brackets: more of them fit than of prose."""


@dataclass(frozen=True)
class Layer:
    """One layer of a stack: what it is called and how it looks."""

    name: str
    fill: Fill


def draw_stack(
    axes: Axes, hours: NDArray[np.float64], layers: Mapping[str, Layer], values: Mapping[str, NDArray[np.float64]]
) -> float:
    """Draw layers from the bottom up over the hours, shape (points,); returns how high they reach.

    A point that lacks a value of any layer is a gap. What is negative takes nothing off the stack: a line over it shows
    the truth.
    """
    drawn = [key for key in layers if key in values]
    whole = np.all([np.isfinite(values[key]) for key in drawn], axis=0) if drawn else np.zeros(hours.size, bool)
    base = np.zeros(hours.size)
    for key in drawn:
        layer = layers[key]
        top = base + np.maximum(np.nan_to_num(values[key]), 0.0)
        axes.fill_between(hours, base, top, where=list(whole), **layer.fill.style, linewidth=0.3, zorder=2, gid=key)
        base = top
    return float(base[whole].max(initial=0.0))


def draw_key(axes: Axes, layers: Sequence[Layer], *, width_px: float, height_px: float) -> None:
    """List the names of layers, the uppermost first as they are stacked, in axes of this size in pixels.

    Long names take two lines where there is room for all; one that is cut keeps its end.
    """
    axes.set_axis_off()
    axes.set_xlim(0, width_px)
    axes.set_ylim(0, height_px)
    room = characters(_PATHS_ARE_NARROW * (width_px - _SWATCH_PX - 12), SMALL_PT)
    names = [drawable(layer.name) for layer in reversed(layers)]
    words = [broken(name, room) for name in names]
    if _height_px(words, _ENTRY_GAP_PX) > height_px:
        words = [[name] for name in told_apart(names, room)]
    spare = (height_px - _height_px(words, 0.0)) / max(len(words), 1)
    top = height_px
    for layer, lines in zip(reversed(layers), words, strict=True):
        corner, height = (0, top - line_px(SMALL_PT) + 3), line_px(SMALL_PT) - 7
        axes.add_patch(Rectangle(corner, _SWATCH_PX, height, **layer.fill.swatch, linewidth=0.6, gid="swatch"))
        write(axes, (_SWATCH_PX + 8, top), "\n".join(lines), SMALL_PT, va="top", linespacing=1.1, gid="key")
        top -= line_px(SMALL_PT, len(lines)) + min(_ENTRY_GAP_PX, spare)


def _height_px(words: Sequence[Sequence[str]], gap_px: float) -> float:
    return sum(line_px(SMALL_PT, len(lines)) + gap_px for lines in words)
