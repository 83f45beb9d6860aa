"""Targets that outlive being dropped: in how many runs, and who holds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from harness.analysis.runs import Run
from harness.text import first_of

MOST_NAMED = 3


@dataclass(frozen=True)
class Afterlife:
    """Of `runs` that tell whether their target outlived being dropped: those where it did, and by which paths.

    `holders` are the paths at the end of the runs, each with the number of runs that have it, the most frequent first;
    `freed_late` counts the runs whose target was gone by then.
    """

    runs: int = 0
    alive: int = 0
    freed_late: int = 0
    holders: tuple[tuple[str, int], ...] = ()

    def __str__(self) -> str:
        """What keeps a target alive: ``mine.SEEN[*], <thread flush>.self``; empty where none outlived its drop."""
        if not self.alive:
            late = "something that ended in the minutes after" if self.freed_late else ""
            return f"{late}{self._of(self.freed_late)}" if late else ""
        return first_of([f"{path}{self._of(count)}" for path, count in self.holders], MOST_NAMED)

    def _of(self, count: int) -> str:
        return f" (in {count} of {self.runs} runs)" if count < self.runs else ""


def afterlife(runs: Iterable[Run]) -> Afterlife:
    """What these runs tell."""
    told = [run for run in runs if run.told.still_alive is not None]
    counts = Counter(path for run in told for path in dict.fromkeys(run.told.still_alive or ()))
    alive = sum(bool(run.told.still_alive) for run in told)
    late = sum(run.told.outlived_drop and not run.told.still_alive for run in told)
    return Afterlife(len(told), alive, late, tuple(counts.most_common()))


def said(runs: Iterable[Run], config: str) -> str:
    """What keeps a dropped target of a config alive, in words; empty where none outlived its drop."""
    found = afterlife(run for run in runs if run.config == config)
    alive = f"the target of {config} was still alive after every reference to it was dropped"
    return f"{alive}: held by {found}" if str(found) else ""
