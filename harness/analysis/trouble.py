"""What went wrong in a run and nobody saw: errors logged, exceptions that nobody caught, tasks left behind."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from harness.analysis.runs import Run

ERRORS = frozenset(("error", "critical"))
UNHANDLED = frozenset(("loop", "thread", "unraisable"))
WARNINGS = frozenset(("warning", "warned"))
LOST = frozenset(("lost",))
PENDING = frozenset(("pending",))
"""Kinds of harness.worker.trouble_table, as people tell them apart. A log record of ERROR and above is an error."""


@dataclass(frozen=True)
class First:
    """The first of a place: what was said, `name` of the logger (empty where it was none), place, time, how many."""

    kind: str
    words: str
    name: str
    place: str
    t_s: float
    count: int


@dataclass(frozen=True)
class Trouble:
    """What one run counted, by kind; `firsts` by time. Of a run that was killed, up to its last sample."""

    totals: dict[str, int]
    firsts: tuple[First, ...]

    @classmethod
    def of(cls, run: Run) -> Trouble | None:
        """What a run tells, None where nothing was recorded: by earlier builds, or where it is no table of counts."""
        recorded = run.facts.get("trouble")
        if not isinstance(recorded, dict) or not isinstance(recorded.get("totals"), dict):
            return None
        totals = {str(kind): count for kind, count in recorded["totals"].items() if type(count) is int}
        told = recorded.get("firsts")
        firsts = [_first(one) for one in told if isinstance(one, dict)] if isinstance(told, list) else []
        return cls(totals, tuple(sorted(firsts, key=lambda first: first.t_s)))

    def count(self, kinds: Collection[str]) -> int:
        """How many there were of these kinds."""
        return sum(count for kind, count in self.totals.items() if kind in kinds)

    def of_kinds(self, kinds: Collection[str]) -> list[First]:
        """The firsts of these kinds."""
        return [first for first in self.firsts if first.kind in kinds]


def _first(told: dict[str, Any]) -> First:
    t_s, count = (told.get(key) if isinstance(told.get(key), int | float) else 0 for key in ("t_s", "count"))
    kind, words, name, place = (str(told.get(key, "")) for key in ("kind", "first", "name", "place"))
    return First(kind, words, name, place, float(t_s or 0), int(count or 0))
