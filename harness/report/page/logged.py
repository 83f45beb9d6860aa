"""What a target swallowed, every place that was counted, as rows: more than the first of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from harness.analysis.runs import Run
from harness.analysis.trouble import First, Trouble

_KINDS: Final = {
    "error": "error logged",
    "critical": "error logged",
    "loop": "exception that nobody caught",
    "thread": "exception of a thread",
    "unraisable": "exception that nobody could catch",
    "warning": "warning logged",
    "warned": "warning",
    "lost": "task destroyed before it was done",
    "pending": "task left pending by stop()",
}


def trouble_rows(runs: Sequence[Run]) -> list[list[str]]:
    """Return a row for each config and place: config, what, how many a run, first at, said, where; most first."""
    rows: list[tuple[int, list[str]]] = []
    for config in dict.fromkeys(run.config for run in runs):
        places: dict[tuple[str, str, str], list[First]] = {}
        for run in runs:
            trouble = Trouble.of(run) if run.config == config else None
            for first in trouble.firsts if trouble is not None else ():
                if first.kind in _KINDS:
                    places.setdefault((_KINDS[first.kind], first.name, first.place), []).append(first)
        for (kind, name, place), firsts in places.items():
            counts = sorted(first.count for first in firsts)
            many = f"{counts[-1]:,}" if counts[0] == counts[-1] else f"{counts[0]:,} to {counts[-1]:,}"
            earliest = min(firsts, key=lambda first: first.t_s)
            said = f"{name}: {earliest.words}" if name else earliest.words
            rows.append((counts[-1], [config, kind, many, f"{earliest.t_s / 3600:.2f} h", said, place or "-"]))
    return [row for _, row in sorted(rows, key=lambda each: -each[0])]
