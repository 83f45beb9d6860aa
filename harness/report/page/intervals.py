"""Differences with their intervals as a drawing: a row for each, on one axis a unit, zero marked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.analysis.comparison import Comparison
from harness.analysis.estimates import Estimate
from harness.report.drawing.looks import Look
from harness.report.pictures.comparison import DRAWN
from harness.report.words.amounts import measured

WIDTH, _LEFT, _RIGHT = 860.0, 300.0, 620.0
_ROW = 24.0


@dataclass(frozen=True)
class IntervalRow:
    """One difference, in units of the drawing: where its point and the ends of its interval lie, and its words."""

    label: str
    y: float
    point: float
    low: float
    high: float
    colour: str
    amount: str


@dataclass(frozen=True)
class Panel:
    """The differences of one unit; `zero` is where 0 lies."""

    title: str
    zero: float
    height: float
    rows: tuple[IntervalRow, ...]


def panels(compared: Sequence[tuple[Comparison, str, Look]]) -> list[Panel]:
    """Return a panel for GB and one for shares of what is compared: each comparison with its name and its look."""
    found = []
    for title, unit in (("Levels, GB", "GB"), ("What a stop gives back, percentage points", "share")):
        differences = [
            (f"{name}: {row.metric.name}" if len(compared) > 1 else row.metric.name, row.difference, look)
            for comparison, name, look in compared
            for row in comparison.rows
            if row.metric.unit == unit and row.metric.name in DRAWN
        ]
        found.append(_panel(title, unit, differences))
    pairs = [
        (f"{name}: {one.metric.name}" if len(compared) > 1 else one.metric.name, one.estimate, look)
        for comparison, name, look in compared
        for one in comparison.between
        if one.metric.unit == "share"
    ]
    found.append(_panel("Of each pair, %", "share", pairs, signed=False))
    return [panel for panel in found if panel.rows]


def _panel(title: str, unit: str, differences: Sequence[tuple[str, Estimate, Look]], *, signed: bool = True) -> Panel:
    known = [(label, one, look) for label, one, look in differences if _finite(one.estimate)]
    ends = [0.0, *(end for _, one, _ in known for end in (one.estimate, one.low, one.high) if _finite(end))]
    lowest, highest = min(end for end in ends if end is not None), max(end for end in ends if end is not None)
    scale = (_RIGHT - _LEFT) / max(highest - lowest, 1e-12)

    def at(amount: float) -> float:
        return round(_LEFT + scale * (amount - lowest), 1)

    rows = []
    for place, (label, one, look) in enumerate(known):
        middle = one.estimate or 0.0
        low, high = (middle if end is None else end for end in (one.low, one.high))
        words = measured(one, unit, signed=signed)
        rows.append(IntervalRow(label, _ROW * (place + 0.5), at(middle), at(low), at(high), look.colour, words))
    return Panel(title, at(0.0), _ROW * len(rows), tuple(rows))


def _finite(amount: float | None) -> bool:
    return amount is not None and math.isfinite(amount)
