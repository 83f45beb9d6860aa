"""When memory reaches the machine's limit: as it was seen, or as it will if what certainly leaks goes on.

That is RSS of the judged process or, where it started others, what all of them hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from harness.analysis.estimates import Estimate, Reading, mean_or_zero, over_seeds
from harness.analysis.leaks.config_leaks import RSS, TREE, ConfigLeak
from harness.analysis.metrics import levels
from harness.analysis.runs import Run
from harness.scenario import Scenario


@dataclass(frozen=True)
class Limit:
    """When memory reaches the machine's limit of `gb`, in virtual hours from the start.

    That is the scenario's, or less where a machine with less memory ended the runs there.
    `low` and `high` are the interval, or the first and the last seed where `reached` says that it was seen.
    """

    gb: float
    hours: float
    low: float
    high: float
    reached: bool


def limit_of(scenario: Scenario, runs: Sequence[Run], rate: Estimate | None) -> Limit | None:
    """When the runs of one config reached the limit, or will if their peak goes on to climb at `rate`, GB per hour.

    A rate without an interval, or with one that is not above the budget, foretells nothing; nor do runs that ended
    before the horizon.
    """
    gb, ended = scenario.memory.limit_gb, scenario.time.hours
    reached = [run.limit_s / 3600 for run in runs if run.limit_s is not None]
    if reached:
        told = [run.gb(run.facts["limit_bytes"]) for run in runs if run.facts.get("limit_bytes")]
        return Limit(min(told, default=gb), float(np.mean(reached)), min(reached), max(reached), reached=True)
    peak = over_seeds({run.seed: highest(run) for run in runs})
    if peak.estimate is None or peak.bound != "exact" or peak.estimate > gb:
        return None
    if rate is None or rate.estimate is None or rate.low is None or rate.high is None:
        return None
    if rate.low <= scenario.memory.leak_budget_gb_per_hour:
        return None
    hours, low, high = (ended + (gb - peak.estimate) / slope for slope in (rate.estimate, rate.high, rate.low))
    return Limit(gb, hours, low, high, reached=False)


def highest(run: Run) -> Reading:
    """The most that counts against the limit: that of the whole tree where there is one."""
    return levels.tree_peak(run) if run.has_children else levels.peak(run)


def told_by(scenario: Scenario, leaks: Iterable[ConfigLeak]) -> list[ConfigLeak]:
    """The verdicts on leaks that tell a rate at full scale: in a small world not those that RSS is part of."""
    return told_at(scenario.memory.scale, leaks)


def told_at(memory_scale: float, leaks: Iterable[ConfigLeak]) -> list[ConfigLeak]:
    """The same in a world of this scale; mappings that are idle are never told."""
    return [leak for leak in leaks if not leak.idle and (leak.measure not in (RSS, TREE) or memory_scale == 1)]


def leaking_rate(leaks: Sequence[ConfigLeak]) -> Estimate | None:
    """The growth of one config that leads to the limit: of the tree, if that leaks; else the first of these that does.

    Live bytes, mappings, RSS; RSS where both of the first leak. Where children leak, what they grow by, if that is
    more.
    """
    rates = {leak.measure.name: leak.rate for leak in leaks if leak.verdict.outcome == "LEAK"}
    if "tree" in rates:
        return rates["tree"]
    own = rates.get("live", rates.get("mappings", rates.get("rss")))
    if {"live", "mappings", "rss"} <= rates.keys():
        own = rates["rss"]
    theirs = rates.get("children")
    return theirs if own is None or (theirs is not None and mean_or_zero(theirs) > mean_or_zero(own)) else own
