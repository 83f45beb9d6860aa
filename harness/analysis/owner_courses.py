"""The owners of each config over virtual time, for a picture in which one owner is the same everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.analysis.breakdown import median_of
from harness.analysis.owners import UNATTRIBUTED, Walks, walks
from harness.analysis.runs import Run
from harness.scenario import Scenario

OTHER = "(others)"
"""All owners that are not among the largest."""


STEADY_SHARE = 0.05
"""Owners whose falls differ by less than this share of the largest owner are as steady as one another."""

_Medians = tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]


@dataclass(frozen=True, eq=False)
class OwnerCourse:
    """The owners of one config, the median over its seeds, GB at full scale; `hours` and every owner have (points,).

    `owners` has the same paths in the same order for every config of a soak, then OTHER and UNATTRIBUTED, which may be
    negative. Medians of owners need not add up to the median of live bytes, but nearly do.
    """

    config: str
    hours: NDArray[np.float64]
    owners: dict[str, NDArray[np.float64]]


def owner_courses(scenario: Scenario, runs: Sequence[Run], configs: Sequence[str], most: int) -> dict[str, OwnerCourse]:
    """The courses of the configs that were walked, with the `most` largest owners told apart: those that held most of
    any config at any time."""
    every_s = scenario.time.sample_every_s
    walked = {
        config: [found for run in runs if run.config == config and (found := walks(run, scenario))]
        for config in configs
    }
    medians = {config: _medians(found, every_s) for config, found in walked.items() if found}
    largest: dict[str, float] = {}
    for _, owners in medians.values():
        for path, values in owners.items():
            if path != UNATTRIBUTED:
                largest[path] = max(largest.get(path, 0.0), float(np.nanmax(values, initial=0.0)))
    named = _steady_first(sorted(largest, key=lambda path: largest[path], reverse=True)[:most], medians, largest)
    return {config: _course(config, hours, owners, named) for config, (hours, owners) in medians.items()}


def _steady_first(paths: Sequence[str], medians: Mapping[str, _Medians], largest: Mapping[str, float]) -> list[str]:
    """The paths, those first that never fall: a sawtooth at the bottom of a stack would be seen in all above it."""
    step = STEADY_SHARE * max(largest.values(), default=0.0) or 1.0

    def falls(path: str) -> int:
        drops = [np.maximum(-np.diff(owners[path]), 0.0) for _, owners in medians.values() if path in owners]
        return round(max((float(np.nansum(drop)) for drop in drops), default=0.0) / step)

    return sorted(paths, key=falls)


def _medians(found: Sequence[Walks], every_s: float) -> _Medians:
    times = [one.times_s for one in found]
    paths = dict.fromkeys(path for one in found for path in one.gb.columns)
    hours = np.empty(0)
    owners = {}
    for path in paths:
        values = [one.gb[path].to_numpy() if path in one.gb else np.zeros(len(one.gb)) for one in found]
        hours, owners[path] = median_of(times, values, every_s=every_s)
    return hours, owners


def _course(
    config: str, hours: NDArray[np.float64], owners: dict[str, NDArray[np.float64]], named: Sequence[str]
) -> OwnerCourse:
    nothing = np.zeros(hours.size)
    told = {path: owners.get(path, nothing) for path in named}
    rest = [values for path, values in owners.items() if path not in told and path != UNATTRIBUTED]
    told[OTHER] = np.sum(rest, axis=0) if rest else nothing
    told[UNATTRIBUTED] = owners.get(UNATTRIBUTED, nothing)
    return OwnerCourse(config, hours, told)
