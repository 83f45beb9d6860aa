"""Differences with their intervals as a drawing: a row for each, on one axis a unit, zero marked."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.analysis.comparison import Comparison
from harness.analysis.estimates import Estimate
from harness.report.drawing.looks import Look
from harness.report.pictures.comparison import DRAWN
from harness.report.words.amounts import measured, unit_of

_LEFT, _RIGHT = 24.0, 576.0
"""Between these lie all ends, in units of a drawing that is 600 wide: a point at one is not cut on a narrow screen."""


@dataclass(frozen=True)
class IntervalRow:
    """One difference, in units of the drawing: where its point and the ends of its interval lie, and its words."""

    label: str
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
    rows: tuple[IntervalRow, ...]


def panels(compared: Sequence[tuple[Comparison, str, Look]]) -> list[Panel]:
    """Return the panels of each comparison, with its name and its look: levels, what a stop gives back, reductions.

    The tables have all metrics; here are those that share an axis well.
    """
    found = []
    for comparison, name, look in compared:
        for title, unit in (("levels, GB", "GB"), ("what a stop gives back, percentage points", "share")):
            differences = [
                (row.metric.name, row.difference)
                for row in comparison.rows
                if row.metric.unit == unit and row.metric.name in DRAWN
            ]
            told = unit_of(*(end for _, one in differences for end in _ends(one))) if unit == "GB" else unit
            found.append(_panel(f"{name}: {title.replace('GB', told)}", told, differences, look))
        pairs = [
            (one.metric.name, one.estimate) for one in comparison.between if one.metric.name.startswith("reduction.")
        ]
        found.append(_panel(f"{name}: reductions, %", "share", pairs, look, signed=False))
    return [panel for panel in found if panel.rows]


def _panel(
    title: str, unit: str, differences: Sequence[tuple[str, Estimate]], look: Look, *, signed: bool = True
) -> Panel:
    known = [(label, one) for label, one in differences if _finite(one.estimate)]
    ends = [0.0, *(end for _, one in known for end in (one.estimate, one.low, one.high) if _finite(end))]
    lowest, highest = min(end for end in ends if end is not None), max(end for end in ends if end is not None)
    scale = (_RIGHT - _LEFT) / max(highest - lowest, 1e-12)

    def at(amount: float) -> float:
        return round(_LEFT + scale * (amount - lowest), 1)

    rows = []
    for label, one in known:
        middle = one.estimate or 0.0
        low, high = (middle if end is None else end for end in (one.low, one.high))
        words = measured(one if unit != "MB" else _in_mb(one), unit, signed=signed)
        rows.append(IntervalRow(label, at(middle), at(low), at(high), look.colour, words))
    return Panel(title, at(0.0), tuple(rows))


def _ends(one: Estimate) -> tuple[float | None, float | None, float | None]:
    return one.estimate, one.low, one.high


def _in_mb(gb: Estimate) -> Estimate:
    """Return an estimate of GB in MB, where GB would read 0.00."""
    value, low, high = (None if end is None else 1000 * end for end in _ends(gb))
    return dataclasses.replace(gb, estimate=value, low=low, high=high)


def _finite(amount: float | None) -> bool:
    return amount is not None and math.isfinite(amount)
