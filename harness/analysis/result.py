"""A recorded soak: the one way from a result folder to its scenario, its runs and its verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.analysis.full_scale.anchor_runs import NO_ANCHORS, Anchors, World
from harness.analysis.reading import read_run, run_or_damage
from harness.analysis.runs import Run, Runs
from harness.analysis.verdict.claim_verdict import check_claims
from harness.analysis.verdict.control_record import ControlRecord, read_controls
from harness.analysis.verdict.more_seeds import lacking_seeds
from harness.analysis.verdict.soak_verdict import Verdict, judge
from harness.analysis.verdict.validity import incomplete_configs, invalidities
from harness.errors import UsageError
from harness.scenario import Scenario, load
from harness.soaks.anchor_plan import ANCHORS_FOLDER, read_plan
from harness.soaks.archive import archive_result
from harness.soaks.living import lives, locked
from harness.soaks.result_folder import SCENARIO_FILE, read_manifest, run_folders
from harness.worker.recorder import RUN_FILE


class Result:
    """What a result folder holds. Each file is read when it is first asked for, and once.

    Runs that ended without a word, because their supervisor was killed as well, are archived first, by one reader at a
    time. While another process carries out the soak nothing is written: runs are read as far as they are. A run whose
    files are damaged is one that is, with the reason, and voids no other. All else raises UsageError, naming the file,
    where it is missing, damaged, or of another format.

    A soak that is being carried out has a result, too: :meth:`refresh` lets it see what was recorded since, and keeps
    the runs that it has read. A `scenario` stands for the recorded one where something else ran in its place; `read` is
    how a run is read.
    """

    def __init__(
        self, folder: Path, *, scenario: Scenario | None = None, read: Callable[[Path], Run] = read_run
    ) -> None:
        self.folder = folder
        self._judged_by = scenario
        self._read = read
        self._read_runs: dict[Path, Run] = {}

    @classmethod
    def open(cls, folder: Path) -> Result:
        """The result of a soak that has ended. Raises UsageError where the folder is none."""
        if not (folder / SCENARIO_FILE).is_file():
            raise UsageError(f"{folder}: not a result folder, it has no {SCENARIO_FILE}")
        return cls(folder)

    def refresh(self) -> None:
        """Let what was recorded since be seen: runs of further seeds, anchor runs. A recorded run stays as it is."""
        for name in ("runs", "controls", "anchors", "verdict"):
            self.__dict__.pop(name, None)

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """With what it was recorded: revision, packages, machine."""
        return read_manifest(self.folder)

    @cached_property
    def scenario(self) -> Scenario:
        """What was soaked, by the name that it had; its target is not imported."""
        if self._judged_by is not None:
            return self._judged_by
        scenario = load(str(self.folder / SCENARIO_FILE), import_target=False)
        return scenario.model_copy(update={"name": self.manifest.get("scenario", scenario.name)})

    @cached_property
    def runs(self) -> Runs:
        """The runs, judged on the terms of the scenario."""
        folders = run_folders(self.folder)
        if not folders:
            raise UsageError(f"{self.folder}: the result has no run (runs/<config>/seed-<n>)")
        new = [folder for folder in folders if folder not in self._read_runs]
        scenario = self.scenario
        _ = self.manifest
        self._archive(new)
        read = {folder: run_or_damage(folder, scenario.memory.scale, self._read).under(scenario) for folder in new}
        for folder, run in read.items():
            if run.status == "complete" and not isinstance(run.facts.get("feed_hash"), str):
                told = f"feed_hash is {run.facts.get('feed_hash')!r}, expected the hash of the feed"
                raise UsageError(f"{folder / RUN_FILE}: {told}: a complete run has it")
        self._read_runs |= read
        return Runs.of(scenario, (self._read_runs[folder] for folder in folders))

    @property
    def is_going_on(self) -> bool:
        """Whether another process carries out this soak now."""
        return lives(self.folder)

    def _archive(self, folders: Sequence[Path]) -> None:
        """Archive runs that nobody has, unless their soak lives or another reader does."""
        if not self.is_going_on:
            with locked(self.folder / SCENARIO_FILE, tries=1) as alone:
                if alone:
                    archive_result([folder for folder in folders if self._is_inside(folder)])

    def _is_inside(self, folder: Path) -> bool:
        """Whether a folder of this result lies in it, and not where a link leads: nothing is written there."""
        return folder.resolve().is_relative_to(self.folder.resolve())

    @cached_property
    def controls(self) -> ControlRecord | None:
        """What became of the controls that were carried out before the runs, None where there were none."""
        return read_controls(self.folder)

    @cached_property
    def anchors(self) -> Anchors:
        """The runs in other worlds, as they were planned; a run that is missing from a world breaks its anchor."""
        planned = read_plan(self.folder)
        if planned is None:
            return NO_ANCHORS
        worlds: dict[str, list[World]] = {}
        for world in sorted(planned.worlds, key=lambda world: -world.scale):
            there = Result.open(self.folder / ANCHORS_FOLDER / world.folder_name)
            if not self._is_inside(there.folder):
                raise UsageError(f"{there.folder}: is a link that leads out of the result")
            runs = tuple(there.runs) if run_folders(there.folder) else ()
            worlds.setdefault(world.config, []).append(World(there.scenario, runs))
        return Anchors({config: tuple(sizes) for config, sizes in worlds.items()}, planned.unfit)

    @cached_property
    def verdict(self) -> Verdict:
        """What became of the soak. Raises UsageError where a claim does not fit the metric that it names."""
        check_claims(self.scenario)
        return judge(self.scenario, self.runs, controls=self.controls, anchors=self.anchors)

    @property
    def invalidities(self) -> list[str]:
        """Why it is no evidence; empty where nothing says so."""
        return invalidities(self.scenario, self.runs, self.controls)

    @property
    def lacking(self) -> list[str]:
        """Which runs are missing, unfinished or damaged, and why, in a sentence a config; empty where none is."""
        return list(incomplete_configs(self.scenario, self.runs).values())

    def look(self) -> tuple[str, ...]:
        """What is open after the runs that were recorded until now and may be decided by one more seed, in words."""
        self.refresh()
        return lacking_seeds(self.scenario, self.verdict)
