"""A full sweep of switches, axes of two levels of which the second is on: what each does, metric by metric."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from harness.analysis.estimates import NO_ESTIMATE, Estimate, Reading, over_seeds
from harness.analysis.metrics.catalogue import METRICS, Metric
from harness.analysis.sweeps import subsets
from harness.analysis.sweeps.recorded_sweep import RecordedSweep
from harness.analysis.sweeps.subsets import Subset, Values
from harness.sweeps.points import Point

EFFECTS_ON = (
    "peak",
    "sawtooth.trough_gb",
    "mean",
    "release.stop",
    "cpu.seconds",
    "pause.longest_ms",
    "samples.lost",
)
"""What a fix may change: the peak, the floor, the mean, what a stop gives back, and what it costs."""

MATTERS = 0.05
"""An interaction matters from this share of the whole change on, and a switch that adds less does next to nothing."""


@dataclass(frozen=True)
class Switch:
    """One switch: what it adds alone, as the last of all, by Shapley and averaged; `share` of the whole by Shapley.

    Each is an estimate over seeds, in the unit of the metric; the share is of 1, without a value where all switches
    together change nothing.
    """

    name: str
    alone: Estimate
    last: Estimate
    shapley: Estimate
    share: Estimate
    main: Estimate


@dataclass(frozen=True)
class Interaction:
    """Two switches: how much more one adds where the other is on, as a share of the whole change too.

    `first_without`, `first_with` are what the first adds where the second is off and on; `second_...` likewise.
    """

    first: str
    second: str
    estimate: Estimate
    share: float
    first_without: Estimate
    first_with: Estimate
    second_without: Estimate
    second_with: Estimate


@dataclass(frozen=True)
class Effects:
    """What the switches do to one metric of configs made from one base.

    `whole` is v(all) - v(none), `steps` the metric as they are put on one after the other. `seeds` are those in which
    every combination has a value; `reason` says why none has, and then the rest is empty.
    """

    metric: Metric
    base: str
    none: Estimate
    every: Estimate
    whole: Estimate
    steps: tuple[Estimate, ...]
    switches: tuple[Switch, ...]
    interactions: tuple[Interaction, ...]
    seeds: tuple[int, ...]
    reason: str = ""

    @property
    def mattering(self) -> tuple[Interaction, ...]:
        """The interactions of MATTERS of the change and more, the largest first; not those that may be 0."""
        if not self.changes:
            return ()
        large = [one for one in self.interactions if abs(one.share) >= MATTERS and apart_from_zero(one.estimate)]
        return tuple(sorted(large, key=lambda one: -abs(one.share)))

    @property
    def changes(self) -> bool:
        """Whether all switches together change the metric, as far as is known."""
        return bool(self.whole.estimate) and apart_from_zero(self.whole)


def apart_from_zero(estimate: Estimate) -> bool:
    """Whether the interval of an estimate leaves out 0; where it has none, whether its value does."""
    if estimate.estimate is None:
        return False
    if estimate.low is None or estimate.high is None:
        return estimate.estimate != 0
    return not estimate.low <= 0 <= estimate.high


def switches_of(sweep: RecordedSweep) -> tuple[str, ...]:
    """The axes of a sweep that is a full one of at least two switches, all of which make configs; else none."""
    axes = sweep.points.settings.axes
    binary = all(len(levels) == 2 for levels in axes.values()) and len(axes) > 1
    full = sweep.points.settings.design == "full" and not sweep.points.world_axes
    return tuple(axes) if binary and full else ()


def effects_of(sweep: RecordedSweep, metric: str, base: str) -> Effects:
    """What the switches of a sweep do to one metric. Seeds in which a combination has no exact value are left out."""
    switches = switches_of(sweep)
    by_seed: dict[int, Values] = {}
    reason = ""
    for seed in sweep.seeds:
        values: dict[Subset, float] = {}
        for point in sweep.points:
            reading = sweep.reading(metric, point, base, seed)
            if reading.value is None or reading.bound != "exact":
                reason = reason or f"seed {seed}, {sweep.points.config_of(point, base)}: {reading.reason}"
                break
            values[_on(sweep, point)] = reading.value
        else:
            by_seed[seed] = values
    if not by_seed:
        nothing = NO_ESTIMATE
        return Effects(METRICS[metric], base, nothing, nothing, nothing, (), (), (), (), reason)
    return effects(METRICS[metric], base, switches, by_seed)


def _on(sweep: RecordedSweep, point: Point) -> Subset:
    """The switches that are on at a point."""
    axes = sweep.points.settings.axes
    return frozenset(axis for axis, level in point.levels if level != next(iter(axes[axis])))


def effects(metric: Metric, base: str, switches: Sequence[str], by_seed: Mapping[int, Values]) -> Effects:
    """The effects of the switches from the values of a metric, by seed, for every subset of them that is on."""

    def over(amount: Callable[[Values], float]) -> Estimate:
        return over_seeds({seed: Reading(amount(values)) for seed, values in by_seed.items()})

    nothing, every = frozenset[str](), frozenset(switches)
    whole = over(lambda values: values[every] - values[nothing])
    all_change = all(values[every] != values[nothing] for values in by_seed.values())

    def switch(name: str) -> Switch:
        share = NO_ESTIMATE
        if all_change:
            share = over(lambda values: subsets.shapley(values, switches, name) / (values[every] - values[nothing]))
        return Switch(
            name,
            over(lambda values: subsets.alone(values, name)),
            over(lambda values: subsets.last(values, switches, name)),
            over(lambda values: subsets.shapley(values, switches, name)),
            share,
            over(lambda values: subsets.main_effect(values, switches, name)),
        )

    def pair(first: str, second: str) -> Interaction:
        estimate = over(lambda values: subsets.interaction(values, switches, first, second))
        share = (estimate.estimate or 0.0) / whole.estimate if whole.estimate else 0.0

        def adds(one: str, other: str, *, on: bool) -> Estimate:
            return over(lambda values: subsets.given(values, switches, one, other, on=on))

        return Interaction(
            first,
            second,
            estimate,
            share,
            adds(first, second, on=False),
            adds(first, second, on=True),
            adds(second, first, on=False),
            adds(second, first, on=True),
        )

    return Effects(
        metric,
        base,
        over(lambda values: values[nothing]),
        over(lambda values: values[every]),
        whole,
        tuple(
            over(lambda values, count=count: subsets.steps(values, switches)[count])  # type: ignore[misc]
            for count in range(len(switches) + 1)
        ),
        tuple(switch(name) for name in switches),
        tuple(pair(first, second) for first, second in itertools.combinations(switches, 2)),
        tuple(by_seed),
    )
