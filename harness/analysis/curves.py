"""The curves a picture shows: memory over hours with its spread over seeds, and the steps of the stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.analysis.runs import EPSILON_S, Run
from harness.analysis.told import STEPS
from harness.worker.recorder import FED


@dataclass(frozen=True, eq=False)
class Spread:
    """Median, lowest and highest over the seeds, each of shape (points,); NaN where no seed has a value."""

    median: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curve:
    """One config over time. `hours` has shape (points,); memory is GB at full scale.

    `live` is live bytes plus ballast, None where no run read it; `tree` is RSS with what the processes that the target
    started hold, None where no run had any; `cleanups` are the hours of the done cleanups of each
    seed; `limits` the hours at which a seed reached the memory limit.
    """

    config: str
    hours: NDArray[np.float64]
    rss: Spread
    live: Spread | None
    cleanups: dict[int, NDArray[np.float64]]
    limits: dict[int, float]
    tree: Spread | None = None


@dataclass(frozen=True, eq=False)
class StopCurve:
    """The steps of one config's stop: spreads of shape (4,) in the order of STEPS, GB at full scale, NaN where none."""

    config: str
    rss: Spread
    live: Spread | None


def curve(config: str, runs: Sequence[Run], *, every_s: float, phases: Sequence[str] = FED) -> Curve:
    """The curve of `config` on a grid of `every_s` seconds over the given phases of its runs (at least one run).

    RSS at a grid point is the last sample at or before it; live bytes, which are read less often, are interpolated
    between readings. A run that ended early has no value after its end.
    """
    mine = [run for run in runs if run.config == config]
    spans = [_span(run, phases) for run in mine]
    sampled = [times[[0, -1]] for times, *_ in spans if times.size]
    grid = np.arange(np.min(sampled), np.max(sampled) + EPSILON_S, every_s) if sampled else np.empty(0)
    rss = spread(np.array([held(grid, times, values) for times, values, *_ in spans]).reshape(len(mine), grid.size))
    lives = [_interpolated(grid, times, live) for times, _, live, _ in spans]
    live_rows = np.array(lives).reshape(len(mine), grid.size)
    with_tree = spans if any(run.has_children for run in mine) else []
    trees = [held(grid, times, tree) for times, *_, tree in with_tree]
    return Curve(
        config=config,
        hours=grid / 3600,
        rss=rss,
        live=spread(live_rows) if np.isfinite(live_rows).any() else None,
        cleanups={run.seed: run.event_times("cleanup") / 3600 for run in mine},
        limits={run.seed: run.limit_s / 3600 for run in mine if run.limit_s is not None},
        tree=spread(np.array(trees)) if trees else None,
    )


def stop(config: str, runs: Sequence[Run]) -> StopCurve | None:
    """The steps of the stop of `config`, or None where none of its runs reached it."""
    mine = [run for run in runs if run.config == config and run.stop.reached]
    if not mine:
        return None
    live = np.array([[run.stop_gb(step, "live_bytes") for step in STEPS] for run in mine])
    return StopCurve(
        config=config,
        rss=spread(np.array([[run.stop_gb(step, "rss_bytes") for step in STEPS] for run in mine])),
        live=spread(live) if np.isfinite(live).any() else None,
    )


def spread(rows: NDArray[np.float64]) -> Spread:
    """Median, lowest and highest over the seeds of `rows`, shape (seeds, points), ignoring NaN."""
    known = np.isfinite(rows).any(axis=0)
    median, low, high = (np.full(rows.shape[1], np.nan) for _ in range(3))
    if known.any():
        median[known] = np.nanmedian(rows[:, known], axis=0)
        low[known] = np.nanmin(rows[:, known], axis=0)
        high[known] = np.nanmax(rows[:, known], axis=0)
    return Spread(median, low, high)


def _span(run: Run, phases: Sequence[str]) -> tuple[NDArray[np.float64], ...]:
    """Times, RSS, live bytes and the whole tree of a run in these phases, each (samples,)."""
    inside = run.samples["phase"].isin(list(phases)).to_numpy(dtype=bool)
    return run.t_s[inside], run.rss_gb[inside], run.live_gb[inside], run.children_held.tree_gb[inside]


def held(grid: NDArray[np.float64], times: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The last value at or before each grid point, in seconds; NaN before the first and after the last sample."""
    if not times.size:
        return np.full(grid.size, np.nan)
    index = np.searchsorted(times, grid + EPSILON_S, side="right") - 1
    held = np.where(index >= 0, values[np.maximum(index, 0)], np.nan)
    return np.where(grid <= times[-1] + EPSILON_S, held, np.nan)


def _interpolated(
    grid: NDArray[np.float64], times: NDArray[np.float64], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    read = np.isfinite(values)
    if not read.any():
        return np.full(grid.size, np.nan)
    return np.interp(grid, times[read], values[read], left=np.nan, right=np.nan)
