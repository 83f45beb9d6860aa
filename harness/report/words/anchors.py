"""What is said of anchor runs: before a soak, and before they start."""

from __future__ import annotations

from harness.analysis.metrics.catalogue import METRICS
from harness.scenario import Scenario
from harness.soaks.anchor_plan import Plan
from harness.soaks.run_rows import OtherWorld
from harness.soaks.soak import Planned
from harness.text import joined


def soak_words(planned: Planned, room_bytes: float) -> str:
    """Say how many runs a soak begins with, how much memory they may take, and what follows at larger scales."""
    scenario = planned.scenario
    runs = len(planned.rows)
    limit = max(row.job.limit_bytes for row in planned.rows)
    words = (
        f"{runs} {'run' if runs == 1 else 'runs'} at scale {scenario.memory.scale:g}, "
        f"{min(planned.at_once, runs)} at once, {min(limit, room_bytes) / 1e9:.1f} GB each at most."
    )
    moving = moving_configs(scenario)
    minutes = scenario.memory.anchors.minutes
    if not moving or planned.world.real_time:
        return words
    if not minutes:
        return f"{words} No anchor runs: what moves with the scale stays undecided."
    return (
        f"{words} Then anchor runs of {joined(moving)} in larger worlds, for what moves with the scale: at most "
        f"{minutes:g} minutes of an idle machine, in up to {room_bytes / 1e9:.1f} GB of memory that is free."
    )


def moving_configs(scenario: Scenario) -> list[str]:
    """Return the configs of claims that move with the scale of a scenario in a small world."""
    if scenario.memory.scale == 1:
        return []
    claims = [claim for claim in scenario.claims if not claim.not_testable]
    asked = {config for claim in claims if METRICS[claim.metric].moves_with_scale for config in claim.configs}
    return [config for config in scenario.configs if config in asked]


def plan_words(planned: Plan, at_once: int) -> list[str]:
    """Say what will run in other worlds, how long it takes and how much memory; and what will not run, and why."""
    lines = []
    if planned.worlds:
        minutes = max(round(planned.wall_s / 60, 1), 0.1)
        lines.append(
            f"Anchor runs: {'; '.join(_world_words(world) for world in planned.worlds)}: about {minutes:g} "
            f"{'minute' if minutes == 1 else 'minutes'} of an idle machine, {at_once} at once, "
            f"{planned.memory_bytes / 1e9:.1f} GB of memory."
        )
    lines += [f"No anchor runs of {config}: {reason}." for config, reason in planned.unfit.items()]
    return lines


def _world_words(world: OtherWorld) -> str:
    seeds = "" if len(world.seeds) == 1 else f", {len(world.seeds)} seeds"
    return f"{world.config} at scale {world.scale:g} for {world.hours:.3g} h{seeds}"
