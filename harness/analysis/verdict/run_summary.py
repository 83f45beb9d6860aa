"""One run in numbers, as verdict.json and the table of runs show it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.analysis.leaks.config_leaks import floor_slope
from harness.analysis.metrics import buffers, levels, losses
from harness.analysis.runs import Run
from harness.analysis.told import STEPS
from harness.analysis.trouble import ERRORS, UNHANDLED, Trouble


@dataclass(frozen=True)
class RunSummary:
    """One run in numbers: GB at full scale, from a world of `memory_scale`; None where not reached.

    `peak_bound` is "lower" where the run ended before the horizon: its peak is at least this. Counts are the target's:
    None is what it does not tell. `still_alive` are the paths by which the target was held at the end of its run.
    `errors_logged`, `errors_unhandled` and `rows_on_disk` are None where they were not recorded.
    """

    config: str
    seed: int
    status: str
    reason: str | None
    t_s: float | None
    start_gb: float | None
    peak_gb: float | None
    peak_bound: str
    horizon_gb: float | None
    horizon_instant_gb: float | None
    before_stop_gb: float | None
    after_stop_gb: float | None
    after_drop_gb: float | None
    after_trim_gb: float | None
    cleanups: int | None
    cpu_s: float | None
    acceleration: float | None
    memory_scale: float
    hours: float
    floors_gb_per_hour: float | None
    collected: float | None
    persisted: float | None
    lost: float | None
    still_alive: tuple[str, ...] | None
    errors_logged: int | None = None
    errors_unhandled: int | None = None
    rows_on_disk: float | None = None


def summarise(run: Run) -> RunSummary:
    """One run in numbers."""
    trouble = Trouble.of(run)
    before, *after = (_known(run.stop_gb(step, "rss_bytes")) for step in STEPS)
    peak = levels.peak(run)
    return RunSummary(
        config=run.config,
        seed=run.seed,
        status=run.status,
        reason=run.facts.get("reason"),
        t_s=run.facts.get("t_s"),
        start_gb=levels.start(run).value,
        peak_gb=peak.value,
        peak_bound=peak.bound,
        horizon_gb=levels.horizon(run).value,
        horizon_instant_gb=levels.horizon_instant(run).value,
        before_stop_gb=before,
        after_stop_gb=after[0],
        after_drop_gb=after[1],
        after_trim_gb=after[2],
        cleanups=run.cleanups,
        cpu_s=run.facts.get("cpu_s"),
        acceleration=run.facts.get("acceleration"),
        memory_scale=run.memory_scale,
        hours=run.horizon_s / 3600,
        floors_gb_per_hour=floor_slope(run).value,
        collected=buffers.collected(run),
        persisted=run.told.counter("persisted"),
        lost=buffers.lost(run).value,
        still_alive=run.told.still_alive,
        errors_logged=None if trouble is None else trouble.count(ERRORS),
        errors_unhandled=None if trouble is None else trouble.count(UNHANDLED),
        rows_on_disk=losses.rows_on_disk(run).value,
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
