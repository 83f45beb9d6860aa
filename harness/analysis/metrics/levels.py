"""How much memory a run held: at the start, at its peak, at the horizon, in the mean. GB at full scale."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from harness.analysis.estimates import Reading, absent
from harness.analysis.runs import Run
from harness.scenario import Scenario

EPSILON_S = 1e-6

GROWN_SHARE = 0.05
"""Growth of less than this share of the start is too small a denominator to judge a share of it."""


def horizon_s(scenario: Scenario) -> float:
    """The virtual time, in seconds, for which the scenario's values at its end are asked."""
    return scenario.time.hours * 3600


def reached_horizon(run: Run, scenario: Scenario) -> bool:
    """Whether the run was fed up to the horizon."""
    fed = run.t_s[run.fed]
    return bool(fed.size) and (run.status == "complete" or fed[-1] >= horizon_s(scenario) - EPSILON_S)


def until_horizon(run: Run, scenario: Scenario) -> NDArray[np.bool_]:
    """Which samples were taken under feed and no later than the horizon, shape (samples,)."""
    return run.fed & (run.t_s <= horizon_s(scenario) + EPSILON_S)


def not_reached(run: Run) -> Reading:
    """The reading of a metric that lies beyond the end of a run."""
    return absent("not reached", f"{run.config} {run.ending}")


def crest_and_trough(run: Run, t_s: float) -> tuple[float, float]:
    """RSS just before and just after an event at `t_s`, NaN where there is no sample on that side.

    A sample at the very instant of the event may have been read before or after it; RSS falls in a cleanup, so the
    higher of it and the sample before is the crest, and the lower of it and the sample after is the trough.
    """
    times, rss = run.t_s[run.fed], run.rss_gb[run.fed]
    before, after = times < t_s - EPSILON_S, times > t_s + EPSILON_S
    at = rss[~before & ~after]
    crest = np.append(at, rss[before][-1:]).max(initial=-np.inf)
    trough = np.append(at, rss[after][:1]).min(initial=np.inf)
    return (float(crest) if before.any() else np.nan), (float(trough) if after.any() else np.nan)


def start(run: Run, _scenario: Scenario) -> Reading:
    """RSS at the first sample, before the first event of the feed."""
    rss = run.rss_gb[run.fed]
    return Reading(float(rss[0])) if rss.size else not_reached(run)


def peak(run: Run, scenario: Scenario) -> Reading:
    """The highest sample up to the horizon; a lower bound where the run ended before it."""
    rss = run.rss_gb[until_horizon(run, scenario)]
    if not rss.size:
        return not_reached(run)
    if reached_horizon(run, scenario):
        return Reading(float(rss.max()))
    at_limit = [
        run.gb(event["rss_bytes"]) for event in run.events if event["kind"] == "limit" and event.get("rss_bytes")
    ]
    return Reading(max(float(rss.max()), *at_limit, 0.0), "lower", reason=f"{run.config} {run.ending}")


def horizon_instant(run: Run, scenario: Scenario) -> Reading:
    """RSS at the horizon, before any cleanup of that instant."""
    if not reached_horizon(run, scenario):
        return not_reached(run)
    horizon = horizon_s(scenario)
    if (abs(run.event_times("cleanup") - horizon) <= EPSILON_S).any():
        crest, _ = crest_and_trough(run, horizon)
        return Reading(crest)
    return Reading(float(run.rss_gb[until_horizon(run, scenario)][-1]))


def horizon(run: Run, scenario: Scenario) -> Reading:
    """The median RSS of the last whole tooth before the horizon; the instant where there was no cleanup.

    A tooth lies between two done cleanups, the first between the start and the first cleanup. The part tooth after the
    last cleanup is left out: its median would depend on where the horizon cuts it.
    """
    if not reached_horizon(run, scenario):
        return not_reached(run)
    done = run.event_times("cleanup")
    ends = [0.0, *done[done <= horizon_s(scenario) + EPSILON_S]]
    if len(ends) == 1:
        return horizon_instant(run, scenario)
    tooth = run.fed & (run.t_s >= ends[-2] - EPSILON_S) & (run.t_s < ends[-1] - EPSILON_S)
    if not tooth.any():
        return absent("not applicable", f"{run.config}: no sample between its last two cleanups")
    return Reading(float(np.median(run.rss_gb[tooth])))


def mean(run: Run, scenario: Scenario) -> Reading:
    """The mean RSS under load, from the end of the warm-up to the horizon; samples are evenly spaced."""
    rss = run.rss_gb[run.loaded & until_horizon(run, scenario)]
    return Reading(float(rss.mean())) if rss.size and reached_horizon(run, scenario) else not_reached(run)


def net_of_start(level: Callable[[Run, Scenario], Reading]) -> Callable[[Run, Scenario], Reading]:
    """How far a level lies above the start; not applicable where that is less than 5 % of the start."""

    def grown(run: Run, scenario: Scenario) -> Reading:
        begun, reading = start(run, scenario), level(run, scenario)
        if begun.value is None or reading.value is None:
            return begun if begun.value is None else reading
        if reading.bound == "exact" and reading.value - begun.value < GROWN_SHARE * begun.value:
            return absent("not applicable", f"{run.config} grew by less than {GROWN_SHARE:.0%} of its start")
        return Reading(reading.value - begun.value, reading.bound, reason=reading.reason)

    return grown


def linear_r2(run: Run, scenario: Scenario) -> Reading:
    """R^2 of the least-squares straight line through RSS under load up to the horizon: 1 is linear growth."""
    if not reached_horizon(run, scenario):
        return not_reached(run)
    load = run.loaded & until_horizon(run, scenario)
    times, rss = run.t_s[load], run.rss_gb[load]
    if rss.size < 3 or np.ptp(rss) < GROWN_SHARE * rss[0]:
        return absent("not applicable", f"{run.config} moves by less than {GROWN_SHARE:.0%} under load")
    return Reading(float(np.corrcoef(times, rss)[0, 1] ** 2))


def range_share(run: Run, scenario: Scenario) -> Reading:
    """(highest - lowest) / first sample of RSS under load up to the horizon: 0 is flat."""
    if not reached_horizon(run, scenario):
        return not_reached(run)
    rss = run.rss_gb[run.loaded & until_horizon(run, scenario)]
    return Reading(float(np.ptp(rss) / rss[0])) if rss.size else not_reached(run)
