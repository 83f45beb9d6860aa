"""A run as it would be in a larger world, or for more hours: from what is pinned in a smaller one.

What a program frees goes back to the system but for the arenas that a survivor keeps mapped. There are about as many
survivors in every world; a small one frees less around them. So the share of free memory that stays is
``1 - exp(-h)``, the share of boxes that are hit when survivors fall into them by chance, and the *hazard* h, survivors
per arena, falls nearly as one over the scale. Live bytes, net of the start, are the same at full scale in every world.
Between two cleanups RSS stays at its floor until live bytes have filled what is free, and then goes with them.

Measured in `50symbols` (docs/reference/scales.md): between 0.1 and 1 h falls as scale^-b with b from 0.65 to 1.03.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.analysis.leaks.floors import FEWEST_FOR_SLOPE, theil_sen
from harness.analysis.leaks.sawtooth import find_teeth
from harness.analysis.metrics.levels import GROWN_SHARE
from harness.analysis.runs import EPSILON_S, Run
from harness.analysis.told import STEPS

_Values = NDArray[np.float64]

MOST_PINNED = 0.995
"""From this share on nearly all that is free stays: the hazard is at least that of this share, and maybe more."""

KEPT_BY_GLIBC = 0.08
"""A hazard that no scale changes: that of memory which is free in glibc's hands until it is trimmed."""

GOES_WITH_LIVE = 0.12
"""Where no more than this share of what may be free is, RSS goes with live bytes."""

USED_UP = 0.02
"""Where no more than this share of the highest growth is free, live bytes have filled all that can be filled."""

ON_PLATEAU = 0.02
"""A cleanup after which RSS falls by less than this share of the highest growth does not show in it."""

UNTOLD = 0.05
"""Where no cleanup is told and none shows, so much of the growth may be free; of more it is not known when it was."""

SLOWEST_GROWTH = 0.5
"""The most that the hazard may go on to grow per hour is at least this share of its mean growth so far."""

PINNED_LINE = "pymalloc_free_bytes"
"""The line of RSS that survivors keep."""


class Way(NamedTuple):
    """One way in which hazards go on: the exponent b of the scale, and how many times as fast as last they grow."""

    pins: Literal["least", "usual", "most"]
    exponent: float
    growth: float


LEAST, USUALLY, MOST = Way("least", 1.2, 0.0), Way("usual", 0.85, 1.0), Way("most", 0.5, 2.5)
"""Under load."""

LEAST_AFTER, USUALLY_AFTER, MOST_AFTER = Way("least", 1.2, 0.0), Way("usual", 0.85, 0.25), Way("most", 0.5, 1.0)
"""After the stop, where what is pinned hardly grows with the hours: of `fixed` 0.068 GB after 1.2, 0.074 after five."""


class Guess(NamedTuple):
    """What may be pinned: in which way under load, and in which after the stop. The two need not go together."""

    load: Way
    stop: Way


LOW, USUAL, HIGH = Guess(LEAST, LEAST_AFTER), Guess(USUALLY, USUALLY_AFTER), Guess(MOST, MOST_AFTER)

GUESSES = (LOW, USUAL, HIGH, Guess(LEAST, MOST_AFTER), Guess(MOST, LEAST_AFTER))
"""The span of what may be pinned: a metric lies between the least and the most that these give."""


@dataclass(frozen=True, eq=False)
class Course:
    """What a run held under feed, GB at full scale net of its start, at times `t_s`: each of shape (samples,).

    `peak` is the highest `rss` so far. `floor` is the lowest `rss` between the cleanups about a sample, and
    `hazard` that of this floor just after the first of them; 0 before any cleanup.
    """

    t_s: _Values
    rss: _Values
    live: _Values
    peak: _Values
    floor: _Values
    hazard: _Values
    first: NDArray[np.intp]


def course(run: Run) -> Course | None:
    """The course of a run, None where live bytes were not recorded, or it is not known when memory was freed."""
    fed = run.fed
    times, rss, read = run.t_s[fed], run.rss_gb[fed], run.live_gb[fed]
    if times.size < 2 or not np.isfinite(read[:1]).any():
        return None
    net = rss - rss[0]
    peak = np.maximum.accumulate(net)
    first = _first_after(times, net, _freed_s(run, times, read))
    tooth = np.searchsorted(first, np.arange(times.size), side="right")
    live = _live_between(times, read - read[0], tooth)
    if not first.size and np.max(net - live) > UNTOLD * max(peak[-1], GROWN_SHARE * rss[0]):
        return None
    begins = np.concatenate([[0], first])
    floor = np.minimum.reduceat(net, begins)
    hazards = np.where(begins > 0, hazard(floor, live[begins], peak[begins]), 0.0)
    return Course(times, net, live, peak, floor[tooth], hazards[tooth], first)


def _freed_s(run: Run, times: _Values, read: _Values) -> _Values:
    """When memory was freed: the cleanups that were told, else the sudden falls of live bytes; seconds, maybe none."""
    told = run.event_times("cleanup")
    if told.size:
        return told
    known = np.isfinite(read)
    teeth = find_teeth(read[known])
    return np.empty(0) if teeth is None else times[known][teeth.falls - 1]


def _first_after(times: _Values, rss: _Values, freed_s: _Values) -> NDArray[np.intp]:
    """The first sample after each cleanup. One at its very instant was read before it, unless RSS has fallen."""
    found = []
    for time in freed_s:
        after = int(np.searchsorted(times, time + EPSILON_S, side="right"))
        if not 2 <= after < times.size:
            continue
        at = abs(times[after - 1] - time) <= EPSILON_S
        fall = rss[after - 2] - rss[after]
        low = fall > ON_PLATEAU * rss.max() and rss[after - 1] - rss[after] < fall / 2
        found.append(after - 1 if at and low else after)
    return np.unique(np.array(found, dtype=np.intp))


def hazard(rss: _Values, live: _Values, peak: _Values) -> _Values:
    """h of the share (rss - live) / (peak - live) of free memory that stays; 0 where less is held than is live."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(peak - live > 1e-9, (rss - live) / (peak - live), 0.0)
        return np.where(share > MOST_PINNED, np.inf, -np.log1p(-np.clip(share, 0.0, MOST_PINNED)))


def carried(hazards: _Values, ratio: float, way: Way, *, constant: float = 0.0) -> _Values:
    """Hazards in a world `ratio` times as large, of which a `constant` part stays as it is.

    Where all stays, only the least that they may be is known: at most they go on so.
    """
    known = np.where(np.isfinite(hazards), hazards, -np.log(1 - MOST_PINNED))
    kept = np.minimum(known, constant)
    moved = kept + (known - kept) * ratio**-way.exponent
    return np.where(np.isfinite(hazards) | (way.pins != "most"), moved, np.inf)


@lru_cache(maxsize=128)  # every metric of a soak is read off the same few
def larger(run: Run, ratio: float, guess: Guess, *, whole: Run | None = None) -> Run | None:
    """`run` as it would be in a world `ratio` times as large, None where live bytes were not recorded.

    Where it was shorter than `whole`, a run of the same config in any world, it is continued for as long: with its last
    tooth and what live bytes do there. Memory stays in the bytes of the world of `run`.
    """
    own = course(run)
    full = own if whole is None else course(whole)
    if own is None or full is None:
        return None
    longer = run if whole is None else whole
    rows = _samples(run, longer, (own, full), ratio, guess)
    last_gb = run.gb(float(rows["rss_bytes"].iloc[-1])) - float(run.rss_gb[0])
    facts = {**run.facts, "stop": _steps(run, longer, own, ratio, guess, last_gb=last_gb)}
    return replace(run, samples=rows, events=longer.events, facts=facts, judged_by=longer.judged_by)


def _samples(run: Run, whole: Run, courses: tuple[Course, Course], ratio: float, guess: Guess) -> pd.DataFrame:
    """The samples under feed of `run`, continued like `whole`, in the larger world; the courses are theirs."""
    own, full = courses
    times = full.t_s
    source = _phase_matched(own, times, whole)
    place = np.clip(np.searchsorted(own.t_s, source + EPSILON_S, side="right") - 1, 0, own.t_s.size - 1)
    beyond = times > own.t_s[-1] + EPSILON_S
    grown = np.where(beyond, full.live - np.interp(source, full.t_s, full.live), 0.0)
    live = own.live[place] + grown
    peak = np.maximum(np.where(beyond, own.peak[-1], own.peak[place]), live)
    first = np.concatenate([[0], own.first])
    begins = first[np.searchsorted(own.first, place, side="right")]
    hazards = own.hazard[place] * _growth(own, guess.load)(times)
    kept_by_glibc = 0.0 if guess.load.pins == "least" else KEPT_BY_GLIBC
    low, high = own.live[begins] + grown, np.maximum(np.where(beyond, own.peak[-1], own.peak[begins]), live)
    floor = np.where(
        begins > 0,
        low + (high - low) * _pinned(carried(hazards, ratio, guess.load, constant=kept_by_glibc)),
        own.floor[place],
    )
    free = own.rss[place] - own.live[place]
    filled = np.maximum((peak - live) * _pinned(KEPT_BY_GLIBC), USED_UP * own.peak[-1])
    held = np.maximum(floor, live + np.where(begins > 0, np.minimum(free, filled), free))
    if ratio == 1:
        held = np.where(beyond, held, own.rss[place])
    base = run.samples[run.fed].iloc[place].reset_index(drop=True)
    real = run.memory_scale * 1e9
    return base.assign(
        t_s=times,
        phase=np.where(times <= EPSILON_S, "start", np.where(times <= _warm_s(run), "warm-up", "load")),
        rss_bytes=(run.rss_gb[run.fed][0] + held) * real,
        live_bytes=(live + run.live_gb[run.fed][0]) * real - run.told.ballast_bytes,
    )


def _pinned(hazards: _Values | float) -> _Values:
    """The share of free memory that stays, 1 - exp(-h)."""
    return np.asarray(-np.expm1(-np.asarray(hazards, dtype=np.float64)))


def _phase_matched(own: Course, times: _Values, whole: Run) -> _Values:
    """For every time the one in the recorded course that it is like: itself, or the same phase of the last tooth."""
    last = own.t_s[-1]
    cleanups = whole.event_times("cleanup")
    if cleanups.size < 2:
        return np.asarray(np.minimum(times, last))
    period = float(np.median(np.diff(cleanups)))
    found: _Values = times - np.ceil(np.maximum(times - last - EPSILON_S, 0.0) / period) * period
    return found


def _growth(own: Course, way: Way) -> Callable[[_Values], _Values]:
    """How many times as large hazards are at times after the recorded course as at its end: a function of the times."""
    last_h = own.t_s[-1] / 3600
    known = own.first[np.isfinite(own.hazard[own.first])]
    hours, floors = own.t_s[known] / 3600, own.hazard[known]
    if not known.size or not way.growth:
        return np.ones_like
    if known.size >= FEWEST_FOR_SLOPE:
        slope = float(theil_sen(hours, floors))
        level = max(float(np.median(floors + slope * (last_h - hours))), 1e-3)
        rate = max(way.growth * slope, SLOWEST_GROWTH * level / last_h if way.pins == "most" else 0.0)
    else:  # too few to see it grow: at most as fast as it did on average
        level = max(float(floors[-1]), 1e-3)
        rate = level / last_h * min(way.growth * SLOWEST_GROWTH, 1.0)
    return lambda times: 1.0 + np.maximum(times / 3600 - last_h, 0.0) * rate / level


def _steps(
    run: Run, whole: Run, own: Course, ratio: float, guess: Guess, *, last_gb: float
) -> dict[str, dict[str, float]]:
    """The steps of the stop in the larger world, real bytes of the world of `run`.

    What glibc holds free until the trim is the same at full scale in every world, and the rest is pinned by survivors.
    `last_gb` is RSS under feed at last, net of the start: a floor that has risen meanwhile shows before the stop.
    """
    end_s = np.array([whole.t_s[whole.fed][-1]])
    steps: dict[str, dict[str, float]] = {}
    for step, recorded, there in zip(STEPS, run.stop.steps, whole.stop.steps, strict=True):
        read = dict(recorded)
        rss, live_bytes = read.get("rss_bytes"), read.get("live_bytes")
        if rss is None or live_bytes is None or live_bytes < 0:
            continue
        held = run.gb(rss) - run.rss_gb[0]
        live = later = run.gb(live_bytes + run.told.ballast_bytes) - run.live_gb[0]
        if whole is not run and (other := there.get("live_bytes")) is not None:
            later = whole.gb(other + whole.told.ballast_bytes) - whole.live_gb[0]
        free, top = held - live, max(own.peak[-1], held)
        untouched = live >= own.live[-1] - USED_UP * own.peak[-1]
        way = guess.load if untouched else guess.stop
        kept = 0.0 if step == STEPS[-1] else _kept_by_glibc(run, read, free, top - live, way)
        if untouched and free <= max(GOES_WITH_LIVE * (top - live), USED_UP * top):
            moved = max(free, last_gb - later)
        elif free > kept:
            hazards = hazard(np.array([held]), np.array([live + kept]), np.array([top]))
            pinned = _pinned(carried(hazards * _growth(own, way)(end_s), ratio, way))
            moved = kept + max(top - later - kept, 0.0) * float(pinned[0])
        else:
            moved = free
        read["rss_bytes"] = float((later + moved + run.rss_gb[0]) * run.memory_scale * 1e9)
        read["live_bytes"] = float((later + run.live_gb[0]) * run.memory_scale * 1e9 - run.told.ballast_bytes)
        if free > kept and PINNED_LINE in read:
            read[PINNED_LINE] *= max(moved - kept, 0.0) / (free - kept)
        steps[step] = read
    return steps


def _kept_by_glibc(run: Run, read: Mapping[str, float], free: float, most: float, way: Way) -> float:
    """GB free in glibc's hands at a step of the stop: as it was read, else between nothing and all that is free."""
    known = read.get("glibc_free_bytes")
    if known is not None and known >= 0:
        return min(run.gb(known), max(free, 0.0))
    if way.pins == "most":
        return free
    return 0.0 if way.pins == "least" else min(free, most * float(_pinned(KEPT_BY_GLIBC)))


def _warm_s(run: Run) -> float:
    """The end of the warm-up as it was recorded, seconds."""
    warm = run.t_s[(run.samples["phase"] == "warm-up").to_numpy(dtype=bool)]
    return float(warm[-1]) if warm.size else 0.0


def _live_between(times: _Values, read: _Values, tooth: NDArray[np.intp]) -> _Values:
    """Live bytes at every sample: interpolated between readings, never across a cleanup, where they fall at once."""
    found = np.full(times.size, np.nan)
    known = np.isfinite(read)
    for number in np.unique(tooth):
        inside = tooth == number
        x, at = np.unique(times[inside & known], return_index=True)  # at the stop two samples may have one instant
        y = read[inside & known][at]
        if x.size < 2:
            continue
        line = np.interp(times[inside], x, y)
        early, late = times[inside] < x[0], times[inside] > x[-1]
        line[early] = y[0] + (y[1] - y[0]) / (x[1] - x[0]) * (times[inside][early] - x[0])
        line[late] = y[-1] + (y[-1] - y[-2]) / (x[-1] - x[-2]) * (times[inside][late] - x[-1])
        found[inside] = line
    for number in np.unique(tooth[np.isnan(found)]):  # too few readings: it begins as the tooth before it did
        inside, before = tooth == number, tooth == number - 1
        if before.any() and np.isfinite(found[before]).all():
            begun = times[before][0] - times[inside][0]
            found[inside] = np.interp(times[inside] + begun, times[before], found[before])
    lacking = np.isnan(found)
    found[lacking] = np.interp(times[lacking], times[known], read[known])
    return found
