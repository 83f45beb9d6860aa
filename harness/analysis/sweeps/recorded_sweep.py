"""A recorded sweep: the one way from its result folder to its points, its runs, and which of them are missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.analysis.estimates import Reading, absent
from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.result import Result
from harness.analysis.runs import Run, Runs
from harness.cluster.conditions import machine_of
from harness.scenario import Scenario
from harness.soaks.result_folder import SCENARIO_FILE, read_manifest, run_folders
from harness.sweeps.merge import TOLD, read_sweep, told
from harness.sweeps.points import Point, Points
from harness.sweeps.sweep_file import WORLDS_FOLDER, Group, Shard, groups_of
from harness.sweeps.worlds import points_of, worlds_of

MISSING = "missing"
"""The status of a run that is due and of which nothing was recorded."""


@dataclass(frozen=True)
class Cell:
    """One run that the sweep has: its point, its world, the config and the base that it was made from, its seed."""

    point: Point
    world: str
    base: str
    config: str
    seed: int


class RecordedSweep:
    """What the result folder of a sweep holds. Each file is read when it is first asked for, and once.

    Raises UsageError, naming the file, where the folder is none of a sweep or a file of it is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scenario, self.about = read_sweep(folder)
        self.name = self.about.sweep
        self.points: Points = points_of(self.scenario, self.name)
        self._readings: dict[tuple[str, str, str], dict[int, Reading]] = {}

    @cached_property
    def worlds(self) -> dict[str, Scenario]:
        """The scenario of every world, as it ran where it did: with every parameter of its configs."""
        results = self._results
        return {world: results[world].scenario if world in results else made for world, made in self._written.items()}

    @cached_property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of every config in every world."""
        return tuple(next(iter(self._written.values())).planned_seeds())

    @cached_property
    def _written(self) -> dict[str, Scenario]:
        """The scenario of every world as the sweep declares it."""
        return worlds_of(self.scenario, self.name, complete=False)

    @cached_property
    def _results(self) -> dict[str, Result]:
        there = {world: self.folder / WORLDS_FOLDER / world for world in self.points.by_world()}
        return {
            world: Result.open(place)
            for world, place in there.items()
            if (place / SCENARIO_FILE).is_file() and run_folders(place)
        }

    @cached_property
    def runs(self) -> dict[str, Runs]:
        """The runs of every world that has some, judged on the terms of its scenario."""
        return {world: result.runs for world, result in self._results.items()}

    def cells(self) -> Iterator[Cell]:
        """Every run that the sweep, or its shard, has, recorded or not: by point, base and seed."""
        for point in self.points:
            world = self.points.world_of(point)
            for base in self.points.bases:
                config = self.points.config_of(point, base)
                for seed in self.seeds:
                    if (world, seed) in self.machines:
                        yield Cell(point, world, base, config, seed)

    def run(self, cell: Cell) -> Run | None:
        """The run of a cell, None where it is missing."""
        return self._by_cell.get((cell.world, cell.config, cell.seed))

    @cached_property
    def _by_cell(self) -> dict[tuple[str, str, int], Run]:
        return {(world, run.config, run.seed): run for world, runs in self.runs.items() for run in runs}

    def holes(self) -> dict[Cell, str]:
        """The cells without a finished run, each with the reason."""
        found = {}
        for cell in self.cells():
            run = self.run(cell)
            if run is None:
                found[cell] = MISSING
            elif run.unfinished:
                reason = str(run.facts.get("reason") or "")
                found[cell] = f"{run.ending}: {reason}" if reason else run.ending
        return found

    def readings(self, metric: str, point: Point, base: str) -> dict[int, Reading]:
        """The reading of a metric of one config at a point, by seed of the finished runs."""
        world, config = self.points.world_of(point), self.points.config_of(point, base)
        key = (metric, world, config)
        if key not in self._readings:
            runs = self.runs[world].finished if world in self.runs else ()
            self._readings[key] = METRICS[metric].readings(runs, config)
        return self._readings[key]

    def reading(self, metric: str, point: Point, base: str, seed: int) -> Reading:
        """The reading of one run; one without a value where the run is missing or did not finish."""
        found = self.readings(metric, point, base).get(seed)
        return absent("not reached", "the run is missing or did not finish") if found is None else found

    @cached_property
    def machines(self) -> dict[Group, Mapping[str, Any]]:
        """The machine of every group of runs that is due here, by world and seed, as manifests tell of it."""
        groups = groups_of(self.points.by_world(), self.seeds)
        if self.about.shard is not None:
            groups = self.about.shard.part_of(groups)
        if not self.about.parts:
            manifest = read_manifest(self.folder)
            here = {key.rpartition(".")[2]: told(manifest, key) for key in TOLD}
            return {group: self._other_machine(group) or here for group in groups}
        of = int(self.about.parts[0]["of"])
        recorded = {group: part for part in self.about.parts for group in Shard(int(part["shard"]), of).part_of(groups)}
        return {group: self._other_machine(group) or recorded.get(group, {}) for group in groups}

    def _other_machine(self, group: Group) -> Mapping[str, Any] | None:
        """The machine of a cluster that recorded a group, None where none did."""
        world, seed = group
        runs = sorted((self.folder / WORLDS_FOLDER / world).glob(f"runs/*/seed-{seed}"))
        return next((about for run in runs if (about := machine_of(run)) is not None), None)

    @property
    def missing_shards(self) -> tuple[Shard, ...]:
        """The shards that a merged result lacks."""
        if not self.about.parts:
            return ()
        of = int(self.about.parts[0]["of"])
        there = {int(part["shard"]) for part in self.about.parts}
        return tuple(Shard(number, of) for number in range(1, of + 1) if number not in there)
