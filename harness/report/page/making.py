"""How a result was made, as a page tells it: with what, what was pinned, by which command."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any


def made_by(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the end of a page says of a manifest, by the names that its template uses."""
    return {
        "made_with": _made_with(manifest),
        "pins": sorted(_table(manifest, "environment").items()),
        "command": shlex.join(map(str, manifest.get("command") or [])),
    }


def _made_with(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    machine, git = _table(manifest, "machine"), _table(manifest, "git")
    packages = ", ".join(f"{name} {version}" for name, version in _table(manifest, "packages").items())
    bytes_there = machine.get("memory_bytes")
    memory = f"{bytes_there / 1e9:.1f} GB" if isinstance(bytes_there, int | float) else None
    changed = ", with changes that are not committed" if git.get("dirty") else ""
    told = {
        "Began": manifest.get("began"),
        "Clock": manifest.get("clock"),
        "Python": manifest.get("python"),
        "Packages": packages,
        "System": " ".join(
            str(machine[key]) for key in ("system", "kernel", "architecture", "libc") if machine.get(key)
        ),
        "Processors": machine.get("cpus"),
        "Memory": memory,
        "Revision": f"{git['revision']}{changed}" if git.get("revision") else None,
        "Format of the recording": manifest.get("format"),
    }
    return [(label, str(words)) for label, words in told.items() if words]


def _table(manifest: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    table = manifest.get(key)
    return table if isinstance(table, Mapping) else {}
