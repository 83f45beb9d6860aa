"""The anchor runs of a soak as they were recorded: the worlds of each config, and why one has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.analysis.metrics.levels import ended
from harness.analysis.runs import Run, read_run
from harness.scenario import Scenario, load
from harness.soaks.anchor_plan import ANCHORS_FOLDER, read_plan
from harness.soaks.result_folder import run_folders


@dataclass(frozen=True, eq=False)
class World:
    """The anchor runs of one config at one scale, and the scenario that ran there."""

    scenario: Scenario
    runs: tuple[Run, ...]

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
                    return f"its anchor run at scale {world.scale:g}: {ended(run)}" + (f": {reason}" if reason else "")
            if not world.runs:
                return f"its anchor run at scale {world.scale:g} did not begin"
        return ""


NO_ANCHORS = Anchors()


def read_anchors(result: Path) -> Anchors:
    """The anchor runs of a result folder. Raises UsageError, naming the file, where one is damaged."""
    planned = read_plan(result)
    if planned is None:
        return NO_ANCHORS
    worlds: dict[str, list[World]] = {}
    for world in sorted(planned.worlds, key=lambda world: -world.scale):
        folder = result / ANCHORS_FOLDER / world.folder_name
        file = folder / "scenario.toml"
        scenario = load(str(file), import_target=False)
        recorded = any(folder.glob("runs/*/seed-*/run.json"))
        runs = tuple(map(read_run, run_folders(folder))) if recorded else ()
        worlds.setdefault(world.config, []).append(World(scenario, runs))
    return Anchors({config: tuple(found) for config, found in worlds.items()}, planned.unfit)
