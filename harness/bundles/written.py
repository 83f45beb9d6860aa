"""The files of a bundle: a README, the script, its requirements, the curve."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

from packaging.utils import canonicalize_name

from harness.bundles.reproductions import Shown
from harness.files import in_one_piece

README, SCRIPT, REQUIREMENTS, CURVE = "README.md", "reproduce.py", "requirements.txt", "memory.png"


@dataclass(frozen=True)
class Bundle:
    """What is written: `title` names the library and what it does, `measured` are lines of a table, name and value."""

    title: str
    python: str
    calls: int
    seed: int
    script: str
    shown: Shown
    requirements: tuple[str, ...]
    measured: tuple[tuple[str, str], ...]


def pinned(site: Path) -> tuple[str, ...]:
    """What is installed in an environment, as requirements, each by the name that an index has it by."""
    return tuple(sorted(f"{canonicalize_name(one.name)}=={one.version}" for one in distributions(path=[str(site)])))


def write_bundle(bundle: Bundle, folder: Path, curve: Path) -> list[str]:
    """Write a bundle into a folder; return the names of its files. Raises OSError where it cannot be written."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        README: _readme(bundle, curve.is_file()),
        SCRIPT: bundle.script,
        REQUIREMENTS: "".join(f"{one}\n" for one in bundle.requirements),
    }
    for name, text in texts.items():
        with in_one_piece(folder / name) as partial:
            partial.write_text(text, encoding="utf-8")
    if curve.is_file():
        shutil.copyfile(curve, folder / CURVE)
    return [*texts, *([CURVE] if curve.is_file() else [])]


def _readme(bundle: Bundle, has_curve: bool) -> str:
    table = "\n".join(f"| {name} | {value} |" for name, value in bundle.measured)
    curve = f"\n![Memory over time]({CURVE})\n" if has_curve else ""
    return f"""# {bundle.title}

Python {bundle.python}, Linux, and what stands in `{REQUIREMENTS}`, which is all that was installed:

    pip install --no-deps -r {REQUIREMENTS} && python {SCRIPT} {bundle.calls} {bundle.seed}

It starts a server on 127.0.0.1 and the client in one process, and printed, when this was written:

    {bundle.shown.line}

That is real time. Hours of the same in virtual time, with a market whose books move:

| | |
|---|---|
{table}
{curve}"""
