"""Memory that is saved by losing data is not saved: what a claim on a reduction must not be met by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.analysis.metrics import buffers
from harness.analysis.runs import Run


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
        return f"{'at least ' if self.at_least else ''}{self.lost:,.0f}{of}"


def saved_by_losing(runs: Sequence[Run], before: str, after: str) -> str:
    """Why the memory that config `after` saves of `before` does not count; empty where it does.

    It does not where `after` lost more samples than `before`, over the seeds that both ran, and a larger share of what
    it collected: of two that lose alike, the one that runs longer has lost more. Lost is what was reported lost and
    what is unaccounted for. Runs that do not count are left out.
    """
    first, second = Loss(), Loss()
    others = {run.seed: run for run in runs if run.config == after}
    for run in (run for run in runs if run.config == before and run.seed in others):
        mine, other = _loss(run), _loss(others[run.seed])
        if mine is not None and other is not None:
            first, second = first + mine, second + other
    if second.lost <= first.lost:
        return ""
    if first.share is not None and second.share is not None and second.share <= first.share:
        return ""
    than = f" where {before} lost {first}" if first.lost else ""
    return f"{after} lost {second} samples{than}: memory that is saved by losing data is not saved"


def _loss(run: Run) -> Loss | None:
    lost, unaccounted = buffers.lost(run), buffers.unaccounted(run)
    if lost.value is None:
        return None
    return Loss(lost.value + max(unaccounted.value or 0.0, 0.0), buffers.collected(run), lost.bound == "lower")
