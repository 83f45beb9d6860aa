"""Synthetic memory curves whose leak is known: what a healthy or leaking run may look like, GB at full scale.

Noise is as loud as what was recorded in two soaks of `50symbols` with 3 seeds: floors of RSS of `fixed` scatter by 0.03
to 0.06 GB around their line, with a correlation of 0.7 to 0.9 from floor to floor, move by 0.03 to 0.19 GB at once two
to five times in five hours, and climb by up to 0.3 GB in the first hour before they settle. Those of live bytes scatter
by 0.05 GB and do not wander.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import signal

Array = NDArray[np.float64]

WARMUP_S = 600.0
EVERY_S = 5.0
SCATTER_GB = 0.05
CLEANUP_S = 500.0
TOOTH_GB = 2.0
WANDER = 0.8
"""Correlation of the wandering family from one floor to the next, 500 s later."""


@dataclass(frozen=True, eq=False)
class Curves:
    """Curves after the warm-up: `t_s` of shape (samples,), `healthy_gb` (series, seeds, samples).

    A leak of r GB/h adds r times `leaking_h` hours, which broadcasts to the shape of the curves. `cleanups_s` are those
    that the target tells of, shape (cleanups,), the same in all curves.
    """

    t_s: Array
    healthy_gb: Array
    leaking_h: Array
    cleanups_s: Array

    def leaking(self, gb_per_hour: float) -> Array:
        """The curves with a leak of this size, (series, seeds, samples)."""
        return self.healthy_gb + gb_per_hour * self.leaking_h if gb_per_hour else self.healthy_gb


@dataclass(frozen=True)
class Setting:
    """The size of a simulation: curves are (series, seeds) runs of `hours`, warm-up included, one sample per 5 s."""

    series: int
    seeds: int
    hours: float

    @property
    def t_s(self) -> Array:
        return np.arange(WARMUP_S, self.hours * 3600 + EVERY_S / 2, EVERY_S)

    @property
    def judged_h(self) -> Array:
        """Hours since the warm-up, (samples,)."""
        return (self.t_s - WARMUP_S) / 3600

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.series, self.seeds, self.t_s.size


Make = Callable[[np.random.Generator, Setting], Curves]


@dataclass(frozen=True)
class Family:
    """One kind of curve. `what` says in words what is drawn, for the caption of the table."""

    name: str
    what: str
    make: Make


def autoregressive(rng: np.random.Generator, shape: tuple[int, ...], correlation: float, sd: float) -> Array:
    """A stationary first-order autoregression along the last axis: `correlation` from sample to sample."""
    shocks = rng.standard_normal(shape) * sd * (1 - correlation**2) ** 0.5
    shocks[..., 0] = rng.standard_normal(shape[:-1]) * sd
    return np.asarray(signal.lfilter([1.0], [1.0, -correlation], shocks, axis=-1), dtype=np.float64)


def _curves(setting: Setting, healthy_gb: Array, leaking_h: Array | None = None) -> Curves:
    return Curves(setting.t_s, healthy_gb, setting.judged_h if leaking_h is None else leaking_h, np.empty(0))


def noise(correlation: float, sd: float = SCATTER_GB) -> Make:
    """Autoregressive noise; `correlation` 0 is white."""

    def make(rng: np.random.Generator, setting: Setting) -> Curves:
        return _curves(setting, autoregressive(rng, setting.shape, correlation, sd))

    return make


def plateau(grown_gb: tuple[float, float], settles_h: tuple[float, float]) -> Make:
    """A start that settles exponentially: grown and settled within as drawn uniformly for each run."""
    return _start(grown_gb, settles_h, lambda lasted: -np.exp(-lasted))


def cache(filled_gb: tuple[float, float], full_h: tuple[float, float]) -> Make:
    """A bounded cache that fills evenly and is then full."""
    return _start(filled_gb, full_h, lambda lasted: np.minimum(lasted, 1))


def _start(size_gb: tuple[float, float], length_h: tuple[float, float], course: Callable[[Array], Array]) -> Make:
    """Noise on a start of a size and a length drawn for each run; `course` takes times in lengths of the start."""

    def make(rng: np.random.Generator, setting: Setting) -> Curves:
        each = (*setting.shape[:2], 1)
        size, length = rng.uniform(*size_gb, each), rng.uniform(*length_h, each)
        started = size * course(setting.judged_h / length)
        return _curves(setting, autoregressive(rng, setting.shape, 0.9, SCATTER_GB) + started)

    return make


def steps(per_hour: float, sd: float = SCATTER_GB) -> Make:
    """Levels that hold for a random time, `per_hour` changes on average, each drawn anew around one mean."""

    def make(rng: np.random.Generator, setting: Setting) -> Curves:
        begins = rng.random(setting.shape) < per_hour * EVERY_S / 3600
        begins[..., 0] = True
        number = np.cumsum(begins, axis=-1) - 1
        levels = rng.standard_normal((*setting.shape[:2], int(number.max()) + 1)) * sd
        held = np.take_along_axis(levels, number, axis=-1)
        return _curves(setting, autoregressive(rng, setting.shape, 0.9, sd / 5) + held)

    return make


def sawtooth(period_s: tuple[float, float], *, told: bool, sd: float = SCATTER_GB) -> Make:
    """Teeth of 2 GB, 5 % uneven, on floors that scatter; the period is one for all runs of a series.

    Cleanups are either told (both ends of `period_s` are the one period then) or left for the analysis to find.
    """

    def make(rng: np.random.Generator, setting: Setting) -> Curves:
        period = rng.uniform(*period_s, (setting.series, 1, 1))
        teeth = setting.t_s / period
        number = np.broadcast_to(np.floor(teeth).astype(np.intp), setting.shape)
        most = int(number.max()) + 1
        floors = rng.standard_normal((*setting.shape[:2], most)) * sd
        heights = TOOTH_GB * (1 + 0.05 * rng.standard_normal((*setting.shape[:2], most)))
        healthy = np.take_along_axis(heights, number, axis=-1) * (teeth - np.floor(teeth))
        healthy += np.take_along_axis(floors, number, axis=-1) + rng.standard_normal(setting.shape) * sd / 5
        cleanups = np.arange(period_s[0], setting.t_s[-1] + EVERY_S / 2, period_s[0]) if told else np.empty(0)
        return Curves(setting.t_s, healthy, setting.judged_h, cleanups[cleanups >= WARMUP_S])

    return make


def beat(period_s: float, beat_teeth: tuple[float, float], beat_gb: tuple[float, float], sd: float) -> Make:
    """A sawtooth whose floors also climb and fall back every few teeth, alike in all runs of a series.

    So do buffers that fill at another pace than cleanups come: 0.06 GB every 3 teeth, with a scatter of 0.02 GB, were
    recorded of the live bytes of `old` of `smoke` over two hours.
    """

    def make(rng: np.random.Generator, setting: Setting) -> Curves:
        curves = sawtooth((period_s, period_s), told=True, sd=sd)(rng, setting)
        each = (setting.series, 1, 1)
        climbed, lasts = rng.uniform(*beat_gb, each), rng.uniform(*beat_teeth, each)
        phase = (np.floor(setting.t_s / period_s) / lasts + rng.uniform(0, 1, each)) % 1
        return replace(curves, healthy_gb=curves.healthy_gb + climbed * phase)

    return make


def late_onset(after: tuple[float, float], correlation: float = 0.9) -> Make:
    """A leak that begins after this share of the judged time; without a leak, noise."""

    def make(rng: np.random.Generator, setting: Setting) -> Curves:
        begins = rng.uniform(*after, (setting.series, 1, 1)) * setting.judged_h[-1]
        leaking_h = np.maximum(setting.judged_h - begins, 0)
        return _curves(setting, autoregressive(rng, setting.shape, correlation, SCATTER_GB), leaking_h)

    return make


def common_step(size_gb: tuple[float, float]) -> Make:
    """A step up that all runs of a series share, at 10-90 % of the judged time."""

    def make(rng: np.random.Generator, setting: Setting) -> Curves:
        each = (setting.series, 1, 1)
        at, size = rng.uniform(0.1, 0.9, each) * setting.judged_h[-1], rng.uniform(*size_gb, each)
        noisy = autoregressive(rng, setting.shape, 0.9, SCATTER_GB)
        return _curves(setting, noisy + size * (setting.judged_h >= at))

    return make


def common_step_in_teeth(rng: np.random.Generator, setting: Setting) -> Curves:
    """The sawtooth, with a step that all runs share."""
    teeth = sawtooth((CLEANUP_S, CLEANUP_S), told=True)(rng, setting)
    return replace(teeth, healthy_gb=teeth.healthy_gb + common_step((0.1, 0.5))(rng, setting).healthy_gb)


def bursts(*, common: bool) -> Make:
    """Rises of 0.1-0.4 GB, one an hour on average, that decay within 0.3 h; the same in all runs of a series or not."""

    def make(rng: np.random.Generator, setting: Setting) -> Curves:
        shape = (setting.series, 1 if common else setting.seeds, setting.t_s.size)
        rises = (rng.random(shape) < EVERY_S / 3600) * rng.uniform(0.1, 0.4, shape)
        held = signal.lfilter([1.0], [1.0, -np.exp(-EVERY_S / 3600 / 0.3)], rises, axis=-1)
        return _curves(setting, autoregressive(rng, setting.shape, 0.9, SCATTER_GB / 5) + held)

    return make


def walk(sd_gb: float, reflected_gb: float | None = None) -> Make:
    """A random walk of this standard deviation after an hour, between two walls so far apart or without any."""

    def make(rng: np.random.Generator, setting: Setting) -> Curves:
        steps = rng.standard_normal(setting.shape) * sd_gb * (EVERY_S / 3600) ** 0.5
        walked = np.cumsum(steps, axis=-1)
        if reflected_gb is not None:
            walked += rng.uniform(0, reflected_gb, (*setting.shape[:2], 1))
            walked = np.abs((walked + reflected_gb) % (2 * reflected_gb) - reflected_gb)
        return _curves(setting, walked)

    return make


def regimes(rng: np.random.Generator, setting: Setting) -> Curves:
    """Two levels, 0.05-0.3 GB apart, between which all runs of a series change together every 1.25 h on average."""
    each = (setting.series, 1, 1)
    changes = rng.random((setting.series, 1, setting.t_s.size)) < 0.8 * EVERY_S / 3600
    level = (np.cumsum(changes, axis=-1) + rng.integers(0, 2, each)) % 2
    noisy = autoregressive(rng, setting.shape, 0.9, SCATTER_GB)
    return _curves(setting, noisy + rng.uniform(0.05, 0.3, each) * level)


def differing(rng: np.random.Generator, setting: Setting) -> Curves:
    """Runs that leak at rates of 1 to 10, drawn evenly on a logarithmic scale; the slowest of them at 1."""
    rates = np.exp(rng.uniform(0, np.log(10), (*setting.shape[:2], 1)))
    curves = noise(0.9)(rng, setting)
    return replace(curves, leaking_h=setting.judged_h * rates / rates.min(axis=1, keepdims=True))


def one_leaking(rng: np.random.Generator, setting: Setting) -> Curves:
    """One run leaks, the first; the others do not."""
    first = (np.arange(setting.seeds) == 0)[:, None]
    return replace(noise(0.9)(rng, setting), leaking_h=setting.judged_h * first)


WANDERING = WANDER ** (EVERY_S / CLEANUP_S)

FAMILIES = (
    Family("white noise", "sd 0.05 GB", noise(0.0)),
    Family("AR 0.9", "correlation 0.9 from sample to sample (5 s), sd 0.05 GB", noise(0.9)),
    Family("AR 0.98", "correlation 0.98, sd 0.05 GB", noise(0.98)),
    Family(
        "decaying plateau",
        "0.1-0.4 GB that settle with a time constant of 0.2-1 h, on AR 0.9",
        plateau((0.1, 0.4), (0.2, 1.0)),
    ),
    Family(
        "random steps",
        "levels of sd 0.05 GB that hold for 1.25 h on average, on AR 0.9 of sd 0.01 GB",
        steps(0.8),
    ),
    Family(
        "sawtooth",
        "teeth of 2 GB every 500 s, cleanups told, floors of sd 0.05 GB",
        sawtooth((CLEANUP_S, CLEANUP_S), told=True),
    ),
    Family(
        "sawtooth, not told",
        "teeth of 2 GB every 200-1500 s, cleanups not told, floors of sd 0.05 GB",
        sawtooth((200.0, 1500.0), told=False),
    ),
    Family("cache warm-up", "0.1-0.5 GB that fill in 0.5-1.5 h, on AR 0.9", cache((0.1, 0.5), (0.5, 1.5))),
    Family("late onset", "the leak begins after 30-60 % of the judged time, on AR 0.9", late_onset((0.3, 0.6))),
    Family(
        "wander",
        "correlation 0.8 from floor to floor (500 s), sd 0.05 GB: as slow as recorded RSS at its worst",
        noise(WANDERING),
    ),
)

HARDER = (
    Family("AR 0.98, 4 times as loud", "sd 0.2 GB", noise(0.98, 4 * SCATTER_GB)),
    Family("wander, 4 times as loud", "sd 0.2 GB", noise(WANDERING, 4 * SCATTER_GB)),
    Family("steps, 4 times as high", "sd 0.2 GB", steps(0.8, 4 * SCATTER_GB)),
    Family("large plateau, 0.3-0.7 h", "1-3 GB", plateau((1.0, 3.0), (0.3, 0.7))),
    Family("large plateau, 1-2 h", "1-3 GB", plateau((1.0, 3.0), (1.0, 2.0))),
    Family("large plateau, 2-4 h", "1-3 GB", plateau((1.0, 3.0), (2.0, 4.0))),
    Family("cache that is full after 2-4 h", "0.5-2 GB", cache((0.5, 2.0), (2.0, 4.0))),
    Family("onset after 60-75 %", "on AR 0.9", late_onset((0.6, 0.75))),
    Family("onset after 75-90 %", "on AR 0.9", late_onset((0.75, 0.9))),
    Family("sawtooth of 2000 s", "told: 8 floors", sawtooth((2000.0, 2000.0), told=True)),
    Family(
        "beat, sawtooth of 750 s",
        "told: 23 floors that climb by 0.05-0.15 GB and fall back every 2.5-6 teeth, alike in all seeds",
        beat(750.0, (2.5, 6.0), (0.05, 0.15), 0.02),
    ),
    Family(
        "beat, sawtooth of 2000 s",
        "told: 8 floors, likewise",
        beat(2000.0, (2.5, 6.0), (0.05, 0.15), 0.02),
    ),
    Family("sawtooth of 5000 s", "told, as `old`: 2 floors", sawtooth((5000.0, 5000.0), told=True)),
)

FOREIGN = (
    Family(
        "common step", "0.1-0.5 GB at 10-90 % of the judged time in all seeds alike, on AR 0.9", common_step((0.1, 0.5))
    ),
    Family("common step, sawtooth", "likewise, in the floors of a sawtooth of 500 s", common_step_in_teeth),
    Family("rates that differ", "each seed leaks at 1 to 10 times the slowest, on AR 0.9", differing),
    Family("bursts", "0.1-0.4 GB once an hour, gone within 0.3 h, each run its own", bursts(common=False)),
    Family("bursts, common", "likewise, alike in all seeds", bursts(common=True)),
    Family("reflecting walk", "sd 0.1 GB after an hour, between walls 0.2 GB apart", walk(0.1, 0.2)),
    Family("unbounded walk", "sd 0.05 GB after an hour", walk(0.05)),
    Family("regimes", "two levels 0.05-0.3 GB apart, changed every 1.25 h by all seeds alike, on AR 0.9", regimes),
)
"""What other people's programs looked like, and what would have fooled a verdict over the seeds alone."""

ONE_LEAKING = Family("one of K leaks", "the other seeds do not, on AR 0.9", one_leaking)
