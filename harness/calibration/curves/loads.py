"""Simulated curves of programs whose memory follows their load, and what the rule with the load calls them.

The load has a season, peak over trough 2, that begins at any hour of its day; or it comes in bursts. What is kept of it
is 0.25 to 2 GB at the mean load, drawn evenly in its logarithm; the noise is that of harness.calibration.curves.
families, AR 0.98. Seeds share the season, the bursts and the leak, and have jitter and noise of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from harness.analysis.leaks.decision import Decision, decide
from harness.analysis.leaks.floors import of_blocks
from harness.analysis.leaks.load import LoadCourse, looked_at
from harness.analysis.leaks.load_decision import LoadDecision, both_decide, decide_with_load, left_over
from harness.analysis.leaks.load_fit import Candidates, fit_load
from harness.analysis.leaks.over_seeds import rise
from harness.calibration.curves.detection import BUDGET, Calls, Rates
from harness.calibration.curves.families import EVERY_S, SCATTER_GB, WARMUP_S, autoregressive

Array = NDArray[np.float64]

KEPT_GB = (0.25, 2.0)
DAY_H = 24.0
JITTER_CORRELATION = 0.98
PER_HOUR = 3600 / EVERY_S

Leaks = Literal["none", "per hour", "per event"]
Store = Literal["window", "decay", "peak"]
"""What is kept: all of the last hours; what fades with that mean stay; or the room of the fullest window so far."""

CASES: tuple[tuple[Leaks, float], ...] = (("none", 0), ("per hour", 3), ("per event", 3), ("per hour", 10))
"""What grows how fast, in budgets."""

SEEDS = (1, 2, 3, 5)
HOURS = (5.0, 8.0, 12.0, 24.0)


@dataclass(frozen=True)
class LoadFamily:
    """One kind of load and of store. `window_h` is what is kept of it, `jitter` the sd of the load's logarithm."""

    name: str
    window_h: float
    jitter: float
    bursts: bool = False
    store: Store = "window"


LOAD_FAMILIES = (
    LoadFamily("10 minutes, season", 1 / 6, 0.0),
    LoadFamily("10 minutes, season, 10 % jitter", 1 / 6, 0.1),
    LoadFamily("1 hour, season", 1.0, 0.0),
    LoadFamily("1 hour, season, 10 % jitter", 1.0, 0.1),
    LoadFamily("fades in 10 minutes, season, 10 % jitter", 1 / 6, 0.1, store="decay"),
    LoadFamily("fades in 1 hour, season, 10 % jitter", 1.0, 0.1, store="decay"),
    LoadFamily("room for 10 minutes, never given back, season, 10 % jitter", 1 / 6, 0.1, store="peak"),
    LoadFamily("room for 1 hour, never given back, season, 3 % jitter", 1.0, 0.03, store="peak"),
    LoadFamily("10 minutes, bursts", 1 / 6, 0.1, bursts=True),
    LoadFamily("1 hour, bursts", 1.0, 0.1, bursts=True),
)


@dataclass(frozen=True, eq=False)
class LoadedCurves:
    """Curves with their load: `healthy_gb` (series, seeds, samples) at `t_h` (samples,), from the warm-up on.

    `fed_h` (all samples,) and `delivered` (series, seeds, all samples) begin with the feed, in hours at the mean load.
    """

    t_h: Array
    healthy_gb: Array
    fed_h: Array
    delivered: Array

    def leaking(self, leaks: Leaks, gb_per_hour: float) -> Array:
        """The curves with a leak that is so large an hour at the mean load of the run: (series, seeds, samples)."""
        if leaks == "none":
            return self.healthy_gb
        if leaks == "per hour":
            return self.healthy_gb + gb_per_hour * self.t_h
        delivered = self.delivered[..., -self.t_h.size :]
        return np.asarray(self.healthy_gb + gb_per_hour * delivered * (self.fed_h[-1] / self.delivered[..., -1:]))


def loaded_curves(family: LoadFamily, rng: np.random.Generator, shape: tuple[int, int], hours: float) -> LoadedCurves:
    """Curves of a family for (series, seeds) runs of so many hours, a warm-up of ten minutes and a sample per 5 s."""
    fed_h = np.arange(0, hours * 3600 + EVERY_S / 2, EVERY_S) / 3600
    full = (*shape, fed_h.size)
    rate = np.broadcast_to(_bursts(rng, shape[0], fed_h) if family.bursts else _season(rng, shape[0], fed_h), full)
    if family.jitter:
        rate = rate * np.exp(autoregressive(rng, full, JITTER_CORRELATION, family.jitter))
    delivered = np.cumsum(rate, axis=-1) / PER_HOUR
    delivered -= delivered[..., :1]
    kept = STORES[family.store](delivered, family.window_h)
    size_gb = np.exp(rng.uniform(np.log(KEPT_GB[0]), np.log(KEPT_GB[1]), (shape[0], 1, 1)))
    judged = fed_h * 3600 >= WARMUP_S - EVERY_S / 2
    noise = autoregressive(rng, full, JITTER_CORRELATION, SCATTER_GB)
    return LoadedCurves(fed_h[judged], (size_gb * kept + noise)[..., judged], fed_h, delivered)


def _season(rng: np.random.Generator, series: int, fed_h: Array) -> Array:
    begins_h = rng.uniform(0, DAY_H, (series, 1, 1))
    return np.asarray(1 + np.sin(2 * np.pi * (fed_h + begins_h) / DAY_H) / 3)


def _bursts(rng: np.random.Generator, series: int, fed_h: Array) -> Array:
    """Half of the usual load, and bursts on it: one an hour on average, of one to four times it, gone in 0.3 h."""
    shape = (series, 1, fed_h.size)
    begins = (rng.random(shape) < 1 / PER_HOUR) * rng.uniform(1, 4, shape)
    return np.asarray(0.5 + signal.lfilter([1.0], [1.0, -np.exp(-1 / PER_HOUR / 0.3)], begins, axis=-1))


def _window(delivered: Array, window_h: float) -> Array:
    samples = min(round(window_h * PER_HOUR), delivered.shape[-1])
    before = np.zeros_like(delivered)
    before[..., samples:] = delivered[..., :-samples]
    return (delivered - before) / window_h


def _decay(delivered: Array, window_h: float) -> Array:
    arrived = np.diff(delivered, prepend=0, axis=-1)
    return np.asarray(signal.lfilter([1 / window_h], [1.0, -np.exp(-1 / PER_HOUR / window_h)], arrived, axis=-1))


def _peak(delivered: Array, window_h: float) -> Array:
    return np.asarray(np.maximum.accumulate(_window(delivered, window_h), axis=-1))


STORES: Mapping[Store, Callable[[Array, float], Array]] = {"window": _window, "decay": _decay, "peak": _peak}


@dataclass(frozen=True)
class LoadRates:
    """How often series of a family were called what, by (leaks, budgets, seeds).

    `by_load` are what the fits with the load call those whose load is not flat, by themselves; `flat` is the share of
    the others, by seeds, which the rule without a load judges.
    """

    rates: Mapping[tuple[Leaks, float, int], Rates]
    by_load: Mapping[tuple[Leaks, float, int], Rates]
    flat: Mapping[int, float]


def measure_with_load(
    family: LoadFamily,
    series: int,
    hours: float,
    seed: Sequence[int],
    *,
    seeds: Sequence[int] = SEEDS,
    budget: float = BUDGET,
) -> LoadRates:
    """What `series` simulated soaks of a family are called, with the first so many seeds of each."""
    curves = loaded_curves(family, np.random.default_rng(seed), (series, max(seeds)), hours)
    points = looked_at(of_blocks(curves.t_h * 3600, curves.t_h))
    means = {count: LoadCourse(curves.fed_h, curves.delivered[:, :count].mean(axis=1)) for count in seeds}
    flat = {count: load.is_flat(float(points[0, 0]), float(points[-1, -1])) for count, load in means.items()}
    tried = {count: Candidates.of(load, points) for count, load in means.items()}
    own = [Candidates.of(LoadCourse(curves.fed_h, curves.delivered[:, place]), points) for place in range(max(seeds))]
    rates: dict[tuple[Leaks, float, int], Rates] = {}
    by_load: dict[tuple[Leaks, float, int], Rates] = {}
    for leaks, size in CASES:
        floors = of_blocks(curves.t_h * 3600, curves.leaking(leaks, size * budget))
        each = [replace(floors, values=floors.values[:, place]) for place in range(max(seeds))]
        fits = [fit_load(floors.hours, run.values, tries) for run, tries in zip(each, own, strict=True)]
        runs = [decide_with_load(fit, budget) for fit in fits]
        for count in seeds:
            fit = fits[0] if count == 1 else fit_load(floors.hours, floors.values[:, :count].mean(axis=1), tried[count])
            mean = decide_with_load(fit, budget)
            left = decide(rise(left_over(each[:count], floors.hours, fit.explained)), budget)
            together = LoadDecision(*(np.stack(part, axis=-1) for part in zip(*runs[:count], strict=True)))
            beside, plain = both_decide(left, mean, together), decide(rise(each[:count]), budget)
            called = [
                np.where(flat[count], without, having)
                for without, having in zip(_called(plain), _called(beside), strict=True)
            ]
            rates[leaks, size, count] = Rates.of(Calls(*called))
            by_load[leaks, size, count] = _by_load(mean, ~flat[count])
    return LoadRates(rates, by_load, {count: float(alike.mean()) for count, alike in flat.items()})


def _called(decision: Decision) -> Calls:
    return Calls(decision.leak, decision.some, decision.ok)


def _by_load(mean: LoadDecision, judged: NDArray[np.bool_]) -> Rates:
    if not judged.any():
        return Rates(0.0, 0.0, 0.0)
    return Rates(float(mean.leak[judged].mean()), 0.0, float(mean.ok[judged].mean()))
