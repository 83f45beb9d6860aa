"""The growth of live bytes split among owners so that the parts add up to it: GB per virtual hour at full scale."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.analysis.estimates import Reading, absent, over_seeds
from harness.analysis.owners.growth import SMALLER, Growth, Walks, fastest_first, growth, walks
from harness.analysis.owners.rates import FEWEST_UNDER_CLEANUPS
from harness.analysis.runs import Run

_Values = NDArray[np.float64]


def growth_in_parts(config: str, runs: Sequence[Run]) -> Growth | None:
    """How the owners of `config` grow, in parts that add up; None where none of its runs was walked."""
    found = growth(config, runs)
    if found is None:
        return None
    if found.live.cleared is None and any(run.event_times("cleanup").size for run in runs if run.config == config):
        return _without_rates(found, f"{config} was walked too few times between its cleanups")
    return adding_up(found, runs)


def adding_up(found: Growth, runs: Sequence[Run]) -> Growth:
    """`found` with owners whose rates add up to those of live bytes in every seed, the fastest first again.

    A median regression of each owner alone is robust, but the sum of medians is not the median of a sum: parts of 134 %
    and -34 % come out. So live bytes alone are estimated in that way, r GB/h for good and c GB/h between cleanups, and
    an owner's part of both follows from one least-squares fit over the walks after the warm-up, owner = a + b x hours +
    k x live bytes: b + k r for good, k c between cleanups. Owners make up live bytes in every walk, so the b add up to
    0 and the k to 1. Where a seed has too few walks for that, `found` is returned as it is.
    """
    paths = [owner.path for owner in found.owners]
    rates: dict[int, _Values] = {}
    cleared: dict[int, _Values] = {}
    for run in runs:
        walked = walks(run) if run.config == found.config else None
        if walked is None:
            continue
        rate = found.live.rate.values.get(run.seed)
        fit = _fit(walked, paths)
        if rate is None or fit is None:
            return found
        steady, with_live = fit
        rates[run.seed] = steady + with_live * rate
        until = None if found.live.cleared is None else found.live.cleared.values.get(run.seed)
        if until is not None:
            cleared[run.seed] = with_live * until
    owners = [
        dataclasses.replace(
            owner,
            rate=over_seeds({seed: Reading(float(values[place])) for seed, values in rates.items()}),
            cleared=over_seeds({seed: Reading(float(values[place])) for seed, values in cleared.items()})
            if cleared.keys() == rates.keys()
            else owner.cleared,
        )
        for place, owner in enumerate(found.owners)
    ]
    return dataclasses.replace(found, owners=fastest_first(owners))


def _without_rates(found: Growth, reason: str) -> Growth:
    """`found` with rates that say why there are none: a slope through a few walks of a sawtooth is chance."""
    lack = over_seeds(dict.fromkeys(found.live.rate.seeds, absent("undecided", reason)))
    owners = [dataclasses.replace(owner, rate=lack) for owner in found.owners]
    return dataclasses.replace(found, live=dataclasses.replace(found.live, rate=lack), owners=fastest_first(owners))


def _fit(walked: Walks, paths: list[str]) -> tuple[_Values, _Values] | None:
    """Of every path, what it grows per hour and per byte of live bytes, each of shape (paths,); None if too few walks.

    What is not among the paths is SMALLER.
    """
    late = ~walked.early
    if late.sum() < FEWEST_UNDER_CLEANUPS:
        return None
    table = walked.gb[late]
    live = table.sum(axis=1).to_numpy()
    owners = table.reindex(columns=paths, fill_value=0.0)
    if SMALLER in paths:
        owners[SMALLER] = live - owners.drop(columns=SMALLER).sum(axis=1)
    hours = walked.times_s[late] / 3600
    size = float(np.ptp(live)) or 1.0
    design = np.column_stack([np.ones(hours.size), hours, live / size])
    _, steady, with_live = np.linalg.lstsq(design, owners.to_numpy(), rcond=None)[0]
    return steady, with_live / size
