"""A chart as plain data: typed arrays in base64, which the page's script draws.

Hours are float64 and values float32, little-endian; NaN is no value.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.analysis.runs import Run
from harness.foreign_text import on_one_line
from harness.report.drawing.looks import Fill, Look
from harness.report.page.envelopes import envelope, on_one_axis

MOST_POINTS = 100_000
"""Of one curve; what is longer is drawn as its envelope."""

MOST_VALUES = 400_000
"""Of one chart: many seeds share them."""

FEWEST_POINTS = 2_000

Series = dict[str, Any]
Chart = dict[str, Any]
Values = NDArray[np.float64]
Course = tuple[Values, Values]
"""Hours, which increase, and the values there, both (points,)."""


def spacing_s(runs: Sequence[Run], sample_every_s: float) -> float:
    """Return the seconds between two points of a curve over all of some runs: those of a sample, or MOST_POINTS."""
    longest_s = max((float(run.t_s[-1]) for run in runs if run.t_s.size), default=0.0)
    return max(sample_every_s, longest_s / MOST_POINTS)


def chart(
    kind: str, title: str, unit: str, series: Sequence[Series], courses: Sequence[Course], *, marks: Sequence[Any] = ()
) -> Chart:
    """Return a chart of `series`, each with its course; `marks` lie over them (see `floor_marks`)."""
    hours, rows = on_one_axis(courses)
    most = min(MOST_POINTS, max(FEWEST_POINTS, MOST_VALUES // len(rows)))
    enveloped = hours.size > most
    hours, rows = envelope(hours, rows, most)
    return {
        "kind": kind,
        "title": title,
        "unit": unit,
        "enveloped": enveloped,
        "hours": _base64(hours, "<f8"),
        "series": [{**one, "values": _base64(row, "<f4")} for one, row in zip(series, rows, strict=True)],
        "marks": list(marks),
    }


def line(role: str, label: str, config: str, look: Look) -> Series:
    """Return a line in the look of its config: `rss` and `full` are thick, what stands beside them is not."""
    dashes = [] if isinstance(look.dashes, str) else [look.width * part for part in look.dashes[1]]
    thick = max(look.width * 0.7, 1.5)
    width, alpha, dash = {
        "seed": (1.0, 0.45, []),
        "live": (1.0, 0.75, []),
        "small": (1.1, 0.55, dashes),
        "tree": (1.6, 1.0, [6.0, 2.5]),
    }.get(role, (thick, 1.0, dashes))
    return {
        "role": role,
        "label": label,
        "config": on_one_line(config),
        "colour": look.colour,
        "dark": look.on_dark,
        "dash": dash,
        "width": width,
        "alpha": alpha,
    }


def layer(label: str, config: str, fill: Fill) -> Series:
    """Return a layer of a stack."""
    return {
        "role": "layer",
        "label": on_one_line(label),
        "config": on_one_line(config),
        "colour": fill.colour,
        "dark": fill.on_dark,
        "hatch": fill.hatch,
        "dash": [],
        "width": 0,
        "alpha": 1.0,
    }


def _base64(values: Values, kind: str) -> str:
    return base64.b64encode(values.astype(kind).tobytes()).decode("ascii")
