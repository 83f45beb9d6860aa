"""The cleanups of a run and the sawtooth they cut: intervals in minutes, crests and troughs in GB at full scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.analysis.estimates import Reading, absent
from harness.analysis.metrics.levels import crest_and_trough, no_cleanup, not_reached
from harness.analysis.runs import CLEANUP_EVENTS, EPSILON_S, Run

DONE = CLEANUP_EVENTS[:1]


def interval_minutes(run: Run) -> Reading:
    """The median interval between attempts at a cleanup, the first counted from the start."""
    return _interval(run, CLEANUP_EVENTS)


def done_interval_minutes(run: Run) -> Reading:
    """The median interval between done cleanups, the first counted from the start."""
    return _interval(run, DONE)


def _interval(run: Run, kinds: tuple[str, ...]) -> Reading:
    fed = run.t_s[run.fed]
    if not fed.size:
        return not_reached(run)
    times = run.event_times(*kinds)
    times = times[times <= run.horizon_s + EPSILON_S]
    if times.size:
        return Reading(float(np.median(np.diff(times, prepend=0.0))) / 60)
    if run.cleanups != 0:
        return absent("not applicable", no_cleanup(run, ""))
    minutes = min(float(fed[-1]), run.horizon_s) / 60
    return Reading(minutes, "lower", reason=f"{run.config} had none in {minutes:g} minutes")


@dataclass(frozen=True, eq=False)
class Teeth:
    """The done cleanups between warm-up and horizon: RSS just before, just after, and just after the cleanup before.

    Each has shape (cleanups,); the first base of a run is its start.
    """

    crests: NDArray[np.float64]
    troughs: NDArray[np.float64]
    bases: NDArray[np.float64]


def teeth(run: Run) -> Teeth:
    """The teeth of a run; a cleanup with no sample on one side of it is left out."""
    times = run.cleanups_s
    ends = np.array([crest_and_trough(run, float(time)) for time in times]).reshape(-1, 2)
    bases = np.concatenate([run.rss_gb[run.fed][:1], ends[:, 1]])[: len(ends)]
    known = np.isfinite(ends).all(axis=1) & np.isfinite(bases) & (times >= run.warmup_s)
    return Teeth(ends[known, 0], ends[known, 1], bases[known])


def crest_gb(run: Run) -> Reading:
    """The median RSS just before a cleanup, of the cleanups after the warm-up."""
    return _median(run, lambda cut: cut.crests)


def trough_gb(run: Run) -> Reading:
    """The median RSS just after a cleanup, of the cleanups after the warm-up."""
    return _median(run, lambda cut: cut.troughs)


def drop_share(run: Run) -> Reading:
    """The median share of a tooth's height that its cleanup gives back, of the cleanups after the warm-up."""
    return _median(run, _drops)


def _drops(cut: Teeth) -> NDArray[np.float64]:
    height = cut.crests - cut.bases
    high = height > 0
    return (cut.crests - cut.troughs)[high] / height[high]


def _median(run: Run, pick: Callable[[Teeth], NDArray[np.float64]]) -> Reading:
    if not run.reached_horizon:
        return not_reached(run)
    values = pick(teeth(run))
    if not values.size:
        return absent("not applicable", no_cleanup(run, "between warm-up and horizon"))
    return Reading(float(np.median(values)))
