"""The owners of each config over virtual time, for a picture in which one owner is the same everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.analysis.curves import Curve, spread
from harness.analysis.owners.growth import UNATTRIBUTED, Walks, walks
from harness.analysis.rss_course import held_between
from harness.analysis.runs import EPSILON_S, Run

OTHER = "(others)"
"""All owners that are not among the largest."""

LEAST_SHARE = 0.01
"""An owner that nowhere holds this share of the highest stack is not told apart."""

STEADY_SHARE = 0.05
"""Owners whose falls differ by less than this share of the largest owner are as steady as one another."""

_SMALL_BEND = 0.02
"""Bends of live bytes from walk to walk by less than this share of them tell hardly which owner makes them."""

_Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OwnerCourse:
    """The owners of one config, the median over its seeds, GB at full scale; `hours` and every owner have (points,).

    `owners` has the same paths in the same order for every config of a soak, then OTHER and UNATTRIBUTED, which may be
    negative. They add up to `live`, live bytes without ballast, of the same shape; where these were not read it is None
    and the owners are joined from walk to walk.
    """

    config: str
    hours: _Values
    owners: dict[str, _Values]
    live: _Values | None


def owner_courses(runs: Sequence[Run], curves: Mapping[str, Curve], most: int) -> dict[str, OwnerCourse]:
    """The courses, at the instants of these `curves`, of the configs that were walked.

    At most `most` owners are told apart: those that held most in any walk of any config.
    """
    walked = {
        config: [(run, found) for run in runs if run.config == config and (found := walks(run))] for config in curves
    }
    tables = [found.gb for pairs in walked.values() for _, found in pairs]
    named = _steady_first(_largest(tables, most), tables)
    return {config: _course(curves[config], pairs, named) for config, pairs in walked.items() if pairs}


def _largest(tables: Sequence[pd.DataFrame], most: int) -> dict[str, float]:
    """The most that each of the largest owners held in a walk, the largest first."""
    held: dict[str, float] = {}
    for table in tables:
        for path, values in table.max().items():
            if path != UNATTRIBUTED:
                held[str(path)] = max(held.get(str(path), 0.0), float(values))
    least = LEAST_SHARE * max((float(table.sum(axis=1).max()) for table in tables), default=0.0)
    largest = sorted((path for path in held if held[path] >= least), key=lambda path: held[path], reverse=True)
    return {path: held[path] for path in largest[:most]}


def _steady_first(largest: Mapping[str, float], tables: Sequence[pd.DataFrame]) -> list[str]:
    """The paths, the steadiest first: a sawtooth at the bottom of a stack would be seen in all above it."""
    step = STEADY_SHARE * max(largest.values(), default=0.0) or 1.0

    def falls(path: str) -> int:
        drops = [np.maximum(-np.diff(table[path].to_numpy()), 0.0).sum() for table in tables if path in table]
        return round(float(max(drops, default=0.0)) / step)

    return sorted(largest, key=falls)


def _course(curve: Curve, pairs: Sequence[tuple[Run, Walks]], named: Sequence[str]) -> OwnerCourse:
    at_s = curve.hours * 3600
    live = spread(np.array([_live(run, at_s) for run, _ in pairs])).median
    rows = [_of_run(run, found, named, at_s) for run, found in pairs]
    owners = {path: spread(np.array([row[path] for row in rows])).median for path in rows[0]}
    if not np.isfinite(live).any():
        return OwnerCourse(curve.config, curve.hours, owners, None)
    return OwnerCourse(curve.config, curve.hours, _fitted(owners, live), live)


def _live(run: Run, at_s: _Values) -> _Values:
    """Live bytes of one run without ballast at these seconds, GB, NaN after its end; a cleanup is a step."""
    live = run.held_gb
    read = np.isfinite(live) & run.fed
    if not read.any():
        return np.full(at_s.size, np.nan)
    return held_between(at_s, run.t_s[read], live[read], steps=run.event_times("cleanup"), end=run.t_s[run.fed][-1])


def _of_run(run: Run, found: Walks, named: Sequence[str], at_s: _Values) -> dict[str, _Values]:
    """The owners of one run at these seconds, GB, NaN after its end.

    Between walks they are joined by straight lines. Live bytes, which are read more often, bend away from theirs: each
    owner has its own part of every such bend (:func:`bends`), so that a cleanup between two walks shows.
    """
    table = found.gb.reindex(columns=[*named, UNATTRIBUTED], fill_value=0.0)
    table.insert(len(named), OTHER, found.gb.sum(axis=1) - table.sum(axis=1))
    straight = {str(path): np.interp(at_s, found.times_s, values.to_numpy()) for path, values in table.items()}
    live = _live(run, at_s)
    bend = np.zeros(at_s.size)
    if np.isfinite(live).any():
        bend = live - np.sum(list(straight.values()), axis=0)
    fed_s = run.t_s[run.fed]
    ended = at_s > (fed_s[-1] if fed_s.size else found.times_s[-1]) + EPSILON_S  # its samples may be lost
    parts = bends(found.times_s, table.to_numpy())
    return {
        path: np.where(ended, np.nan, values + part * bend)
        for (path, values), part in zip(straight.items(), parts, strict=True)
    }


def bends(times: _Values, gb: _Values) -> _Values:
    """The part that each owner has in the bends of live bytes, shape (owners,), none negative, together 1.

    `times` has shape (walks,), `gb` (walks, owners). A bend is how far a walk lies from the straight line between its
    neighbours; an owner's part is the least-squares slope of its bends over those of all owners together. What grows
    steadily has none, what a cleanup takes has all. Where live bytes hardly bend, the owners that vary most share them.
    """
    ranges = np.ptp(gb, axis=0)
    vary = ranges / ranges.sum() if ranges.sum() > 0 else np.full(gb.shape[1], 1 / gb.shape[1])
    if len(times) < 3:
        return vary
    left, middle, right = times[:-2], times[1:-1], times[2:]
    weight = ((middle - left) / np.maximum(right - left, 1e-9))[:, np.newaxis]
    own = gb[1:-1] - (1 - weight) * gb[:-2] - weight * gb[2:]
    live = own.sum(axis=1)
    prior = (_SMALL_BEND * float(np.abs(gb.sum(axis=1)).max())) ** 2 or 1.0
    parts = np.maximum((own.T @ live + prior * vary) / (live @ live + prior), 0.0)
    found: _Values = parts / parts.sum()
    return found


def _fitted(owners: Mapping[str, _Values], live: _Values) -> dict[str, _Values]:
    """The owners, none below nothing, made to add up to live bytes; the unattributed is left as it is."""
    held = {path: np.maximum(values, 0.0) for path, values in owners.items() if path != UNATTRIBUTED}
    total = np.sum(list(held.values()), axis=0)
    wanted = np.maximum(live - owners[UNATTRIBUTED], 0.0)
    share = np.divide(wanted, total, out=np.ones_like(total), where=total > 0)
    return {**{path: values * share for path, values in held.items()}, UNATTRIBUTED: owners[UNATTRIBUTED]}
