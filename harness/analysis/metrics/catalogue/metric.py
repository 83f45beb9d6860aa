"""What a metric is: how it is read of a run, paired, averaged over seeds, and how it moves with the scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.analysis import estimates
from harness.analysis.estimates import Average, Estimate, Reading, over_seeds
from harness.analysis.leaks import config_leaks as leaks
from harness.analysis.metrics import arithmetic
from harness.analysis.metrics.arithmetic import Arithmetic, Premise
from harness.analysis.metrics.pairing import Pairing, paired, reduction
from harness.analysis.runs import Run, Runs
from harness.scenario import Scenario

Read = Callable[[Run], Reading]

Unit = Literal[
    "GB", "MB", "GB/h", "minutes", "s", "ms", "samples", "tasks", "files", "threads", "errors", "objects", "messages",
    "budgets", "share", "times", "",
]  # fmt: skip
"""GB and MB are 10^9 and 10^6 bytes at full scale; a share is of 1; counts and CPU are those of the scaled world.

A budget is what a quantity may grow per hour (see harness.analysis.leaks.config_leaks).
"""

Moves = Literal["no", "course", "release", "whole", "cost", "tree"]
"""How a metric moves with the memory scale: not at all; with the floors of the course, which can be carried to another
scale; with what stays after the stop, which can be, too; so that only whole runs at full scale tell it; as CPU does,
which goes with the feed; or with what programs beside the judged process take before they do anything."""


@dataclass(frozen=True)
class Metric:
    """One metric: a reading of each run of one config or, where there is a `pair`, of each pair of runs with one seed.

    `moves` says whether and how a metric moves with the memory scale, as it was measured (docs/reference/scales.md):
    what depends on floors does, since a nearly constant number of survivors pins more of a smaller world.
    `leak` names the measure whose verdict on leaks judges a claim on this metric, in place of a band.
    `counted` is what every run tells exactly: a claim on it is decided by each run alone, and missed by one of them.
    `beside` says in words of all runs and a config what belongs beside the value, empty where nothing does.
    """

    name: str
    description: str
    unit: Unit
    read: Read
    moves: Moves = "no"
    pair: Pairing | None = None
    average: Average = estimates.ARITHMETIC
    arithmetic: Arithmetic = arithmetic.none
    leak: leaks.MeasureName | None = None
    counted: bool = False
    beside: Callable[[Sequence[Run], str], str] | None = None

    @property
    def moves_with_scale(self) -> bool:
        """Whether its value at a small scale is that of the small world only."""
        return self.moves != "no"

    @property
    def configs(self) -> int:
        """How many configs the metric is about, 1 or 2."""
        return 1 if self.pair is None else 2

    def compute(
        self, runs: Sequence[Run], configs: Sequence[str], confidence: float = estimates.CONFIDENCE
    ) -> Estimate:
        """The metric of `configs` (as many as it is about) from all `runs`, over their seeds."""
        readings = [self.readings(runs, config) for config in configs]
        pairs = readings[0] if self.pair is None else paired(readings[0], readings[1], self.pair)
        return over_seeds(pairs, self.average, confidence, counted=self.counted)

    def readings(self, runs: Sequence[Run], config: str) -> dict[int, Reading]:
        """The reading of every run of `config`, by seed."""
        return {run.seed: self.read(run) for run in runs if run.config == config}

    def by_arithmetic(self, scenario: Scenario, runs: Sequence[Run], configs: Sequence[str]) -> float | None:
        """What the model's arithmetic alone would give, None where there is none."""
        return self.arithmetic(Premise(scenario, configs, Runs.of(scenario, runs)))


def reduction_of(
    name: str, description: str, read: Read, by_model: Arithmetic = arithmetic.none, *, moves: Moves = "no"
) -> Metric:
    """Return the metric of what the second config saves of the first by a reading, as a share."""
    return Metric(
        name, description, "share", read, moves=moves, pair=reduction, average=estimates.REDUCTION, arithmetic=by_model
    )
