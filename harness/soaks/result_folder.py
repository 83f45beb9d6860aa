"""The result folder of a soak: where it lies, its manifest, and `latest`."""

from __future__ import annotations

import hashlib
import mmap
import os
import platform
import re
import secrets
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from harness.errors import SoakError, UsageError
from harness.files import read_json, write_json
from harness.text import name_without_file, shown_path
from harness.worker.isolation import PINNED
from harness.worker.recorder import FORMAT, known_format
from synthetic.market import MARKET_VERSION

SCENARIO_FILE = "scenario.toml"
MANIFEST_FILE = "manifest.json"
LATEST = "latest"

_COMPARED = ("git", "market_version", "python", "packages", "environment", "machine")
_LEFT_OUT = ("git.dirty", "machine.cpus", "machine.memory_bytes", "machine.kernel", "machine.cpu", "machine.page_bytes")
"""What a manifest says that must be the same where runs are added to a result, but for what is left out."""

MOST_DIFFERENCES = 6
"""So many are named."""

_TABLES = ("packages", "machine", "git", "environment")

_PACKAGES = ("numpy", "pandas", "pyarrow", "scipy", "psutil", "time-machine", "TA-Lib", "collector-soak")


def create_result(root: Path, scenario_name: str) -> Path:
    """A new, empty ``<root>/<scenario>/<UTC time>-<short id>``. Raises UsageError where it cannot be made."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    while True:
        folder = root / scenario_name / f"{stamp}-{secrets.token_hex(2)}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError as error:
            if not folder.is_dir():  # what should be a folder above it is a file
                raise UsageError(f"{root}: no result can be written there: {error.strerror}") from error
            continue  # another soak began in this second, and drew the same
        except OSError as error:
            raise UsageError(f"{root}: no result can be written there: {error.strerror}") from error
        return folder


def point_latest(root: Path, folder: Path) -> None:
    """Let ``<root>/latest`` point at `folder`, in one step. A file system without links goes without it."""
    partial = root / f".{LATEST}-{folder.name}"
    try:
        partial.symlink_to(folder.relative_to(root), target_is_directory=True)
        partial.replace(root / LATEST)
    except OSError:
        partial.unlink(missing_ok=True)


def run_folders(folder: Path) -> list[Path]:
    """The runs that a result has, in order of config and seed."""
    recorded = (run for run in folder.glob("runs/*/seed-*") if run.is_dir())
    return sorted(recorded, key=lambda run: (run.parent.name, seed_of(run)))


def seed_of(run: Path) -> int:
    """The seed of a run, by the name of its folder. Raises UsageError where that is no such name.

    A number has one spelling: a copy beside the run itself would count twice.
    """
    match = re.fullmatch(r"seed-(0|[1-9][0-9]*)", run.name)
    if match is None:
        raise UsageError(f'{run}: not of the form "seed-<number>", the number without leading zeros')
    return int(match[1])


def find_result(reference: str, root: Path) -> Path:
    """The result folder that a user means: a path, ``latest``, or for its newest result a scenario's name or a target.

    Raises UsageError where there is none.
    """
    candidates = [Path(reference), root / reference, root / name_without_file(reference)]
    for candidate in candidates:
        if (candidate / SCENARIO_FILE).is_file():
            return candidate.resolve()
    for candidate in candidates:
        newest = sorted(file.parent for file in candidate.glob(f"*/{SCENARIO_FILE}"))
        if newest:
            return newest[-1].resolve()
    raise UsageError(
        f'no result "{reference}": give a result folder, "latest", or a scenario that was soaked in {root}'
    )


def write_manifest(folder: Path, *, scenario_name: str, real_time: bool) -> None:
    """Write manifest.json: what must be known to compare this result with another, or to have it again."""
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "scenario": scenario_name,
        "clock": "real" if real_time else "virtual",
        "began": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],  # as a user would type it
        **conditions(),
    }
    write_json(manifest, folder / MANIFEST_FILE)


def conditions() -> dict[str, Any]:
    """With what this process records: what a manifest tells of it."""
    return {
        "market_version": MARKET_VERSION,
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "machine": this_machine(),
        "git": None if (state := git_state()) is None else {**state, "changes": _changes()},
        "environment": PINNED,
    }


def this_machine() -> dict[str, Any]:
    """The machine of this process, as a manifest tells of it."""
    return {
        "system": platform.system(),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "libc": " ".join(platform.libc_ver()).strip() or None,
        "cpus": os.cpu_count(),
        "cpu": cpu_model(),
        "page_bytes": mmap.PAGESIZE,
        "memory_bytes": int(psutil.virtual_memory().total),
    }


def cpu_model() -> str | None:
    """The processor's name, where the system tells it (Linux)."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or None
    named = (line.partition(":")[2] for line in lines if line.startswith("model name"))
    return " ".join(next(named, "").split()) or None


def differences(manifest: Mapping[str, Any]) -> list[str]:
    """What this process would record with other than the result of `manifest` was, in words; empty where nothing is.

    How large the machine is, and its kernel, count as no difference. Nor do files that git does not know.
    """
    then_now = [flat({key: table.get(key) for key in _COMPARED}) for table in (manifest, conditions())]
    keys = [key for key in dict.fromkeys([*then_now[0], *then_now[1]]) if key not in _LEFT_OUT]
    return [
        f"{key} was {_told(then)}, is {_told(now)}"
        for key in keys
        if (then := then_now[0].get(key)) != (now := then_now[1].get(key))
    ]


def refuse_other_conditions(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Raise UsageError, naming a few, where this process would record with other conditions than `manifest` says."""
    if different := differences(manifest):
        told = "; ".join(different[:MOST_DIFFERENCES])
        raise UsageError(f"{shown_path(folder)}: cannot be resumed, it was recorded under other conditions: {told}")


def flat(table: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """The values of nested tables, by dotted keys."""
    values: dict[str, Any] = {}
    for key, value in table.items():
        values |= flat(value, f"{above}{key}.") if isinstance(value, dict) else {f"{above}{key}": value}
    return values


def _told(value: object) -> str:
    return "none" if value is None else str(value)


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a result. Raises UsageError where it is missing, damaged or of an unknown format."""
    file = folder / MANIFEST_FILE
    manifest = read_json(file)
    if not isinstance(manifest, dict) or "format" not in manifest:
        raise UsageError(f"{file}: is no manifest of a result")
    known_format(manifest["format"], file)
    for key, kind, allowed in (("scenario", str, "text"), *((table, dict, "a table") for table in _TABLES)):
        if not isinstance(manifest.get(key), kind | None):
            raise UsageError(f"{file}: {key} is {manifest[key]!r}, expected {allowed}")
    return manifest


def refuse_full_disk(error: OSError, folder: Path) -> SoakError:
    """The error for a result folder that cannot be written, or no more."""
    return SoakError(f"{folder}: {error.strerror}: nothing that was recorded is lost")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _changes() -> str | None:
    """A short hash of what was changed since the last commit, of all files that git knows; None where nothing was."""
    command = ["git", "diff", "--no-ext-diff", "--binary", "HEAD"]
    try:
        changed = subprocess.run(command, capture_output=True, check=True, timeout=30).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return hashlib.sha256(changed).hexdigest()[:12] if changed else None


def git_state(*, besides: Path | None = None) -> dict[str, Any] | None:
    """Revision of the working folder's repository, and whether it had changes; None outside of one.

    A file below the working folder may be named that does not count as a change.
    """
    below = besides is not None and not besides.is_absolute() and ".." not in besides.parts
    paths = ["--", ":(top)", f":(exclude,literal){besides}"] if below else []

    def git(*arguments: str) -> str:
        told = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True, timeout=10)
        return told.stdout.strip()

    try:
        return {"revision": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain", *paths))}
    except (OSError, subprocess.SubprocessError):
        return None
