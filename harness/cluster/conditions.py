"""What a machine is, as the table tells of it, and what must be the same wherever runs of one table are recorded."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from harness.errors import SoakError
from harness.files import read_json, write_json
from harness.soaks.result_folder import conditions, flat
from harness.worker.job import Job

MACHINE_FILE: Final = "machine.json"
"""In the folder of a run that another machine recorded: that machine."""

SAME: Final = ("git.revision", "git.changes", "market_version", "packages.collector-soak")
"""Keys of a manifest. With another revision, of the harness or of the target beside it, runs cannot be compared."""

_TOLD: Final = ("python", "machine.architecture", "machine.libc", "machine.cpus", "machine.cpu", "machine.page_bytes")


def required() -> dict[str, Any]:
    """Return what must be the same on every machine, as it is here."""
    here = flat(conditions())
    return {key: here.get(key) for key in SAME}


def unlike(wanted: Mapping[str, Any]) -> str | None:
    """Return by what this machine differs from what is `wanted`, in words; None: by nothing."""
    here = required()
    differing = [
        f"its {key} is {here.get(key) or 'none'}, not {value or 'none'}"
        for key, value in wanted.items()
        if here.get(key) != value
    ]
    return "; ".join(differing) or None


def this_host() -> str:
    """Return the name by which a machine is known again."""
    return socket.gethostname()


def machine() -> dict[str, Any]:
    """Return what the table tells of this machine: host, python, architecture, libc, cpus, cpu, page_bytes."""
    here = flat(conditions())
    return {"host": this_host(), **{key.rpartition(".")[2]: here.get(key) for key in _TOLD}}


def write_machine(run: Path, about: Mapping[str, Any]) -> None:
    """Write beside a run which machine recorded it."""
    write_json(about, run / MACHINE_FILE)


def machine_of(run: Path) -> dict[str, Any] | None:
    """Return the machine that recorded a run; None where nothing tells of one: the machine of the result did."""
    try:
        about = read_json(run / MACHINE_FILE)
    except SoakError:
        return None
    return about if isinstance(about, dict) else None


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits; of a folder that of the Python files below it.

    Raises OSError where it cannot be read.
    """
    if not path.is_dir():
        with path.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    digest = hashlib.sha256()
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for file in (Path(folder) / name for name in sorted(names) if name.endswith(".py")):
            if file.is_file():
                digest.update(f"{file.relative_to(path)}\0{digest_of(file)}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def needed_by(job: Job) -> list[str]:
    """Return what a job names by its path: a recorded feed, folders of code, an interpreter with its packages."""
    return [path for path in (job.recording, *job.code, job.interpreter, job.site) if path]


def lacking(needed: Mapping[str, str]) -> str | None:
    """Return what this machine lacks of what is `needed`, digests by path, in words; None: nothing."""
    for path, digest in needed.items():
        try:
            if digest_of(Path(path)) != digest:
                return f"its {path} is another"
        except OSError as error:
            return f"{path}: {error.strerror}: it must lie there on every machine"
    return None
