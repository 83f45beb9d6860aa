"""Which configs of a soak need anchor runs, how large and how long: from its claims and its small runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.analysis.full_scale.extrapolation import ENOUGH_SEEDS, moves
from harness.analysis.leaks.config_leaks import settled_by_live
from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.runs import Run, Runs
from harness.scenario import Scenario
from harness.soaks.anchor_plan import START_S, Need
from harness.soaks.archive import PEAK_TREE
from harness.soaks.plan import IDLE_MARGIN

FEWEST_TEETH = 5
"""A course is told by so many teeth after the warm-up; where all hours have fewer, by all hours."""

RELEASE_TEETH = 1
"""What stays after a stop is told by a stop after one cleanup."""


def anchor_needs(scenario: Scenario, runs: Sequence[Run]) -> tuple[list[Need], dict[str, str]]:
    """What must be run in larger worlds, so that every claim on what moves with the scale is judged at full scale.

    Beside it, by config, why one that should be anchored cannot: its peak is not known.
    """
    soaked = Runs.of(scenario, runs)
    needs: list[Need] = []
    unfit: dict[str, str] = {}
    for config in scenario.configs:
        mine = soaked.telling.of_config(config)
        asked = _asked(scenario, soaked, config)
        if not asked or not mine:
            continue
        early = next((run for run in mine if run.status != "complete"), None)
        if early is not None:
            unfit[config] = f"{config} {early.ending} in the small world, so its peak is not known"
        elif any(run.facts.get("clock") == "real" for run in mine):
            unfit[config] = "a soak in real time has no anchor runs"
        else:
            needs.append(_need(scenario, mine, asked))
    return needs, unfit


def _asked(scenario: Scenario, runs: Runs, config: str) -> set[str]:
    """How the metrics move that claims ask of a config."""
    return {
        "leak" if METRICS[claim.metric].leak else METRICS[claim.metric].moves
        for claim in scenario.claims
        if config in claim.configs
        and not claim.not_testable
        and moves(METRICS[claim.metric], scenario, runs, claim.configs)
        and not (METRICS[claim.metric].leak and settled_by_live(scenario, runs.of_config(config)))
    }


def _need(scenario: Scenario, runs: Sequence[Run], asked: set[str]) -> Need:
    hours = scenario.time.hours
    period_h = _period_h(runs)
    teeth = FEWEST_TEETH if "course" in asked else RELEASE_TEETH
    fewest = scenario.time.warmup_minutes / 60 + teeth * (period_h or hours)
    whole = period_h is None or fewest > hours or scenario.time.starts > 1 or not asked & {"course", "release"}
    least = hours if whole or period_h is None else hours - int((hours - fewest) / period_h) * period_h
    idle = max(float(run.facts.get("idle_rss_bytes") or 0) for run in runs)
    baseline_gb = scenario.memory.baseline_gb
    return Need(
        config=runs[0].config,
        peak_bytes=max(run.facts.get(PEAK_TREE, run.facts["peak_rss_bytes"]) / run.memory_scale for run in runs),
        wall_s_per_hour=float(np.mean([_wall_s_per_hour(run) for run in runs])),
        hours=hours,
        least_hours=least,
        period_h=0.0 if period_h is None or scenario.time.starts > 1 else period_h,
        least_scale=1.0 if baseline_gb is None else idle * IDLE_MARGIN / (baseline_gb * 1e9),
        seeds=min(ENOUGH_SEEDS, scenario.seeds) if asked == {"leak"} else 1,
    )


def _period_h(runs: Sequence[Run]) -> float | None:
    """The usual hours between two cleanups of a config, None where a run had fewer than two."""
    gaps = [np.diff(run.event_times("cleanup")) / 3600 for run in runs]
    return float(np.median(np.concatenate(gaps))) if all(gap.size for gap in gaps) else None


def _wall_s_per_hour(run: Run) -> float:
    """Real seconds that a virtual hour takes at full scale on an idle machine.

    Without the wait for a core, and without the start and the stop of the run, which every run has once.
    """
    idle_s = run.facts["wall_s"] - run.facts.get("queued_s", 0.0)
    return float(max(idle_s - START_S, idle_s / 2) / (run.facts["t_s"] / 3600) / run.memory_scale)
