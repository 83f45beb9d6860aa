"""What leaks and what does not, a line each: the config, what grows, how fast, who holds it."""

from __future__ import annotations

from collections.abc import Sequence

from harness.analysis.config_finding import findings
from harness.analysis.estimates import mean_or_zero
from harness.analysis.leaks.config_leaks import CHILDREN, RSS, TREE, ConfigLeak
from harness.analysis.leaks.load import Kept
from harness.analysis.leaks.load_decision import Explained
from harness.analysis.leaks.memory_limit import told_by
from harness.analysis.owners.attribution import growth_in_parts
from harness.analysis.owners.growth import EXPLAINED, UNATTRIBUTED, explaining, share_of
from harness.analysis.runs import Run, Runs
from harness.analysis.verdict.soak_verdict import Verdict
from harness.report.words.amounts import (
    budget_rate,
    in_unit,
    interval,
    percent,
    rate_interval,
    rate_unit,
    value,
    when_limit,
)
from harness.report.words.child_words import children_line, grows, real_time
from harness.report.words.open_points import of_configs
from harness.scenario import Scenario
from harness.text import joined

_KEPT: dict[Kept, str] = {
    "window": "what came in the last",
    "decay": "what came and fades within",
    "peak": "the most that came so far in",
}
"""By how a store follows its load."""


def leak_lines(scenario: Scenario, verdict: Verdict, runs: Sequence[Run]) -> list[str]:
    """Return a line for everything that leaks, of what is told at this scale, the gravest of each config first."""
    judged, found = Runs.of(scenario, runs), findings(verdict.leaks, scenario.memory.scale)
    return [_leaking(leak, judged.of_config(leak.config)) for one in found.values() for leak in one.leaking]


def limited(verdict: Verdict, config: str) -> str:
    """Return what of a config is held against the machine's limit."""
    of_tree = any(leak.config == config and leak.measure is TREE for leak in verdict.leaks)
    return TREE.words if of_tree else RSS.words


def limit_lines(verdict: Verdict) -> list[str]:
    """Return a line for every config that reaches the machine's limit, or has reached it."""
    return [f"{config}: {limited(verdict, config)} {when_limit(limit)}" for config, limit in verdict.limits.items()]


def child_lines(verdict: Verdict) -> list[str]:
    """Return what the configs started, a line each, and last what holds of all these figures; empty without any."""
    if not verdict.children:
        return []
    return [*map(children_line, verdict.children), real_time(verdict.children)]


def sound_line(scenario: Scenario, verdict: Verdict) -> str:
    """Return all that does not leak in one line; empty where that is nothing, as of a soak that is no evidence."""
    if verdict.status == "invalid":
        return ""
    told = told_by(scenario, verdict.leaks)
    sound = [leak for leak in told if leak.verdict.outcome == "OK"]
    if not sound:
        return ""
    untold = len(told) < len(verdict.leaks)
    note = " (RSS is judged at scale 1)" if untold and scenario.memory.scale != 1 else ""
    if verdict.status == "incomplete":
        note += ", by the runs that finished: what is missing may be what leaked"
    return f"{of_configs(sound, list(dict.fromkeys(leak.config for leak in told)))}{_within(sound, told)}{note}"


def _within(sound: Sequence[ConfigLeak], told: Sequence[ConfigLeak]) -> str:
    """Return by how much the bytes of a soak's one config grew within the budget; empty for several: no room."""
    grew = [leak for leak in sound if not leak.measure.counted and leak.rate.estimate is not None]
    if not grew or len({leak.config for leak in told}) > 1:
        return ""
    unit = rate_unit(*(leak.rate.estimate for leak in grew), *(leak.budget for leak in grew))
    rates = [f"{leak.measure.words} by {in_unit(leak.rate.estimate, unit)}" for leak in grew]
    return f" (they grow: {', '.join(rates)} of {budget_rate(grew[0].budget, unit)} allowed)"


def _leaking(leak: ConfigLeak, runs: Sequence[Run]) -> str:
    counted = leak.measure.counted
    allowed = value(leak.budget, leak.measure.unit) if counted else budget_rate(leak.budget, _unit(leak)).split()[0]
    line = f"{leak.config}, {leak.measure.words}: {_rate(leak)} ({allowed} allowed)"
    if leak.measure is CHILDREN:
        line = f"children of {leak.config}: {_rate(leak)} ({allowed} allowed)"
        return line if leak.command is None else f"{line}: {grows(leak.command)}"
    if leak.measure is TREE:
        return line
    if leak.fragmentation:
        return f"{line}; live bytes do not: memory that the program has and does not use"
    return line if counted else f"{line}{_held_by(leak.config, runs)}"


def load_lines(leaks: Sequence[ConfigLeak]) -> list[str]:
    """Return what the load explains, a line for all bytes of a config, and where a leak was judged without it."""
    lines = [
        f"{leak.config}, {leak.measure.words}: {load_words(leak.verdict.load)}"
        for leak in leaks
        if leak.verdict.load is not None and not leak.measure.counted
    ]
    if any(leak.verdict.leaks and not leak.verdict.load_recorded for leak in leaks):
        lines.append("not recorded in this result: growth that follows it is not told from a leak")
    return lines


def load_words(load: Explained) -> str:
    """Return how much of the growth the load explains, and what part of the load does."""
    if load.windows_h is None or load.kept is None:
        return "it explains none of the growth"
    shortest, longest = (round(60 * hours) for hours in load.windows_h)
    part = f"{_KEPT[load.kept]} {shortest if shortest == longest else f'{shortest} to {longest}'} minutes"
    if load.share is None:
        return f"nothing grew, and it moves with {part}"
    return f"it explains {percent(load.share)} of the growth: {part}"


def _rate(leak: ConfigLeak) -> str:
    """Return how fast it leaks: the interval, or the rates of the runs that leak where no one rate stands for all."""
    verdict, unit = leak.verdict, _unit(leak)
    hour = "an hour" if leak.measure.counted else unit
    rates = [verdict.seed_slopes[seed] for seed in verdict.leaking]
    if verdict.outcome == "SOME":
        seeds = joined([str(seed) for seed in verdict.leaking])
        some = f"{len(rates)} of {verdict.runs} runs (seed{'s' if len(rates) > 1 else ''} {seeds})"
        return f"{some}: {_span(rates, unit)} {hour}"
    if len(rates) > 1 and verdict.low is not None and verdict.low <= leak.budget:
        return f"every run, {_span(rates, unit)} {hour}"
    return f"{interval(leak.rate, unit) if leak.measure.counted else rate_interval(leak.rate, unit)} {hour}"


def _unit(leak: ConfigLeak) -> str:
    """Return in which unit a leak is told, with the runs that leak."""
    if leak.measure.counted:
        return leak.measure.unit
    return rate_unit(leak.rate.estimate, leak.rate.low, leak.rate.high, *leak.verdict.seed_slopes.values())


def _span(rates: Sequence[float], unit: str) -> str:
    write = in_unit if unit.endswith("B/h") else value
    low, high = write(min(rates), unit), write(max(rates), unit)
    return low if low == high else f"{low} to {high}"


def _held_by(config: str, runs: Sequence[Run]) -> str:
    """Return who holds most of what grows, where the walks over the owners tell."""
    owned = growth_in_parts(config, runs)
    if owned is None:
        return ""
    owners = explaining(owned.owners, mean_or_zero(owned.live.rate))
    lost = share_of(owned.owner(UNATTRIBUTED), owned.live) or 0.0
    share = share_of(owners[0], owned.live) if owners else None
    if lost > 0.5:
        return f", {percent(min(lost, 1.0))} of it without an owner"
    if share is None:
        return ""
    part = "" if share >= EXPLAINED else f"{percent(share)} "
    return f", {part}in {owners[0].path}"
