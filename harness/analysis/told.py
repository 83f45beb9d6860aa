"""What run.json tells of a run: its stop, what outlived it, whose time was its own, counters, the ballast."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

STEPS = ("before", "after_stop", "after_drop", "after_trim")
"""What is measured at the stop, in order: before stop(), after it, without any reference, after malloc_trim(0)."""


@dataclass(frozen=True)
class Stop:
    """What was read at each of STEPS, by column, real bytes; a step that was not reached is empty."""

    steps: tuple[dict[str, float], ...]

    @classmethod
    def of(cls, facts: dict[str, Any]) -> Stop:
        """The stop that run.json tells of."""
        recorded = facts.get("stop") or {}
        return cls(tuple(_numbers(recorded.get(step) or {}) for step in STEPS))

    @property
    def reached(self) -> bool:
        """Whether anything was measured at the stop."""
        return any(self.steps)

    @property
    def returned(self) -> bool:
        """Whether stop() returned."""
        return bool(self.steps[STEPS.index("after_stop")])

    def read(self, step: str, column: str) -> float:
        """A column at a step, NaN where it was not read."""
        return self.steps[STEPS.index(step)].get(column, math.nan)


def _numbers(facts: dict[str, Any]) -> dict[str, float]:
    return {key: float(value) for key, value in facts.items() if value is not None}


@dataclass(frozen=True, eq=False)
class Told:
    """Reads `facts`, the content of run.json; `complete`: whether the run reached its end, and its stop was made.

    Whatever is not there, or is of another type, was not told.
    """

    facts: dict[str, Any]
    complete: bool

    @cached_property
    def stop(self) -> Stop:
        """What was measured at the stop."""
        return Stop.of(self.facts)

    @property
    def outlived(self) -> list[str]:
        """The commands of processes that stop() should have ended and the supervisor did."""
        return list(self._words("outlived") or ()) if self.complete else []

    @property
    def own_time(self) -> list[str]:
        """The commands of child processes that lived in a time of their own, for virtual time could not follow them."""
        return list(self._words("own_time") or ())

    @property
    def still_alive(self) -> tuple[str, ...] | None:
        """The paths by which the target was held when its run was over; empty where it was gone, None if not told."""
        return self._words("still_alive") if self.complete else None

    def _words(self, name: str) -> tuple[str, ...] | None:
        """A list of words in run.json; None where it has none of this name, or no list."""
        words = self.facts.get(name)
        return tuple(map(str, words)) if isinstance(words, list) else None

    @property
    def outlived_drop(self) -> bool:
        """Whether the target was alive after the last reference to it had been dropped."""
        return self.facts.get("outlived_drop") is True

    def counter(self, name: str) -> float | None:
        """One of the target's counters; None where it does not count that, or could not be asked."""
        return _numbers(self.facts.get("counters") or {}).get(name)

    @property
    def ballast_bytes(self) -> float:
        """Real bytes of the ballast, which RSS holds and live bytes do not (0 where there is none)."""
        return float(self.facts.get("ballast_bytes") or 0)
