"""Which config, and which of its owners or of what has none, is worth a rerun that looks for the lines of code."""

from __future__ import annotations

from collections.abc import Sequence

from harness.analysis.estimates import Estimate
from harness.analysis.explanation import Explanation
from harness.analysis.owners.growth import SMALLER, UNATTRIBUTED, OwnerGrowth, certainly_above

LEAST_SHARE = 0.05
"""An owner with less than this share of the growth is no suspect."""

LEFT_FOR_LATER_BYTES = 2e6
"""Real bytes of garbage in cycles that wait for Python's collector at one walk and not at another: 0.2 to 0.5 MB where
54,000 objects of 1.6 kB went so (CPython 3.12, 8 seeds). What grew by less between two walks is no suspect."""


def worst(found: Sequence[Explanation]) -> Explanation:
    """The config whose live bytes grow fastest under load, by their floors or by the walks, else whose RSS does."""
    return max(found, key=_rates)


def suspects(one: Explanation, most: int) -> tuple[list[str], float | None]:
    """The paths of the first owners of a config, and the growth of the first in GB/h at full scale, None without one.

    Those that grow for good; where none does, those that cleanups give most back of.
    """
    owned = one.growth
    if owned is None:
        return [], None
    lasting = one.outcome == "leak" or owned.live.cleared is None or certainly_above(owned.live.rate, 0.0)

    def rate(owner: OwnerGrowth) -> float:
        estimate = (owner.rate if lasting else owner.cleared) or owner.grown
        return (owner.grown if estimate.estimate is None else estimate).estimate or 0.0

    least = max(LEAST_SHARE * rate(owned.live), 0.0)
    named = [owner for owner in owned.owners if owner.path not in (UNATTRIBUTED, SMALLER) and rate(owner) > least]
    named.sort(key=rate, reverse=True)
    return [owner.path for owner in named[:most]], _rate_of(named[0], lasting) if named else None


def rate_without_owner(one: Explanation, budget: float) -> float | None:
    """How fast what has no owner grows, GB/h at full scale; None where that is not certain or within the `budget`.

    Where the walks are too few for a rate it is what it grew from the first to the last, by the hour.
    """
    if one.growth is None:
        return None
    lost = one.growth.owner(UNATTRIBUTED)
    if lost.rate.estimate is not None:
        known = lost.rate.estimate > budget and certainly_above(lost.rate, 0.0)
        return lost.rate.estimate if known else None
    hours = min(run.horizon_s for run in one.runs) / 3600
    grown = lost.grown.estimate
    least = max(budget * hours, *(run.gb(LEFT_FOR_LATER_BYTES) for run in one.runs))
    return grown / hours if grown is not None and grown > least else None


def _rate_of(owner: OwnerGrowth, lasting: bool) -> float | None:
    estimate = owner.rate if lasting else owner.cleared
    return None if estimate is None else estimate.estimate


def _rates(one: Explanation) -> tuple[float, float]:
    known: list[Estimate] = [one.live] if one.growth is None else [one.live, one.growth.live.rate]
    rates = [estimate.estimate for estimate in known if estimate.estimate is not None]
    return rates[0] if rates else float("-inf"), one.rss.estimate or 0.0
