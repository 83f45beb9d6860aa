"""What the runs of a config lost of the samples that they collected: by their counters, and by what is on disk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from harness.analysis.estimates import Reading, absent
from harness.analysis.metrics import buffers
from harness.analysis.runs import Run

_MOST_SHOWN = 0.999
"""A share below 1 is not rounded up to all."""


@dataclass(frozen=True)
class Loss:
    """Samples that runs of one config lost, of those they collected (None where that is not counted).

    `at_least` says that a run ended early, so that it may have been more.
    """

    lost: float = 0.0
    collected: float | None = 0.0
    at_least: bool = False

    def __add__(self, other: Loss) -> Loss:
        both = None if self.collected is None or other.collected is None else self.collected + other.collected
        return Loss(self.lost + other.lost, both, self.at_least or other.at_least)

    @property
    def share(self) -> float | None:
        """What was lost of what was collected, None where that is not counted."""
        return self.lost / self.collected if self.collected else None

    def __str__(self) -> str:
        of = "" if self.collected is None else f" of {self.collected:,.0f}"
        noun = "sample" if (self.lost if self.collected is None else self.collected) == 1 else "samples"
        share = "" if self.share is None else f" ({100 * self._shown(self.share):.3g} %)"
        return f"{'at least ' if self.at_least else ''}{self.lost:,.0f}{of} {noun}{share}"

    @staticmethod
    def _shown(share: float) -> float:
        return min(share, _MOST_SHOWN) if share < 1 else share


def loss(run: Run) -> Loss | None:
    """What one run lost: by its report, unaccounted for, or missing on disk; None where nothing of it is known."""
    lost, unaccounted, gone = buffers.lost(run), buffers.unaccounted(run), missing(run)
    if lost.value is None and gone.value is None:
        return None
    told = (lost.value or 0.0) + max(unaccounted.value or 0.0, 0.0)
    early = "lower" in (lost.bound, gone.bound)
    return Loss(max(told, gone.value or 0.0), buffers.collected(run), early)


def said(runs: Iterable[Run], config: str) -> str:
    """What a config reported lost, in words: ``old lost 48 of 60 samples (80 %)``; empty where that is nothing.

    Runs that do not count it are left out.
    """
    readings = [(run, buffers.lost(run)) for run in runs if run.config == config]
    lost = [
        Loss(reading.value, buffers.collected(run), reading.bound == "lower")
        for run, reading in readings
        if reading.value is not None
    ]
    together = sum(lost, Loss())
    return f"{config} lost {together}" if together.lost > 0 else ""


@dataclass(frozen=True)
class OnDisk:
    """The files that `target.persisted` names, as they were counted when the run was over.

    `rows` could be read, in `files`; None where they were not counted, and `trouble` says why. `damaged` are rows
    beside them; of `unreadable` files `trouble` has the first. `unmatched` are patterns without a file, `there` the
    first files that lie there in that case.
    """

    patterns: tuple[str, ...]
    rows: float | None
    files: int
    damaged: int
    unreadable: int
    unmatched: tuple[str, ...]
    there: tuple[str, ...]
    trouble: tuple[str, ...]

    @classmethod
    def of(cls, run: Run) -> OnDisk | None:
        """What was counted of a run; None where nothing was asked for, or not yet."""
        facts = run.facts.get("on_disk")
        if not isinstance(facts, dict):
            return None
        files, damaged, unreadable = (int(facts.get(key) or 0) for key in ("files", "damaged", "unreadable"))
        lists = {key: tuple(map(str, facts.get(key) or ())) for key in ("patterns", "unmatched", "there", "trouble")}
        rows: Any = facts.get("rows")
        return cls(rows=rows, files=files, damaged=damaged, unreadable=unreadable, **lists)


def rows_on_disk(run: Run) -> Reading:
    """Rows on disk when the run was over; of one that did not reach its stop a lower bound."""
    disk = OnDisk.of(run)
    if disk is None:
        return absent("not applicable", f"{run.config}: target.persisted names no files")
    if disk.rows is None:
        return absent("not applicable", f"{run.config}: rows on disk were not counted: {'; '.join(disk.trouble)}")
    return Reading(disk.rows) if run.stop.returned else Reading(disk.rows, "lower", reason=f"{run.config} {run.ending}")


def missing(run: Run) -> Reading:
    """Samples collected less rows on disk: lost, whether the target knows it or not; below 0 are more than collected.

    A run that did not reach its stop has lost them all the same.
    """
    reading, gathered = rows_on_disk(run), buffers.collected(run)
    if reading.value is None:
        return reading
    if gathered is None:
        return absent("not applicable", f"{run.config} does not count collected samples")
    return replace(reading, value=gathered - reading.value)


def missing_share(run: Run) -> Reading:
    """The share of the samples collected that is missing; 0 where none was collected."""
    reading, gathered = missing(run), buffers.collected(run)
    if reading.value is None or not gathered:
        return reading
    return replace(reading, value=reading.value / gathered)
