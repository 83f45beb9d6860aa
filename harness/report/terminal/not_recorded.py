"""What a recording does not hold: it is older than what is read today, or its machine could not be asked for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from harness.analysis.runs import Run
from harness.analysis.tables import CHILDREN_SINCE
from harness.analysis.trouble import Trouble
from harness.text import joined

_RECORDED: Final[dict[str, Callable[[Run], bool]]] = {
    "load": lambda run: run.load is not None,
    "live bytes": lambda run: bool(run.samples["live_bytes"].notna().any()),
    "lines of RSS": lambda run: bool(run.samples["residual_bytes"].notna().any()),
    "mappings": lambda run: bool(run.samples["mappings_bytes"].notna().any()),
    "owners of memory": lambda run: not run.owners.empty,
    "child processes": lambda run: run.has_children or int(run.facts.get("format") or 1) >= CHILDREN_SINCE,
    "errors that were logged or swallowed": lambda run: Trouble.of(run) is not None,
}
"""What is recorded today, and whether a run has it."""


def not_recorded(runs: Sequence[Run]) -> list[str]:
    """Return what no finished run has, so that nobody takes what is not told for a good sign."""
    finished = [run for run in runs if not run.unfinished]
    return [what for what, has in _RECORDED.items() if finished and not any(has(run) for run in finished)]


def not_recorded_line(runs: Sequence[Run]) -> str:
    """Return that in a sentence; empty where nothing lacks."""
    lacking = not_recorded(runs)
    return f"{joined(lacking)}: nothing is said of it" if lacking else ""
