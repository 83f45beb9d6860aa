"""Words at the right ends of lines, instead of a legend: each as near to its point as the others let it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from scipy.optimize import isotonic_regression

from harness.report.drawing.lettering import drawable, line_px


@dataclass(frozen=True)
class Label:
    """Words beside the right end of the axes, tied to a point of it."""

    lines: list[str]
    colour: str
    x: float | None  # None: the right edge
    y: float
    size_pt: float
    weight: str = "normal"


def place_labels(axes: Axes, labels: Sequence[Label], height_px: float) -> None:
    """Write the labels right of the axes, which are `height_px` high, each tied to its point by a line."""
    bottom, top = axes.get_ylim()
    per_px = (top - bottom) / height_px
    heights = [line_px(label.size_pt, len(label.lines)) * per_px for label in labels]
    lowest = bottom - 0.02 * (top - bottom)
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
            arrowprops={
                "arrowstyle": "-",
                "color": label.colour,
                "linewidth": 0.8,
                "shrinkA": 2,
                "shrinkB": 1,
                "relpos": (0, 0.5),
            },
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
