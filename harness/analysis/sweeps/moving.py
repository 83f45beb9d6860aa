"""How far each metric moves along each axis of a sweep that moves one axis at a time, or has only one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from harness.analysis.estimates import Estimate, Reading, over_seeds, t_interval
from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.sweeps.long_table import OWNER, owner_shares
from harness.analysis.sweeps.recorded_sweep import RecordedSweep
from harness.sweeps.points import Point

MOVES_POINTS: Final = 3.0
"""From how many points on a metric counts as moved: of a share as it is, of any other percent of its largest value."""

OWNER_LEAST: Final = 0.01
"""The share of growth from which on an owner is looked at."""

ALONG: Final = (
    "peak",
    "sawtooth.crest_gb",
    "sawtooth.trough_gb",
    "mean",
    "horizon",
    "horizon.instant",
    "live.peak",
    "growth.drop_share",
    "growth.linear_r2",
    "release.stop",
    "release.drop",
    "release.trim",
    "release.stop_live",
    "live.slope_gb_per_hour",
    "floors.slope_gb_per_hour",
    "buffers.capacity_mb",
    "buffers.peak_mb",
    "samples.lost_share",
)
"""What is looked at along an axis: levels, teeth, releases, growth, buffers and losses. CPU goes with the feed."""


@dataclass(frozen=True)
class Moved:
    """One metric of one base along one axis: its estimate at every level that has one, and how far they lie apart.

    `points` is the widest distance of two levels, `extremes` these two. `certain` says whether its interval over seeds
    leaves out 0; None where one seed gives none.
    """

    metric: str
    unit: str
    base: str
    axis: str
    levels: Mapping[str, Estimate]
    points: float
    extremes: tuple[str, str]
    certain: bool | None

    @property
    def moves(self) -> bool:
        """Whether it moves by more than MOVES_POINTS, and not by chance as far as seeds tell."""
        return self.points > MOVES_POINTS and self.certain is not False


def points_along(sweep: RecordedSweep, axis: str) -> list[Point]:
    """The points at which only this axis may stand elsewhere than at its first level."""
    origin = sweep.points.origin
    others = [other for other, _ in origin.levels if other != axis]
    return [point for point in sweep.points if point.on(others) == origin.on(others)]


def moved_along(sweep: RecordedSweep, axis: str) -> list[Moved]:
    """Every metric of ALONG and every owner of OWNER_LEAST, for every base; what moves farthest is first."""
    found = [
        moved
        for base in sweep.points.bases
        for metric, unit, values in _series(sweep, axis, base)
        if (moved := _moved(metric, unit, base, axis, values)) is not None
    ]
    return sorted(found, key=lambda moved: -moved.points)


_BySeed = dict[int, float]


def _series(sweep: RecordedSweep, axis: str, base: str) -> list[tuple[str, str, dict[str, _BySeed]]]:
    """Each metric with its unit, and its values by level and seed."""
    points = {point.level(axis): point for point in points_along(sweep, axis)}
    series: list[tuple[str, str, dict[str, _BySeed]]] = []
    for metric in ALONG:
        values = {
            level: {
                seed: reading.value
                for seed, reading in sweep.readings(metric, point, base).items()
                if reading.value is not None and reading.bound == "exact"
            }
            for level, point in points.items()
        }
        series.append((metric, METRICS[metric].unit, values))
    return [*series, *_owners(sweep, points, base)]


def _owners(sweep: RecordedSweep, points: Mapping[str, Point], base: str) -> list[tuple[str, str, dict[str, _BySeed]]]:
    by_path: dict[str, dict[str, _BySeed]] = {}
    for level, point in points.items():
        config = sweep.points.config_of(point, base)
        for run in sweep.runs.get(sweep.points.world_of(point), ()):
            if run.config == config and not run.unfinished:
                for path, share in owner_shares(run).items():
                    by_path.setdefault(path, {}).setdefault(level, {})[run.seed] = share
    large = {
        path: values
        for path, values in by_path.items()
        if any(float(np.mean(list(one.values()))) >= OWNER_LEAST for one in values.values())
    }
    return [(f"{OWNER}{path}", "share", values) for path, values in large.items()]


def _moved(metric: str, unit: str, base: str, axis: str, values: Mapping[str, _BySeed]) -> Moved | None:
    """How far a metric moves; None where fewer than two levels have a value of every seed that the fullest has."""
    most = max(map(len, values.values()), default=0)
    whole = {level: by_seed for level, by_seed in values.items() if len(by_seed) == most and most}
    if len(whole) < 2:
        return None
    means = {level: float(np.mean(list(by_seed.values()))) for level, by_seed in whole.items()}
    lowest, highest = min(means, key=lambda level: means[level]), max(means, key=lambda level: means[level])
    widest = means[highest] - means[lowest]
    largest = 1.0 if unit in ("share", "") else max(map(abs, means.values()))
    pairs = sorted(whole[lowest].keys() & whole[highest].keys())
    interval = t_interval([whole[highest][seed] - whole[lowest][seed] for seed in pairs])
    return Moved(
        metric,
        unit,
        base,
        axis,
        {
            level: over_seeds({seed: Reading(value) for seed, value in by_seed.items()})
            for level, by_seed in whole.items()
        },
        100 * widest / largest if largest else 0.0,
        (lowest, highest),
        None if interval is None else not interval[0] <= 0 <= interval[1],
    )


def unlike_marked(moved: Sequence[Moved]) -> tuple[list[str], list[str]]:
    """Metrics that move in this sweep and are not marked as moving with the scale; those that are and do not."""
    seen = {one.metric for one in moved if one.metric in METRICS}
    here = {one.metric for one in moved if one.moves and one.metric in METRICS}
    marked = {metric for metric in seen if METRICS[metric].moves_with_scale}
    return sorted(here - marked), sorted(marked - here)
