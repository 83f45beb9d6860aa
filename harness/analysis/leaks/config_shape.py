"""The shape of a measure's curve over the seeds of a config."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import median

import numpy as np

from harness.analysis.leaks.config_leaks import Measure, series_of
from harness.analysis.leaks.shape import BLOCKS, Sawtooth, Shape, shape_of
from harness.analysis.runs import Run


def config_shape(runs: Sequence[Run], measure: Measure) -> Shape | None:
    """The shape that most seeds have, its numbers the medians over those seeds; None where no run is long enough.

    The ranges of a sawtooth's crests and troughs are medians of the ranges.
    """
    shapes = []
    for run in runs:
        series = series_of(run, measure)
        judged = (series.t_s >= run.warmup_s) & np.isfinite(series.values)
        if judged.sum() >= BLOCKS:
            shapes.append(shape_of(series.t_s[judged], series.values[judged]))
    if not shapes:
        return None
    ((name, _),) = Counter(shape.name for shape in shapes).most_common(1)
    alike = [shape for shape in shapes if shape.name == name]
    instants = [shape.at_h for shape in alike if shape.at_h is not None]
    return Shape(
        name,
        median(shape.change for shape in alike),
        median(instants) if instants else None,
        _teeth([shape.teeth for shape in alike if shape.teeth is not None]),
        median(shape.explained for shape in alike),
    )


def _teeth(teeth: Sequence[Sawtooth]) -> Sawtooth | None:
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
