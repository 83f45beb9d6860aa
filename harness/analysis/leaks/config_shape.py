"""The shape of a measure's curve over the seeds of a config."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import median

import numpy as np

from harness.analysis.leaks.config_leaks import Measure, series_of, warm_s
from harness.analysis.leaks.shape import BLOCKS, Shape, Teeth, shape_of
from harness.analysis.runs import Run
from harness.scenario import Scenario


def config_shape(scenario: Scenario, runs: Sequence[Run], measure: Measure) -> Shape | None:
    """The shape that most seeds have, its numbers the medians over those seeds; None where no run is long enough.

    The ranges of a sawtooth's crests and troughs are medians of the ranges.
    """
    shapes = []
    for run in sorted(runs, key=lambda run: run.seed):
        series = series_of(run, scenario, measure)
        judged = (series.t_s >= warm_s(scenario)) & np.isfinite(series.values)
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


def _teeth(found: Sequence[Teeth]) -> Teeth | None:
    if not found:
        return None
    return Teeth(
        period_h=median(one.period_h for one in found),
        amplitude=median(one.amplitude for one in found),
        drop=median(one.drop for one in found),
        crests=(median(one.crests[0] for one in found), median(one.crests[1] for one in found)),
        troughs=(median(one.troughs[0] for one in found), median(one.troughs[1] for one in found)),
        count=round(median(one.count for one in found)),
    )
