"""Why memory is what it is: whether a config still leaks, who holds it, when the limit comes, what stop() forgot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.analysis.config_finding import OUTCOMES, Finding, Outcome, finding
from harness.analysis.estimates import Estimate, Reading, over_seeds
from harness.analysis.leaks.child_commands import ConfigChildren, children_of
from harness.analysis.leaks.config_leaks import (
    COUNTS,
    GLIBC,
    LIVE,
    PYMALLOC,
    RSS,
    ConfigLeak,
    Measure,
    judge_config,
    series_of,
    slope,
)
from harness.analysis.leaks.memory_limit import Limit, highest, leaking_rate, limit_of, told_by
from harness.analysis.leaks.over_seeds import DECIDING
from harness.analysis.leaks.sequential import confidence_of
from harness.analysis.metrics import restarts
from harness.analysis.metrics.rss_lines import parts_gb, read_at, reading
from harness.analysis.metrics.waterfall import Waterfall, waterfall
from harness.analysis.owners.attribution import growth_in_parts
from harness.analysis.owners.growth import (
    SMALLER,
    UNATTRIBUTED,
    Growth,
    OwnerGrowth,
    Unevenness,
    certainly_above,
    explaining,
    unevenness,
)
from harness.analysis.runs import Run, Runs
from harness.scenario import Scenario

Leaks = Mapping[str, ConfigLeak]
"""The verdicts on one config, by measure."""

RESTARTED = ("live_bytes", "rss_bytes", "mappings_bytes")
RESTARTED_COUNTS = {"tasks": "tasks", "threads": "threads", "open_files": "open files"}
"""What is measured after each stop() of a run with restarts."""

UNEVEN = 2.0
"""An owner is uneven if its largest symbol has this many times an even share of its growth."""


@dataclass(frozen=True)
class Count:
    """Tasks, threads or open files that grow under load: the floors of its first and last twelfth, and per hour."""

    what: str
    first: Estimate
    last: Estimate
    per_hour: Estimate


@dataclass(frozen=True)
class Restarts:
    """What stays after each stop() of a config that was started and stopped `times` times in one process.

    `live`, `rss` and `mappings` are GB per restart, the slope over the restarts after the first two; `counts` are
    tasks, threads and open files after the last stop() less those after the second.
    """

    times: int
    live: Estimate
    rss: Estimate
    mappings: Estimate
    counts: dict[str, Estimate]


@dataclass(frozen=True)
class Explanation:
    """One config. Rates are GB/h at full scale under load, over what its runs recorded, however they ended.

    `outcome` is the leak verdict on live bytes, `reason` why it is so, with the hours that would decide an open one.
    `live` is the slope of the floors of live bytes in the part of the runs that decided it, in words in `part`; `rss`
    that of RSS; `pymalloc` and `glibc` those of the blocks that the two allocators have in use; their intervals have
    the `confidence` of the soak. `fragmentation` says that RSS leaks and live bytes do not. `grown` is how RSS had
    changed at the end of the feed, by part, empty where no breakdown was recorded. `lasting` says that no cleanup
    reaches some of the growth that the walks saw, for certain; `explained` are the first owners that make 90 % of it,
    `uneven` those of them that grow for some symbols more than for others. None is what was not recorded.
    `finding` are all verdicts on the config together. `children` are the processes that the target started, None where
    there were none or none were recorded.
    """

    config: str
    runs: tuple[Run, ...]
    outcome: Outcome
    reason: str
    part: str
    confidence: float
    live: Estimate
    rss: Estimate
    fragmentation: bool
    pymalloc: Estimate
    glibc: Estimate
    peak: Estimate
    limit: Limit | None
    grown: dict[str, Estimate]
    growth: Growth | None
    lasting: bool
    explained: tuple[OwnerGrowth, ...]
    uneven: tuple[Unevenness, ...]
    counts: tuple[Count, ...]
    restarts: Restarts | None
    stop: Waterfall | None
    finding: Finding
    children: ConfigChildren | None = None


def explain(scenario: Scenario, runs: Sequence[Run]) -> list[Explanation]:
    """The explanation of every config that has a run with a sample, in the scenario's order."""
    by_config = Runs.of(scenario, [run for run in runs if run.t_s.size]).by_config()
    return [explain_config(scenario, config, mine) for config, mine in by_config.items() if mine]


def explain_config(scenario: Scenario, config: str, runs: Sequence[Run]) -> Explanation:
    """The explanation of one config from its runs, each of which has a sample."""
    runs = Runs.of(scenario, runs)
    judged = judge_config(scenario, runs)
    live, rss = (_slope(scenario, runs, measure, judged.get(measure.name)) for measure in (LIVE, RSS))
    peak = over_seeds({run.seed: highest(run) for run in runs})
    verdict = None if (leak := judged.get("live")) is None else leak.verdict
    owned = growth_in_parts(config, runs)
    lasting = owned is not None and _lasts(owned.live.rate, scenario.memory.leak_budget_gb_per_hour)
    explained = explaining(owned.owners, owned.live.rate.estimate or 0.0) if owned is not None and lasting else ()
    named = [] if owned is None else [owner for owner in owned.owners if owner.path not in (UNATTRIBUTED, SMALLER)]
    told = explained or tuple(named[:1])
    by_symbol = (unevenness(config, runs, owner.path) for owner in told)
    return Explanation(
        config=config,
        runs=tuple(runs),
        outcome="undecided" if verdict is None else OUTCOMES[verdict.outcome],
        reason="" if leak is None else leak.reason,
        part=DECIDING[0] if verdict is None else verdict.part,
        confidence=confidence_of(scenario),
        live=live,
        rss=rss,
        fragmentation="rss" in judged and judged["rss"].fragmentation,
        pymalloc=_slope(scenario, runs, PYMALLOC),
        glibc=_slope(scenario, runs, GLIBC),
        peak=peak,
        limit=limit_of(scenario, runs, _leading(told_by(scenario, judged.values()), live, owned)),
        grown=_grown(runs),
        growth=owned,
        lasting=lasting,
        explained=explained,
        uneven=tuple(one for one in by_symbol if one is not None and one.times_even >= UNEVEN),
        counts=tuple(count for one in COUNTS if (count := _count(scenario, runs, one, judged)) is not None),
        restarts=_restarts(runs),
        stop=waterfall(config, runs),
        children=children_of(config, runs),
        finding=finding(config, judged.values(), scenario.memory.scale),
    )


def _lasts(rate: Estimate, budget: float) -> bool:
    """Whether growth is there for certain: all of its interval is above nothing, or one seed's above the budget."""
    return certainly_above(rate, budget if rate.low is None else 0.0)


def _restarts(runs: Sequence[Run]) -> Restarts | None:
    """What stays after each stop(), None where no run was restarted."""
    times = [len(run.facts.get("restarts") or {}) for run in runs]
    if not any(times):
        return None

    def of(read: restarts.Read) -> Estimate:
        return over_seeds({run.seed: read(run) for run in runs})

    live, rss, mappings = (of(restarts.slope(name)) for name in RESTARTED)
    counts = {words: of(restarts.difference(name)) for name, words in RESTARTED_COUNTS.items()}
    return Restarts(max(times), live, rss, mappings, counts)


def _leading(judged: Sequence[ConfigLeak], live: Estimate, owned: Growth | None) -> Estimate | None:
    """The growth that leads to the limit: what leaks by its floors; by the walks where live bytes have too few of them.

    What is not certain to go on leads nowhere.
    """
    leaking = leaking_rate(judged)
    if leaking is None and live.estimate is None and owned is not None and certainly_above(owned.live.rate, 0.0):
        return owned.live.rate
    return leaking


def _slope(scenario: Scenario, runs: Sequence[Run], measure: Measure, leak: ConfigLeak | None = None) -> Estimate:
    """The slope as the verdict has it; of all of the runs where there is none, or one seed alone."""
    if leak is not None and leak.verdict.slope is not None:
        return leak.rate
    return over_seeds({run.seed: slope(run, measure) for run in runs}, confidence=confidence_of(scenario))


def _grown(runs: Sequence[Run]) -> dict[str, Estimate]:
    """How RSS had changed at the last breakdown under feed, by part, over the seeds that recorded one."""
    found = {}
    for run in runs:
        at = np.flatnonzero(read_at(run) & run.fed)
        if at.size > 1 and at[0] == 0:
            found[run.seed] = parts_gb(run, reading(run, 0), reading(run, int(at[-1])))
    names = dict.fromkeys(name for parts in found.values() for name in parts)
    return {name: over_seeds({seed: Reading(parts.get(name, 0.0)) for seed, parts in found.items()}) for name in names}


def _count(scenario: Scenario, runs: Sequence[Run], measure: Measure, judged: Leaks) -> Count | None:
    """A count whose floors rise in every run by one or more, None where they do not, or its verdict is OK."""
    leak = judged.get(measure.name)
    if leak is None or leak.verdict.outcome == "OK":
        return None
    floors = [series_of(run, measure).judged_floors(run.warmup_s).values for run in runs]
    if any(one.size < 2 or one[-1] - one[0] < 1 for one in floors):
        return None
    per_hour = _slope(scenario, runs, measure, leak)
    if per_hour.estimate is None or per_hour.estimate <= 0:
        return None
    first, last = (
        over_seeds({run.seed: Reading(float(one[end])) for run, one in zip(runs, floors, strict=True)})
        for end in (0, -1)
    )
    return Count(measure.words, first, last, per_hour)
