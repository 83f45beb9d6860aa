"""How much memory a run held: at the start, at its peak, at the horizon, in the mean. GB at full scale."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from harness.analysis.estimates import Reading, absent
from harness.analysis.runs import EPSILON_S, Run

GROWN_SHARE = 0.05
"""Growth of less than this share of the start is too small a denominator to judge a share of it."""


def not_reached(run: Run) -> Reading:
    """The reading of a metric that lies beyond the end of a run."""
    return absent("not reached", f"{run.config} {run.ending}")


def no_cleanup(run: Run, when: str) -> str:
    """Why there is no cleanup to read anything from: none was done, or the target does not tell when."""
    if run.cleanups is None:
        return f"{run.config} tells of no cleanup"
    if run.cleanups and not run.event_times("cleanup").size:
        return f"{run.config} counts its cleanups and does not tell when they were"
    return f"{run.config} did no cleanup {when}".rstrip()


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


def start(run: Run) -> Reading:
    """RSS at the first sample, before the first event of the feed."""
    rss = run.rss_gb[run.fed]
    return Reading(float(rss[0])) if rss.size else not_reached(run)


def peak(run: Run) -> Reading:
    """The highest sample up to the horizon; a lower bound where the run ended before it."""
    rss = run.rss_gb[run.until_horizon]
    if not rss.size:
        return not_reached(run)
    if run.reached_horizon:
        return Reading(float(rss.max()))
    limits = [event for event in run.events if event["kind"] == "limit" and event.get("rss_bytes")]
    highest = max(float(rss.max()), *(run.gb(event["rss_bytes"]) for event in limits), 0.0)
    return Reading(highest, "lower", reason=f"{run.config} {run.ending}")


def live_peak(run: Run) -> Reading:
    """The most live bytes up to the horizon, the ballast with them; a lower bound where the run ended before it."""
    live = run.live_gb[run.until_horizon & np.isfinite(run.live_gb)]
    if not live.size:
        return not_reached(run)
    if run.reached_horizon:
        return Reading(float(live.max()))
    return Reading(float(live.max()), "lower", reason=f"{run.config} {run.ending}")


def tree_peak(run: Run) -> Reading:
    """The most that the judged process and all that it started held up to the horizon; not applicable without any."""
    if not run.has_children:
        return absent("not applicable", run.childless)
    inside = run.children_held.tree_gb[run.until_horizon]
    if not inside.size:
        return not_reached(run)
    if run.reached_horizon:
        return Reading(float(inside.max()))
    limits = [run.gb(event["tree_bytes"]) for event in run.events if event["kind"] == "limit" and "tree_bytes" in event]
    return Reading(max(float(inside.max()), *limits, 0.0), "lower", reason=f"{run.config} {run.ending}")


def horizon_instant(run: Run) -> Reading:
    """RSS at the horizon, before any cleanup of that instant."""
    if not run.reached_horizon:
        return not_reached(run)
    inside, horizon = run.rss_gb[run.until_horizon], run.horizon_s
    if not inside.size:  # a busy machine, in real time: the first sample came after the end
        return absent("undecided", f"{run.config} has no sample up to the horizon")
    if (abs(run.event_times("cleanup") - horizon) <= EPSILON_S).any():
        crest, _ = crest_and_trough(run, horizon)
        return Reading(crest)
    return Reading(float(inside[-1]))


def horizon(run: Run) -> Reading:
    """The median RSS of the last whole tooth before the horizon; the instant where there was no cleanup.

    A tooth lies between two done cleanups, the first between the start and the first cleanup. The part tooth after the
    last cleanup is left out: its median would depend on where the horizon cuts it.
    """
    if not run.reached_horizon:
        return not_reached(run)
    done = run.event_times("cleanup")
    ends = [0.0, *done[done <= run.horizon_s + EPSILON_S]]
    if len(ends) == 1:
        return horizon_instant(run)
    tooth = run.fed & (run.t_s >= ends[-2] - EPSILON_S) & (run.t_s < ends[-1] - EPSILON_S)
    if not tooth.any():
        return absent("not applicable", f"{run.config}: no sample between its last two cleanups")
    return Reading(float(np.median(run.rss_gb[tooth])))


def mean(run: Run) -> Reading:
    """The mean RSS under load, from the end of the warm-up to the horizon; samples are evenly spaced."""
    rss = run.rss_gb[run.loaded & run.until_horizon]
    return Reading(float(rss.mean())) if rss.size and run.reached_horizon else not_reached(run)


def net_of_start(level: Callable[[Run], Reading]) -> Callable[[Run], Reading]:
    """How far a level lies above the start; not applicable where that is less than 5 % of the start."""

    def grown(run: Run) -> Reading:
        begun, reading = start(run), level(run)
        if begun.value is None or reading.value is None:
            return begun if begun.value is None else reading
        if reading.bound == "exact" and reading.value - begun.value < GROWN_SHARE * begun.value:
            return absent("not applicable", f"{run.config} grew by less than {GROWN_SHARE:.0%} of its start")
        return Reading(reading.value - begun.value, reading.bound, reason=reading.reason)

    return grown


def grown_per_symbol_mb(run: Run) -> Reading:
    """How far the peak lies above the start, MB at full scale per symbol: of those that the target takes of the market,
    where it counts them."""
    begun, reading = start(run), peak(run)
    if begun.value is None or reading.value is None:
        return begun if begun.value is None else reading
    symbols = run.told.counter("symbols") or run.terms.symbols
    return Reading((reading.value - begun.value) / symbols * 1e3, reading.bound, reason=reading.reason)


def linear_r2(run: Run) -> Reading:
    """R^2 of the least-squares straight line through RSS under load up to the horizon: 1 is linear growth."""
    if not run.reached_horizon:
        return not_reached(run)
    load = run.loaded & run.until_horizon
    times, rss = run.t_s[load], run.rss_gb[load]
    if rss.size < 3 or np.ptp(rss) < GROWN_SHARE * rss[0]:
        return absent("not applicable", f"{run.config} moves by less than {GROWN_SHARE:.0%} under load")
    return Reading(float(np.corrcoef(times, rss)[0, 1] ** 2))


def range_share(run: Run) -> Reading:
    """(highest - lowest) / first sample of RSS under load up to the horizon: 0 is flat."""
    if not run.reached_horizon:
        return not_reached(run)
    rss = run.rss_gb[run.loaded & run.until_horizon]
    return Reading(float(np.ptp(rss) / rss[0])) if rss.size else not_reached(run)
