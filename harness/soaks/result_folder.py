"""The result folder of a soak: where it lies, its manifest, and `latest`."""

from __future__ import annotations

import os
import platform
import re
import secrets
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from harness.errors import SoakError, UsageError
from harness.files import read_json, write_json
from harness.worker.isolation import PINNED
from harness.worker.recorder import FORMAT, known_format
from synthetic.market import MARKET_VERSION

SCENARIO_FILE = "scenario.toml"
MANIFEST_FILE = "manifest.json"
LATEST = "latest"

_TABLES = ("packages", "machine", "git", "environment")

_PACKAGES = ("numpy", "pandas", "pyarrow", "scipy", "psutil", "time-machine", "TA-Lib", "collector-soak")


def create_result(root: Path, scenario_name: str) -> Path:
    """A new, empty ``<root>/<scenario>/<UTC time>-<short id>``. Raises UsageError where it cannot be made."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    folder = root / scenario_name / f"{stamp}-{secrets.token_hex(2)}"
    try:
        folder.mkdir(parents=True)
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
    """The result folder that a user means: a path, ``latest``, or a scenario's name for its newest result.

    Raises UsageError where there is none.
    """
    candidates = [Path(reference), root / reference]
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
        "market_version": MARKET_VERSION,
        "began": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],  # as a user would type it
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "machine": {
            "system": platform.system(),
            "kernel": platform.release(),
            "architecture": platform.machine(),
            "libc": " ".join(platform.libc_ver()).strip() or None,
            "cpus": os.cpu_count(),
            "memory_bytes": int(psutil.virtual_memory().total),
        },
        "git": git_state(),
        "environment": PINNED,
    }
    write_json(manifest, folder / MANIFEST_FILE)


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
    return SoakError(f"{folder}: {error.strerror}: what was recorded before is kept there")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


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
