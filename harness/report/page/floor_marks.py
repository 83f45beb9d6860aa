"""Where a leak is judged: the floors that were looked at, and the slopes fitted to them, as marks over a chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.analysis.drawn.judged_floors import FittedLine, JudgedFloors
from harness.foreign_text import on_one_line
from harness.report.drawing.looks import Look
from harness.report.terminal.leak_table import outcome_word
from harness.report.words.amounts import interval, value, with_unit

DIGITS = 5


def marks_of(
    judged: Sequence[JudgedFloors], measures: Sequence[str], looks: Mapping[str, Look]
) -> list[dict[str, Any]]:
    """Return a mark for each of `judged` that is of one of the measures.

    It has the floors of every seed as pairs of hours and values, the lines as two such pairs, and in words what was
    judged of them.
    """
    return [
        {
            "config": on_one_line(one.leak.config),
            "measure": one.leak.measure.name,
            "words": _words(one),
            "colour": looks[one.leak.config].colour,
            "dark": looks[one.leak.config].on_dark,
            "floors": [
                [_rounded(floors.hours), _rounded(floors.values)] for floors in one.floors.values() if floors.hours.size
            ],
            "lines": [[[line.begin_h, line.end_h], [line.begin, line.end]] for line in one.lines],
        }
        for one in judged
        if one.leak.measure.name in measures
    ]


def _words(one: JudgedFloors) -> str:
    """What was judged: ``old, RSS: LEAK, 1.31 [1.29, 1.33] GB/h, 24 floors between cleanups``."""
    leak = one.leak
    floors = next(iter(one.floors.values()))
    where = {"cleanups": "between cleanups", "falls": "between falls", "blocks": "in equal spans"}[floors.between]
    counted = f"{leak.verdict.floors} {'floor' if leak.verdict.floors == 1 else 'floors'} {where}"
    rate = "" if leak.verdict.slope is None else with_unit(interval(leak.rate, leak.measure.unit), leak.measure.unit)
    beside = " beside what the load explains" if any(line.beside_load for line in one.lines) else ""
    told = [outcome_word(leak), f"{rate}{beside}", _seeds(one.lines, leak.measure.unit), counted]
    return f"{leak.config}, {leak.measure.words}: {', '.join(filter(None, told))}"


def _seeds(lines: Sequence[FittedLine], unit: str) -> str:
    """The slopes of the seeds, where each has a line of its own."""
    own = [line for line in lines if line.seed is not None]
    slopes = [(line.seed, (line.end - line.begin) / max(line.end_h - line.begin_h, 1e-9)) for line in own]
    return "; ".join(f"seed {seed} {value(slope, unit)}" for seed, slope in slopes)


def _rounded(values: np.ndarray[Any, np.dtype[np.float64]]) -> list[float]:
    return [round(float(one), DIGITS) for one in values]
