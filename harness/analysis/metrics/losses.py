"""What the runs of a config lost of the samples that they collected."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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
    """What one run lost, by its report or because it is unaccounted for; None where it does not count that."""
    lost, unaccounted = buffers.lost(run), buffers.unaccounted(run)
    if lost.value is None:
        return None
    return Loss(lost.value + max(unaccounted.value or 0.0, 0.0), buffers.collected(run), lost.bound == "lower")


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
