"""What moves with the memory scale, at full scale: measured by anchor runs, or extrapolated from those that there are.

In this order: runs at full scale for all hours are read as they are; shorter ones are continued, and those of smaller
worlds carried to full scale (harness.analysis.full_scale.larger_world), with the span of what may be pinned. That span
is held against what is known: what the smaller worlds foretell of the largest one must be what was measured there. One
run has no spread over seeds: it is lent that of the small runs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

import numpy as np
from scipy import stats

from harness.analysis.estimates import Estimate, Lack, Reading, over_seeds
from harness.analysis.full_scale.anchor_runs import Anchors, World
from harness.analysis.full_scale.larger_world import GUESSES, USUAL, larger
from harness.analysis.leaks.config_leaks import ConfigLeak, floor_slope, judge_config, settled_by_live
from harness.analysis.metrics.catalogue import Metric
from harness.analysis.metrics.levels import GROWN_SHARE, peak, start
from harness.analysis.metrics.pairing import paired
from harness.analysis.runs import Run, Runs
from harness.scenario import Scenario

Basis = Literal["measured", "continued", "extrapolated", "undecided"]
"""How a value at full scale was had: by whole runs there, by shorter ones, from smaller worlds, or not at all."""

Guesses = tuple[Mapping[int, Reading], ...]
"""By guess (harness.analysis.full_scale.larger_world.GUESSES) the reading of every anchored seed."""

_BASES: tuple[Basis, ...] = ("measured", "continued", "extrapolated", "undecided")
_USUAL = GUESSES.index(USUAL)

NONE = "this result has no anchor runs: soak again with this version"

FEWEST_SCALES = 3

ENOUGH_SEEDS = 3
"""So many seeds at full scale have a spread of their own, and a verdict on a leak."""

LEAST_SPREAD = 0.005
"""The spread over seeds that is lent is at least this share of the value, and a tenth of it itself.

Three seeds at scale 1 spread by 0.03 % in their mean, 0.35 % in their troughs, 1 % in the last tooth
(docs/reference/scales.md), and the quantile of Student's t with three small runs is 4.3.
"""


def moves(metric: Metric, scenario: Scenario, runs: Sequence[Run], configs: Sequence[str]) -> bool:
    """Whether the scale of a soak may have moved a metric of these configs: not where nothing grew to be freed.

    What is asked of processes that were started is moved where there were some.
    """
    if not metric.moves_with_scale or scenario.memory.scale == 1:
        return False
    if metric.moves == "cost":
        return True
    if metric.moves == "tree":
        return any(run.has_children for run in runs if run.config in configs)
    return any(_grew(run) for run in Runs.of(scenario, runs) if run.config in configs)


def _grew(run: Run) -> bool:
    begun, highest = start(run).value, peak(run).value
    return begun is None or highest is None or highest - begun >= GROWN_SHARE * begun


@dataclass(frozen=True, eq=False)
class AtFullScale:
    """A metric at full scale: its estimate, how it was had, in words too, or why there is none and what would do."""

    estimate: Estimate
    basis: Basis
    words: str


@dataclass(frozen=True, eq=False)
class _Level:
    """One config's reading at full scale: by guess, of every anchored seed; `half` is half the width lent to it."""

    guesses: Guesses
    half: float
    basis: Basis
    words: str

    def ends(self) -> tuple[float, float]:
        """The least and the most that it may be."""
        means = [_mean(self.guesses, place) or 0.0 for place in range(len(GUESSES))]
        return min(means) - self.half, max(means) + self.half


@dataclass(frozen=True, eq=False)
class FullScale:
    """Reads metrics at full scale off the small runs of a soak and its anchors; intervals are at `confidence`."""

    scenario: Scenario
    runs: Sequence[Run]
    anchors: Anchors
    confidence: float

    def estimate(self, metric: Metric, configs: Sequence[str]) -> AtFullScale:
        """A metric that moves with the scale, of the configs that it is about."""
        try:
            levels = [self._level(metric, config) for config in configs]
        except Undecided as reason:
            return _undecided(str(reason), reason.lack)
        if metric.pair is None:
            return self._of_one(metric, levels[0])
        return self._of_pair(metric, configs, levels)

    def course(self, config: str) -> tuple[Run, ...]:
        """The runs of a config as they would usually be at full scale, of every anchored seed; none where unknown."""
        world = self.anchors.largest(config)
        if world is None or (world.scale == 1 and world.hours >= self.scenario.time.hours):
            return () if world is None else world.runs
        carried = [larger(run, 1 / world.scale, USUAL, whole=self._whole(world, run)) for run in world.runs]
        return tuple(run for run in carried if run is not None)

    def leak(self, metric: Metric, config: str) -> ConfigLeak | str:
        """The verdict on a leak at full scale: by whole runs there of enough seeds, else why it is open.

        Where live bytes leak the small runs decide: RSS cannot stay below what is live, at any scale.
        """
        assert metric.leak is not None
        told = "RSS" if metric.leak == "rss" else "RSS with children"
        small = judge_config(self.scenario, self._small(config))
        if metric.leak in small and settled_by_live(self.scenario, self._small(config)):
            return small[metric.leak]
        world = self.anchors.largest(config)
        if world is not None and world.scale == 1:
            if world.hours >= self.scenario.time.hours and len(world.runs) >= ENOUGH_SEEDS:
                judged = judge_config(self.scenario, [run.under(self.scenario) for run in world.runs])
                return judged.get(metric.leak, f"{config} recorded no {metric.leak} at scale 1")
            seen = over_seeds({run.seed: floor_slope(run) for run in world.runs}).estimate
            budget = self.scenario.memory.leak_budget_gb_per_hour
            climbs = "" if seen is None else f", where its floors climb by {seen:.3g} GB/h ({budget:g} are allowed)"
            seeds = "seed" if len(world.runs) == 1 else "seeds"
            there = f"and there are {world.hours:.3g} h of {len(world.runs)} {seeds}{climbs}"
        else:
            why = self.anchors.broken(config) or self.anchors.unfit.get(config)
            there = why or f"and there are {'none' if world is None else f'runs up to scale {world.scale:g}'}"
        return (
            f"not decided at scale {self.scenario.memory.scale:g}: a verdict on {told} takes all "
            f"{self.scenario.time.hours:g} h of {ENOUGH_SEEDS} seeds at scale 1, {there}: allow more time "
            "(--anchor-minutes)"
        )

    def _small(self, config: str) -> tuple[Run, ...]:
        return Runs.of(self.scenario, self.runs).of_config(config)

    def _read(self, metric: Metric, run: Run) -> Reading:
        """A metric of a run in any world, on the terms of the soak."""
        return metric.read(run.under(self.scenario))

    def _level(self, metric: Metric, config: str) -> _Level:
        """The reading of one config at full scale. Raises Undecided where there is none."""
        here, hours = self.scenario.memory.scale, self.scenario.time.hours
        world = self.anchors.largest(config)
        if world is None:
            why = self.anchors.broken(config) or self.anchors.unfit.get(config)
            raise Undecided(f"not decided at scale {here:g}: {why or NONE}")
        guesses: Guesses
        basis: Basis
        if world.scale == 1 and world.hours >= hours:
            guesses = ({run.seed: self._read(metric, run) for run in world.runs},) * len(GUESSES)
            basis, words = "measured", f"{config} measured at scale 1"
        elif metric.moves in ("whole", "cost", "tree"):
            raise Undecided(
                f"not decided at scale {here:g}: {metric.name} is told by whole runs at scale 1 only, and {config} was "
                f"anchored at {world.scale:g} for {world.hours:.3g} h: more memory or more time (--anchor-minutes)"
            )
        elif world.scale == 1:
            guesses = self._carried(metric, world, 1.0)
            basis, words = "continued", f"{config} at scale 1 for {world.hours:.3g} of {hours:g} h, continued"
        else:
            guesses = self._carried(metric, world, 1.0)
            others = [other for other in self.anchors.worlds[config] if other is not world]
            self._hold_against(metric, world, others)
            scales = sorted({here, *(other.scale for other in (world, *others))})
            basis, words = "extrapolated", f"{config} extrapolated from {', '.join(f'{scale:g}' for scale in scales)}"
        lacking = next((reading for one in guesses for reading in one.values() if reading.value is None), None)
        if lacking is not None:
            raise Undecided(lacking.reason, lacking.lack or "undecided")
        return _Level(guesses, self._lent(metric, config, 1.0, len(world.runs)), basis, words)

    def _carried(self, metric: Metric, world: World, to_scale: float) -> Guesses:
        """The readings of a world's runs at another scale, by guess. Raises Undecided where they cannot be carried."""
        config = world.config
        found = []
        for guess in GUESSES:
            readings = {}
            for run in world.runs:
                carried = larger(run, to_scale / world.scale, guess, whole=self._whole(world, run))
                if carried is None:
                    raise Undecided(
                        f"not decided at scale {self.scenario.memory.scale:g}: {config} did not record live bytes, or "
                        "it is not known when it frees memory: emit a cleanup event"
                    )
                readings[run.seed] = self._read(metric, carried)
            found.append(readings)
        return tuple(found)

    def _whole(self, world: World, run: Run) -> Run | None:
        """The small run that a shorter anchor run is continued like, None for one that had all hours."""
        small = {one.seed: one for one in self._small(run.config)}
        if world.hours >= self.scenario.time.hours or not small:
            return None
        return small.get(run.seed, next(iter(small.values())))

    def _hold_against(self, metric: Metric, world: World, others: Sequence[World]) -> None:
        """Raise Undecided where too few scales were run, or a smaller one foretells another value than was measured."""
        config = world.config
        worlds = [World(self.scenario, self._small(config)), *others]
        if len({world.scale, *(other.scale for other in worlds)}) < FEWEST_SCALES:
            raise Undecided(f"not decided: {config} has runs at {len(worlds) + 1} scales, {FEWEST_SCALES} are needed")
        seen = _Level(self._carried(metric, world, world.scale), 0.0, "measured", "")
        if _mean(seen.guesses, _USUAL) is None:
            return
        least, most = seen.ends()  # the same, unless it was run for fewer hours
        for other in worlds:
            found = self.foretold(metric, other, world.scale)
            if found.estimate is None:
                continue
            low = -math.inf if found.low is None else found.low
            high = math.inf if found.high is None else found.high
            if most < low or least > high:
                raise Undecided(
                    f"not decided: at {world.scale:g} {value_in((least + most) / 2, metric)} were measured where the "
                    f"world of {other.scale:g} foretells {value_in(low, metric)} to {value_in(high, metric)}: {config} "
                    "does not follow the scale as this instrument expects"
                )

    def foretold(self, metric: Metric, world: World, to_scale: float) -> Estimate:
        """What the runs of a world foretell of one run at another scale. Raises Undecided where they cannot be."""
        found = self._carried(metric, world, to_scale)
        level = _Level(found, self._lent(metric, world.config, to_scale, 1), "extrapolated", "")
        middle = _mean(found, _USUAL)
        if middle is None:
            return Estimate(None, None, None, "exact", found[_USUAL], "undecided", "a run has no value")
        return _estimate(middle, *level.ends(), found[_USUAL])

    def _lent(self, metric: Metric, config: str, to_scale: float, anchored: int) -> float:
        """Half the width that the spread over the small runs of a config lends to so many runs at a scale."""
        spans = [
            {seed: self._read(metric, run).value for seed, run in self._seeds(config, scale).items()}
            for scale in (None, to_scale)
        ]
        return self._half(spans, anchored)

    def _lent_to_pair(self, metric: Metric, configs: Sequence[str], anchored: int) -> float:
        """The same of a metric of two configs, from the pairs of small runs with one market."""
        assert metric.pair is not None
        spans = []
        for scale in (None, 1.0):
            small = (self._seeds(config, scale) for config in configs)
            a, b = ({seed: self._read(metric, run) for seed, run in runs.items()} for runs in small)
            spans.append({seed: pair.value for seed, pair in paired(a, b, metric.pair).items()})
        return self._half(spans, anchored)

    def _seeds(self, config: str, to_scale: float | None) -> dict[int, Run]:
        """The small runs of a config by seed, as they are or as each by itself usually is at another scale."""
        small = {run.seed: run for run in self._small(config)}
        if to_scale is None:
            return small
        there = {seed: larger(run, to_scale / run.memory_scale, USUAL) for seed, run in small.items()}
        return {seed: run for seed, run in there.items() if run is not None}

    def _half(self, spans: Sequence[Mapping[int, float | None]], anchored: int) -> float:
        """Half the width of Student's interval of the mean of so many values, with the freedom of the small runs.

        Seeds differ at a scale by no more than the small runs do, and by no more than what each of them foretells: the
        smaller spread of the two, at least LEAST_SPREAD of the value. Infinite where there is one small run, or one
        that has no value.
        """
        known = [[value for value in span.values() if value is not None] for span in spans]
        whole = [values for values in known if len(values) == len(spans[0]) > 1]
        if not whole:
            return math.inf
        least = LEAST_SPREAD * max(abs(float(np.mean(whole[-1]))), 0.1)
        spread = max(min(float(np.std(values, ddof=1)) for values in whole), least)
        quantile = float(stats.t.ppf((1 + self.confidence) / 2, len(spans[0]) - 1))
        return quantile * spread / math.sqrt(anchored)

    def _of_one(self, metric: Metric, level: _Level) -> AtFullScale:
        usual = level.guesses[_USUAL]
        if level.basis == "measured" and len(usual) >= ENOUGH_SEEDS:
            return AtFullScale(over_seeds(usual, metric.average, self.confidence), "measured", level.words)
        middle, (low, high) = _mean(level.guesses, _USUAL), level.ends()
        return AtFullScale(_estimate(middle, low, high, usual), level.basis, level.words)

    def _of_pair(self, metric: Metric, configs: Sequence[str], levels: Sequence[_Level]) -> AtFullScale:
        """A metric of two configs: the corners of what the two may be, for it goes one way with each of them."""
        assert metric.pair is not None
        first, second = (level.guesses[_USUAL] for level in levels)
        words = "; ".join(level.words for level in levels)
        pairs = paired(first, second, metric.pair)
        if all(level.basis == "measured" for level in levels) and len(pairs) >= ENOUGH_SEEDS:
            return AtFullScale(over_seeds(pairs, metric.average, self.confidence), "measured", words)
        middle = metric.pair(*(Reading(_mean(level.guesses, _USUAL) or 0.0) for level in levels))
        spans = (replace(level, half=0.0).ends() for level in levels)
        corners = [metric.pair(Reading(a), Reading(b)) for a, b in product(*spans)]
        lacking = next((reading for reading in (middle, *corners) if reading.value is None), None)
        if lacking is not None:
            return _undecided(lacking.reason, lacking.lack or "undecided")
        values = [reading.value for reading in corners if reading.value is not None]
        half = self._lent_to_pair(metric, configs, min(len(first), len(second)))
        basis = max((level.basis for level in levels), key=_BASES.index)
        return AtFullScale(_estimate(middle.value, min(values) - half, max(values) + half, pairs), basis, words)


class Undecided(Exception):
    """Why a metric has no value at full scale."""

    def __init__(self, reason: str, lack: Lack = "undecided") -> None:
        super().__init__(reason)
        self.lack: Lack = lack


def _undecided(reason: str, lack: Lack) -> AtFullScale:
    return AtFullScale(Estimate(None, None, None, "exact", {}, lack, reason), "undecided", reason)


def _mean(guesses: Guesses, place: int) -> float | None:
    values = [reading.value for reading in guesses[place].values()]
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known and len(known) == len(values) else None


def _estimate(middle: float | None, low: float, high: float, readings: Mapping[int, Reading]) -> Estimate:
    """An estimate whose ends are open where one small run lent no width."""
    closed = math.isfinite(low) and math.isfinite(high)
    return Estimate(middle, low if closed else None, high if closed else None, "exact", readings)


def value_in(value: float, metric: Metric) -> str:
    """A value with its unit, shares in percent."""
    return f"{100 * value:.3g} %" if metric.unit == "share" else f"{value:.3g} {metric.unit}".rstrip()
