"""What makes a soak no evidence: runs that are missing or unfinished, or whose world was not the one asked for."""

from __future__ import annotations

from collections.abc import Sequence

from harness.analysis.metrics import buffers, levels
from harness.analysis.runs import Run, Runs
from harness.analysis.verdict.control_record import ControlRecord
from harness.scenario import Scenario

BASELINE_SHARE = 0.05
"""How far a start may lie from the baseline, as a share of it."""


def due_seeds(scenario: Scenario, runs: Sequence[Run]) -> frozenset[int]:
    """The seeds that every config must have a finished run of: those planned, and those added that a config has."""
    return frozenset({*scenario.planned_seeds(), *(run.seed for run in runs)})


def incomplete_configs(scenario: Scenario, runs: Sequence[Run]) -> dict[str, str]:
    """The configs that lack a finished run of a seed that is due, each with the reasons: which run, how it ended."""
    due = due_seeds(scenario, runs)
    lacking = {}
    by_config = Runs.of(scenario, runs).by_config()
    for config in scenario.configs:
        by_seed = {run.seed: run for run in by_config[config]}
        reasons = [_ended(run) for run in by_seed.values() if run.unfinished]
        if absent := sorted(due - by_seed.keys()):
            reasons.append(f"{config} has no run of seed {', '.join(map(str, absent))}")
        if reasons:
            lacking[config] = "; ".join(reasons)
    return lacking


def judged_seeds(scenario: Scenario, runs: Sequence[Run], configs: Sequence[str]) -> frozenset[int]:
    """The seeds of which each of these configs has a finished run: in complete pairs, where there are two."""
    finished = Runs.of(scenario, runs).finished
    return frozenset.intersection(*(frozenset(run.seed for run in finished.of_config(config)) for config in configs))


def invalidities(scenario: Scenario, runs: Sequence[Run], controls: ControlRecord | None = None) -> list[str]:
    """What contradicts the premises of every claim; empty where nothing does.

    `controls` that do not hold, where the soak carried them out, come first. Then samples that are unaccounted for
    after stop(), configs that were handed nothing or did not see the same feed (complete runs only: one that reached
    the limit saw less of it), starts that are not at the baseline, code that did not come from where its config says.
    """
    instrument = controls.reasons() if controls is not None else ()
    strays = [*_origins(runs), *_idle(runs), *_unaccounted(runs)]
    return [*instrument, *strays, *_feeds(runs), *_starts(scenario, runs)]


def handed_nothing(run: Run) -> str:
    """Why a run tells nothing of its target under load, in words; empty where it was handed something, or none knows.

    On a wire that is a message sent to it or a request answered: what is counted of the feed goes to the exchange.
    """
    wire = run.facts.get("wire")
    if isinstance(wire, dict):
        reached = sum(row["sent"] for row in wire["streams"]) + wire.get("answered", 1)
        if reached:
            return ""
        return (
            "neither a request nor a subscription of it reached the exchange: does its adapter give the client "
            "environment.exchange.rest_url and .ws_url?"
        )
    if run.load is None or not run.load.events.size or run.load.events[-1]:
        return ""
    return (
        "it has none of the feed's handlers, or none of what they take came: soak try says which it has. One "
        "that lives on timers alone has an on_book() that does nothing"
    )


def _ended(run: Run) -> str:
    reason = run.facts.get("reason")
    return f"{run.config} seed {run.seed} {run.ending}" + (f": {reason}" if reason else "")


def _origins(runs: Sequence[Run]) -> list[str]:
    """What a config judged that is not its own version of the program: said once, however many of its runs did."""
    strays = ((run, stray) for run in runs for stray in (run.facts.get("code") or {}).get("elsewhere") or ())
    return [*dict.fromkeys(f"{run.config} has other code than its scenario says: {stray}" for run, stray in strays)]


def _idle(runs: Sequence[Run]) -> list[str]:
    """What was not under load at all, said once for each config."""
    idle = ((run.config, handed_nothing(run)) for run in runs if not run.unfinished)
    return [*dict.fromkeys(f"{config} was handed nothing: {why}" for config, why in idle if why)]


def _unaccounted(runs: Sequence[Run]) -> list[str]:
    readings = [(run, buffers.unaccounted(run).value) for run in runs if not run.unfinished]
    return [f"{run.config} seed {run.seed}: {count:g} samples are unaccounted for" for run, count in readings if count]


def _feeds(runs: Sequence[Run]) -> list[str]:
    feeds: dict[int, dict[str, list[str]]] = {}
    codes = ((run.config, run.facts.get("code") or {}) for run in runs)
    numpy = dict.fromkeys((str(code["numpy"]), config) for config, code in codes if code.get("numpy"))
    for run in runs:
        if run.status == "complete" and run.facts.get("feed_hash"):
            feeds.setdefault(run.seed, {}).setdefault(str(run.facts["feed_hash"]), []).append(run.config)
    told = ", ".join(f"numpy {version} makes that of {config}" for version, config in numpy)
    why = f": {told}" if len({version for version, _ in numpy}) > 1 else ""
    return [
        f"seed {seed}: {' and '.join(', '.join(configs) for configs in hashes.values())} did not get the same feed{why}"
        for seed, hashes in feeds.items()
        if len(hashes) > 1
    ]


def _starts(scenario: Scenario, runs: Sequence[Run]) -> list[str]:
    baseline = scenario.memory.baseline_gb
    if baseline is None:
        return []
    starts = [(run, levels.start(run).value) for run in runs if not run.unfinished]
    return [
        f"{run.config} seed {run.seed} started at {start:.2f} GB, not at the baseline of {baseline:g} GB"
        for run, start in starts
        if start is not None and abs(start - baseline) > BASELINE_SHARE * baseline
    ]
