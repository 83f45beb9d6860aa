"""The results of shards joined into one: what does not belong together is refused before anything is copied."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from harness.errors import UsageError
from harness.files import is_special, write_json
from harness.made_here import is_made_here
from harness.scenario import Scenario, load, to_toml
from harness.soaks.living import lives
from harness.soaks.result_folder import MANIFEST_FILE, SCENARIO_FILE, read_manifest, refuse_full_disk
from harness.sweeps.planned import create, write_scenario
from harness.sweeps.sweep_file import WORLDS_FOLDER, Shard, SweepFile, is_sweep
from harness.text import shown_path

SAME: Final = ("scenario", "git.revision", "git.changes", "market_version")
"""What a manifest says that must be the same of all shards. Machines may differ: the table says so."""

TOLD: Final = ("python", "machine.architecture", "machine.libc", "machine.cpus", "machine.cpu", "machine.page_bytes")
"""What is told of the machine of a shard beside its runs."""


def read_sweep(folder: Path) -> tuple[Scenario, SweepFile]:
    """The scenario of a sweep's result, configs as they are written, and its sweep.json. Raises UsageError."""
    if not is_sweep(folder):
        raise UsageError(f"{shown_path(folder)}: not the result of a sweep")
    about = SweepFile.read(folder)
    name = read_manifest(folder)["scenario"]
    scenario = load(str(folder / SCENARIO_FILE), import_target=False)
    if about.sweep not in scenario.sweeps:
        raise UsageError(f"{shown_path(folder / SCENARIO_FILE)}: declares no sweep {about.sweep}")
    return scenario.model_copy(update={"name": name or scenario.name}), about


def refuse_strangers(folders: Sequence[Path]) -> None:
    """Raise UsageError, naming two results and by what they differ, where they are no shards of one table."""
    (first, *others) = folders
    scenario, about = read_sweep(first)
    text, manifest = to_toml(scenario), read_manifest(first)
    taken: dict[int, Path] = {}
    for folder in folders:
        its_scenario, its = read_sweep(folder)
        if lives(folder):
            raise UsageError(f"{shown_path(folder)}: its sweep is going on")
        if its.shard is None:
            raise UsageError(f"{shown_path(folder)}: is no shard: only what --shard i/n recorded is merged")
        pair = f"{shown_path(folder)} does not belong to {shown_path(first)}"
        if its.sweep != about.sweep:
            raise UsageError(f"{pair}: its sweep is {its.sweep}, not {about.sweep}")
        for key in SAME:
            here, there = told(read_manifest(folder), key), told(manifest, key)
            if here != there:
                raise UsageError(f"{pair}: its {key} is {here}, not {there}")
        if to_toml(its_scenario) != text:
            raise UsageError(f"{pair}: its scenario.toml is another")
        if about.shard is None or its.shard.of != about.shard.of:
            raise UsageError(f"{pair}: it is shard {its.shard}, not one of {about.shard and about.shard.of}")
        if its.shard.number in taken:
            raise UsageError(
                f"{shown_path(folder)} and {shown_path(taken[its.shard.number])}: both are shard {its.shard}"
            )
        taken[its.shard.number] = folder
    if not others:
        raise UsageError(f"--merge {shown_path(first)}: there is nothing to join it with")


def merge(folders: Sequence[Path], root: Path) -> Path:
    """Copy the runs of all shards into a new result below `root`; return its folder.

    Raises UsageError where they do not belong together, SoakError where the disk is full.
    """
    refuse_strangers(folders)
    scenario, about = read_sweep(folders[0])
    assert about.shard is not None
    folder = create(root, scenario, about.sweep)
    parts = []
    try:
        for source in folders:
            shard = SweepFile.read(source).shard
            assert shard is not None
            parts.append(_part(shard, read_manifest(source)))
            if (source / WORLDS_FOLDER).is_dir():
                _copy(source / WORLDS_FOLDER, folder / WORLDS_FOLDER)
        write_json(read_manifest(folders[0]), folder / MANIFEST_FILE)
        parts.sort(key=lambda part: int(part["shard"]))
        SweepFile(about.sweep, None, tuple(parts)).write(folder)
        mine = all(is_made_here(source / SCENARIO_FILE) for source in folders)
        write_scenario(scenario, folder, signed=mine)
    except OSError as error:
        raise refuse_full_disk(error, folder) from error
    return folder


def _copy(source: Path, target: Path) -> None:
    """Copy a folder into another. A link stays a link: it is not followed out of the result; pipes and devices stay."""

    def special(folder: str, names: list[str]) -> list[str]:
        return [name for name in names if is_special(Path(folder) / name)]

    shutil.copytree(source, target, symlinks=True, ignore=special, dirs_exist_ok=True)


def _part(shard: Shard, manifest: Mapping[str, Any]) -> dict[str, Any]:
    facts = {key.rpartition(".")[2]: told(manifest, key) for key in TOLD}
    return {"shard": shard.number, "of": shard.of, "began": manifest.get("began"), **facts}


def told(manifest: Mapping[str, Any], key: str) -> Any:
    """What a manifest says at a dotted key, None where it says nothing."""
    value: Any = manifest
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
