"""What a verdict on a leak looked at: the floors of every seed, and the line whose slope was judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.analysis.curves import held, spread
from harness.analysis.leaks.config_leaks import OF_CHILDREN, ConfigLeak, Measure, series_of
from harness.analysis.leaks.floors import Floors, part_of
from harness.analysis.runs import Run, Runs

_Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class FittedLine:
    """A line with a slope that was judged, through the middle of the floors of the part of the run that decided.

    From (`begin_h`, `begin`) to (`end_h`, `end`) in hours and the unit of the measure; `seed` is None where the slope
    is that over all seeds. `beside_load` says that the slope is what the load does not explain.
    """

    begin_h: float
    end_h: float
    begin: float
    end: float
    seed: int | None
    beside_load: bool


@dataclass(frozen=True, eq=False)
class JudgedFloors:
    """The floors of one measure of one config by seed, and the lines through them: none where floors are too few."""

    leak: ConfigLeak
    floors: dict[int, Floors]
    lines: tuple[FittedLine, ...]


def judged_floors(runs: Runs, leaks: Iterable[ConfigLeak]) -> list[JudgedFloors]:
    """What each of `leaks`, the verdicts on these runs, looked at; what is idle was not looked at by anybody."""
    found = []
    for leak in leaks:
        floors = {} if leak.idle else _floors(runs.of_config(leak.config), leak)
        if floors:
            found.append(JudgedFloors(leak, floors, _lines(leak, floors)))
    return found


def measured(measure: Measure, runs: Sequence[Run], *, every_s: float) -> tuple[_Numbers, _Numbers]:
    """Hours and values of a measure up to the horizon, the median over the seeds, each (points,); NaN where none."""
    series = [series_of(run, measure) for run in runs if run.t_s.size]
    read = [(one.t_s[known], one.values[known]) for one in series if (known := np.isfinite(one.values)).any()]
    if not read:
        return np.empty(0), np.empty(0)
    grid = np.arange(min(times[0] for times, _ in read), max(times[-1] for times, _ in read) + 1e-6, every_s)
    return grid / 3600, spread(np.array([held(grid, times, values) for times, values in read])).median


def _floors(runs: Sequence[Run], leak: ConfigLeak) -> dict[int, Floors]:
    """The floors of the seeds that the verdict is of; of all seeds where it had too few to judge any."""
    judged = set(leak.verdict.seed_slopes) or {run.seed for run in runs}
    floors = {
        run.seed: series_of(run, leak.measure).judged_floors(run.warmup_s)
        for run in runs
        if run.seed in judged and run.t_s.size and not (leak.measure in OF_CHILDREN and not run.has_children)
    }
    return {seed: one for seed, one in floors.items() if one.hours.size}


def _lines(leak: ConfigLeak, floors: dict[int, Floors]) -> tuple[FittedLine, ...]:
    verdict = leak.verdict
    if verdict.slope is None or not floors:
        return ()
    beside_load = verdict.load is not None
    if verdict.outcome == "SOME":
        own = {seed: slope for seed, slope in verdict.seed_slopes.items() if seed in floors}
        return tuple(
            _line([floors[seed]], verdict.part, slope, seed=seed, beside_load=beside_load)
            for seed, slope in own.items()
        )
    return (_line(list(floors.values()), verdict.part, verdict.slope, seed=None, beside_load=beside_load),)


def _line(floors: Sequence[Floors], part: str, slope: float, *, seed: int | None, beside_load: bool) -> FittedLine:
    """The line of this slope from which as many floors of the part lie above as below."""
    parts = [part_of(part, one.hours.size) for one in floors]
    hours = np.concatenate([one.hours[inside] for one, inside in zip(floors, parts, strict=True)])
    values = np.concatenate([one.values[inside] for one, inside in zip(floors, parts, strict=True)])
    begin_h, end_h = float(hours.min()), float(hours.max())
    foot = float(np.median(values - slope * hours))
    return FittedLine(begin_h, end_h, foot + slope * begin_h, foot + slope * end_h, seed, beside_load)
