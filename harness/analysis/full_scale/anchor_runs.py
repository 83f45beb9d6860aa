"""The anchor runs of a soak as they were recorded: the worlds of each config, and why one has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.analysis.runs import Run
from harness.scenario import Scenario


@dataclass(frozen=True, eq=False)
class World:
    """The anchor runs of one config at one scale, on the terms of the scenario that ran there."""

    scenario: Scenario
    runs: tuple[Run, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "runs", tuple(run.under(self.scenario) for run in self.runs))

    @property
    def config(self) -> str:
        """The config of its runs, of which it has at least one."""
        return self.runs[0].config

    @property
    def scale(self) -> float:
        """The size of the world."""
        return self.scenario.memory.scale

    @property
    def hours(self) -> float:
        """The virtual hours that were run."""
        return self.scenario.time.hours


@dataclass(frozen=True, eq=False)
class Anchors:
    """The anchor runs of a soak, by config the largest world first; `unfit` says why a config has none."""

    worlds: Mapping[str, tuple[World, ...]] = field(default_factory=dict)
    unfit: Mapping[str, str] = field(default_factory=dict)

    def largest(self, config: str) -> World | None:
        """The largest world of a config, None where it has none or one of its runs did not complete."""
        worlds = self.worlds.get(config, ())
        return worlds[0] if worlds and not self.broken(config) else None

    def broken(self, config: str) -> str:
        """Which anchor run of a config did not complete, and why; empty where all did."""
        for world in self.worlds.get(config, ()):
            for run in world.runs:
                if run.status != "complete":
                    reason = run.facts.get("reason")
                    how = f"{run.config} {run.ending}" + (f": {reason}" if reason else "")
                    return f"its anchor run at scale {world.scale:g}: {how}"
            if not world.runs:
                return f"its anchor run at scale {world.scale:g} did not begin"
        return ""


NO_ANCHORS = Anchors()
