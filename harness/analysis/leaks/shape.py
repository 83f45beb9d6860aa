"""What a memory curve looks like: settled, linear, plateau, step, late onset, sawtooth, noisy.

A sawtooth is told by its falls (harness.analysis.leaks.sawtooth). Every other curve is cut into blocks, and the medians
of the blocks are fitted by least squares with each of

    flat             y = a
    linear           y = a + b t
    plateau          y = a + b (1 - exp(-t / c)), or y = a + b min(t, c): growth that ends
    late onset       y = a + b max(t - c, 0): growth that begins
    step             y = a, then a + b from c on

The one with the lowest Bayesian information criterion (Schwarz 1978) is the shape, if it moves by more than 1 % of the
level and stands out from what it does not explain. A flat curve is settled where it moves by at most 5 % of itself,
else noisy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from harness.analysis.leaks.config_leaks import Measure, series_of
from harness.analysis.leaks.sawtooth import CurveTeeth, find_teeth
from harness.analysis.runs import Run

Array = NDArray[np.float64]
Name = Literal["settled", "linear", "plateau", "step", "late onset", "sawtooth", "noisy"]

BLOCKS = 60
SETTLED_SHARE = 0.05
SMALLEST_CHANGE = 0.01
"""A course that moves by less than this share of the curve's level is flat to whoever looks at it."""

STANDS_OUT = 4.0
"""A fit's whole range is at least this many standard deviations of the blocks around it, else the curve is flat."""

CHANGES = np.arange(4, BLOCKS - 4) / BLOCKS
"""Where a step, an end or a beginning of growth is tried, as shares of the curve."""

CONSTANTS = np.geomspace(0.03, 0.5, 15)
"""Time constants of a plateau that are tried, as shares of the curve."""


@dataclass(frozen=True)
class Sawtooth:
    """A sawtooth in numbers: mean period in hours, the rest in the unit of the values.

    Medians over the teeth, and the range of the middle 80 % of them: a curve "grows to 6-8 and drops to 4-5" with
    crests (6, 8) and troughs (4, 5). `amplitude` is how far a tooth rises, `drop` how far it falls.
    """

    period_h: float
    amplitude: float
    drop: float
    crests: tuple[float, float]
    troughs: tuple[float, float]
    count: int


@dataclass(frozen=True)
class Shape:
    """The shape of one curve. `change` is how far its fit goes from the first to the last block, in the curve's unit.

    `at_h` is the hour at which it steps, begins to grow or has all but stopped growing (95 % of a plateau); `teeth`
    belong to a sawtooth; `explained` is the share of the variance of the blocks that the fit explains, 0 of a flat one.
    """

    name: Name
    change: float
    at_h: float | None = None
    teeth: Sawtooth | None = None
    explained: float = 0.0


@dataclass(frozen=True)
class _Fit:
    name: Name
    fitted: Array
    squares: float
    parameters: int
    at: float | None


def shape_of(t_s: Array, values: Array) -> Shape:
    """The shape of a curve; `t_s` and `values` have shape (samples,), evenly spaced, warm-up left out, no NaN.

    Raises ValueError for a curve of less than 60 samples: it has no shape.
    """
    if values.size < BLOCKS:
        raise ValueError(f"{values.size} samples have no shape, {BLOCKS} are needed")
    teeth = find_teeth(values)
    if teeth is not None:
        measured = _measure(t_s, teeth)
        return Shape("sawtooth", float(teeth.troughs[-1] - teeth.troughs[0]), teeth=measured)
    medians = np.array([np.median(block) for block in np.array_split(values, BLOCKS)])
    total = float(((medians - medians.mean()) ** 2).sum())
    best = min(_fits(medians), key=_criterion)
    reach = float(np.ptp(best.fitted))
    level = abs(float(np.median(values)))
    if best.parameters == 1 or reach <= max(STANDS_OUT * (best.squares / BLOCKS) ** 0.5, SMALLEST_CHANGE * level):
        low, high = np.percentile(values, [2, 98])
        settled = high - low <= SETTLED_SHARE * level
        return Shape("settled" if settled else "noisy", 0.0)
    at_h = None if best.at is None else float(t_s[0] + best.at * (t_s[-1] - t_s[0])) / 3600
    change = float(best.fitted[-1] - best.fitted[0])
    return Shape(best.name, change, at_h, explained=1 - best.squares / total)


def _measure(t_s: Array, teeth: CurveTeeth) -> Sawtooth:
    def middle(values: Array) -> tuple[float, float]:
        low, high = np.percentile(values, [10, 90])
        return float(low), float(high)

    return Sawtooth(
        period_h=float(np.mean(np.diff(t_s[teeth.falls]))) / 3600,
        amplitude=float(np.median(teeth.crests[1:] - teeth.troughs[:-1])),
        drop=float(np.median(teeth.crests - teeth.troughs)),
        crests=middle(teeth.crests),
        troughs=middle(teeth.troughs),
        count=int(teeth.falls.size),
    )


def _fits(medians: Array) -> list[_Fit]:
    t = (np.arange(BLOCKS) + 0.5) / BLOCKS
    flat = np.full(BLOCKS, medians.mean())
    found = [_Fit("settled", flat, float(((medians - flat) ** 2).sum()), 1, None)]
    tried: list[tuple[Name, int, float | None, Array]] = [("linear", 2, None, t)]
    tried += [("step", 3, float(c), (t >= c).astype(np.float64)) for c in CHANGES]
    tried += [("plateau", 3, float(c), np.minimum(t, c)) for c in CHANGES if 0.1 <= c <= 0.7]
    tried += [("plateau", 3, min(float(-np.log(0.05) * c), 1.0), 1 - np.exp(-t / c)) for c in CONSTANTS]
    tried += [("late onset", 3, float(c), np.maximum(t - c, 0)) for c in CHANGES if 0.2 <= c <= 0.9]
    for name, parameters, at, course in tried:
        centred = course - course.mean()
        slope = float(centred @ medians / (centred @ centred))
        if name in ("plateau", "late onset") and slope <= 0:
            continue
        fitted = flat + slope * centred
        found.append(_Fit(name, fitted, float(((medians - fitted) ** 2).sum()), parameters, at))
    return found


def _criterion(fit: _Fit) -> tuple[float, int]:
    """The Bayesian information criterion, and the fewer parameters where two fits are perfect."""
    floor = _precision(fit.fitted) ** 2 * BLOCKS
    unexplained = BLOCKS * float(np.log(max(fit.squares, floor) / BLOCKS))
    return unexplained + fit.parameters * float(np.log(BLOCKS)), fit.parameters


def _precision(values: Array) -> float:
    """What differs by less is equal: rounding errors of the fit."""
    return 1e-9 * max(float(np.abs(values).max()), 1e-9)


def config_shape(runs: Sequence[Run], measure: Measure) -> Shape | None:
    """The shape that most seeds have, its numbers the medians over those seeds; None where no run is long enough.

    The ranges of a sawtooth's crests and troughs are medians of the ranges.
    """
    shapes = []
    for run in runs:
        series = series_of(run, measure)
        inside = series.judged(run.warmup_s)
        if inside.sum() >= BLOCKS:
            shapes.append(shape_of(series.t_s[inside], series.values[inside]))
    if not shapes:
        return None
    ((name, _),) = Counter(shape.name for shape in shapes).most_common(1)
    alike = [shape for shape in shapes if shape.name == name]
    instants = [shape.at_h for shape in alike if shape.at_h is not None]
    return Shape(
        name,
        median(shape.change for shape in alike),
        median(instants) if instants else None,
        _medians([shape.teeth for shape in alike if shape.teeth is not None]),
        median(shape.explained for shape in alike),
    )


def _medians(teeth: Sequence[Sawtooth]) -> Sawtooth | None:
    if not teeth:
        return None
    return Sawtooth(
        period_h=median(tooth.period_h for tooth in teeth),
        amplitude=median(tooth.amplitude for tooth in teeth),
        drop=median(tooth.drop for tooth in teeth),
        crests=(median(tooth.crests[0] for tooth in teeth), median(tooth.crests[1] for tooth in teeth)),
        troughs=(median(tooth.troughs[0] for tooth in teeth), median(tooth.troughs[1] for tooth in teeth)),
        count=round(median(tooth.count for tooth in teeth)),
    )
