"""One release: whether it leaks, how fast, for how many calls, and who holds what grows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.analysis.config_finding import finding
from harness.analysis.estimates import NO_ESTIMATE, Estimate, mean_or_zero
from harness.analysis.leaks.config_leaks import CHILDREN, LIVE, ConfigLeak
from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.owners.attribution import growth_in_parts
from harness.analysis.owners.growth import UNATTRIBUTED, explaining, share_of
from harness.analysis.result import Result
from harness.analysis.runs import Run
from harness.histories.search import Outcome

PER_CALLS = "growth.per_1000_calls_mb"

WORDS: dict[Literal["leak", "no leak", "undecided"], Outcome] = {"leak": "bad", "no leak": "good", "undecided": "open"}


@dataclass(frozen=True)
class ReleaseFinding:
    """What the runs of a release came to.

    `leak` is the gravest verdict that leaks, else that on live bytes. `per_calls` is MB for every 1,000 calls, without
    an estimate where calls are not counted. `owner` is the path that holds most of what grows, empty where none is
    known or nothing leaks, `share` its share of the growth. `reason` says why a release is open. `lacks_seeds`: one
    more seed may decide it; `hours_needed` are the hours that would.
    """

    outcome: Outcome
    seeds: int
    hours: float
    leak: ConfigLeak | None = None
    per_calls: Estimate = NO_ESTIMATE
    owner: str = ""
    share: float | None = None
    reason: str = ""
    lacks_seeds: bool = False
    hours_needed: float | None = None


def find_release(result: Result) -> ReleaseFinding:
    """What the result of one release, which has one config, says; runs are read again where there are more."""
    result.refresh()
    (config,) = result.scenario.configs
    return find_config(result, config)


def find_config(result: Result, config: str) -> ReleaseFinding:
    """What a result says of one of its configs."""
    scenario, runs = result.scenario, result.runs.of_config(config)
    seeds, hours = len(runs), scenario.time.hours
    failed = [*result.lacking, *result.invalidities]
    verdict = result.verdict
    found = finding(config, verdict.leaks, scenario.memory.scale)
    outcome = WORDS[found.outcome]
    if failed and (outcome != "bad" or result.invalidities):
        return ReleaseFinding("open", seeds, hours, found.leading or found.of(LIVE), reason=failed[0])
    leak = found.leading or found.of(LIVE)
    owner, share = ("", None) if outcome != "bad" else _owner(found.leading, list(runs))
    open_leaks = [one for one in found.others if one.verdict.outcome == "INCONCLUSIVE"] if outcome == "open" else []
    needed = [one.verdict.hours_needed for one in open_leaks if one.verdict.hours_needed is not None]
    return ReleaseFinding(
        outcome,
        seeds,
        hours,
        leak,
        METRICS[PER_CALLS].compute(list(runs), [config]),
        owner,
        share,
        reason=open_leaks[0].reason if open_leaks else "",
        lacks_seeds=any(one.verdict.lacks_seeds for one in open_leaks),
        hours_needed=max(needed, default=None),
    )


def _owner(leak: ConfigLeak | None, runs: list[Run]) -> tuple[str, float | None]:
    """The path that holds most of what leaks, and its share of the growth; of children the command."""
    if leak is None or leak.measure.counted:
        return "", None
    if leak.measure is CHILDREN:
        return ("", None) if leak.command is None else (leak.command.command, None)
    owned = growth_in_parts(leak.config, runs)
    if owned is None:
        return "", None
    owners = explaining(owned.owners, mean_or_zero(owned.live.rate))
    lost = share_of(owned.owner(UNATTRIBUTED), owned.live) or 0.0
    if lost > 0.5 or not owners:
        return "", None
    return owners[0].path, share_of(owners[0], owned.live)
