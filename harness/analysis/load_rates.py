"""The load that a picture shows under the memory: events per second over hours, where they are not flat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.analysis.leaks.load import LoadCourse, load_of
from harness.analysis.leaks.load_decision import mean_load
from harness.analysis.runs import Run

BINS = 100
"""Equal spans from the start to the horizon: enough for a day's shape, and each wide enough to be seen."""


@dataclass(frozen=True, eq=False)
class LoadRates:
    """Mean events per second in equal spans of time, `per_s` (spans,), in the runs' own world.

    `edges_h` (spans + 1,) are the hours that part the spans, the first 0.
    """

    edges_h: NDArray[np.float64]
    per_s: NDArray[np.float64]


def moving_load(runs: Sequence[Run]) -> LoadRates | None:
    """Return the load of judged runs from the start to the horizon, the mean over seeds.

    All configs of a seed see one feed: that of its run that was fed longest is taken, and a seed whose feed ended more
    than a sample before that of others is left out. None where the load is flat after the warm-up or was not recorded.
    """
    longest: dict[int, LoadCourse] = {}
    for run in runs:
        course = load_of(run, by="events")
        if course is not None and (run.seed not in longest or _end_h(course) > _end_h(longest[run.seed])):
            longest[run.seed] = course
    if not longest:
        return None
    terms = runs[0].terms
    late_h = max(map(_end_h, longest.values())) - terms.sample_every_s / 3600
    load = mean_load([course for course in longest.values() if _end_h(course) >= late_h])
    begin_h, end_h = terms.warmup_s / 3600, _end_h(load)
    if end_h <= begin_h or load.is_flat(begin_h, end_h):
        return None
    edges_h = np.linspace(0.0, end_h, BINS + 1)
    return LoadRates(edges_h, np.diff(load.at(edges_h)) / np.diff(edges_h) / 3600)


def _end_h(course: LoadCourse) -> float:
    return float(course.t_h[-1])
