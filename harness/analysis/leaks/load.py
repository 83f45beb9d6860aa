"""The load of a run: how much was delivered of late, in several senses of "of late", and whether it is flat.

A program that keeps the last ten minutes of a feed grows when the feed wakes up. Its memory follows recent load, what
came in a window that ends now; the store was empty when the feed began.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import signal, stats

from harness.analysis.leaks.floors import Floors
from harness.analysis.runs import Run

Array = NDArray[np.float64]

Kept = Literal["window", "decay", "peak"]
"""How a store follows its load: it keeps what came in the last hours; what came fades; it never gives back a peak."""

KINDS: tuple[Kept, ...] = ("window", "decay", "peak")

STEPS = 2048
"""What fades or peaks is followed in so many equal steps of the run."""

POINTS = 10
"""A block is looked at in so many points, enough for its 10th percentile."""

SPANS = 24
"""Equal spans of time whose load is compared, six in each quarter of the run."""

FLAT = 0.03
"""Quarters of a run whose loads differ by less than this share of their mean are alike."""

CHANCE = 0.001
"""And so are those that differ by no more than so many in a thousand would, were their spans drawn alike."""


@dataclass(frozen=True, eq=False)
class LoadCourse:
    """How much had been delivered by each instant: events or bytes, of one config or of many series alike.

    `t_h` are hours since the feed began, (samples,), increasing; `delivered` (..., samples) is the mean over seeds of
    what came since then, and never decreases. Before the first sample nothing had come.
    """

    t_h: Array
    delivered: Array

    def at(self, hours: Array) -> Array:
        """What had been delivered by `hours` of any shape: (..., *hours)."""
        return _between(self.t_h, self.delivered, hours)

    @property
    def per_hour(self) -> Array:
        """The mean load per hour of the whole course, (...,)."""
        return np.asarray(self.delivered[..., -1] / self.t_h[-1])

    def until(self, end_h: float) -> LoadCourse:
        """The course up to so many hours, with an instant there."""
        hours = np.append(self.t_h[self.t_h < end_h], end_h)
        return LoadCourse(hours, self.at(hours))

    def recent(self, hours: Array, window_h: float, kept: Kept) -> Array:
        """The load per hour over the last `window_h` before each of `hours`: (..., *hours).

        What fades does so with a mean stay of half the window, as long as what is in the window has been there.
        """
        if kept == "window":
            return (self.at(hours) - self.at(hours - window_h)) / window_h
        if kept == "decay":
            step = self.t_h[-1] / STEPS
            left = float(np.exp(-2 * step / window_h))
            faded = signal.lfilter([(1 - left) / step], [1.0, -left], np.diff(self._stepwise, axis=-1), axis=-1)
            course = np.concatenate([np.zeros_like(faded[..., :1]), faded], axis=-1)
        else:
            course = np.maximum.accumulate(self.recent(self._steps_h, window_h, "window"), axis=-1)
        return _between(self._steps_h, course, hours)

    def is_flat(self, begin_h: float, end_h: float) -> NDArray[np.bool_]:
        """Whether the load of the four quarters of these hours is alike, (...,).

        By an analysis of variance: 24 spans, six a quarter. Jitter and bursts that may come at any time are flat,
        however high; a season is not. One that moves a quarter by 3 % of the mean is nothing to hold growth against.
        """
        spans = np.diff(self.at(np.linspace(begin_h, end_h, SPANS + 1)), axis=-1)
        mean = spans.mean(axis=-1)
        parted = spans.reshape(*spans.shape[:-1], 4, SPANS // 4)
        quarters = parted.mean(axis=-1)
        between = SPANS // 4 * ((quarters - mean[..., None]) ** 2).sum(axis=-1) / 3
        within = ((parted - quarters[..., None]) ** 2).sum(axis=(-1, -2)) / (SPANS - 4)
        alike = quarters.max(axis=-1) - quarters.min(axis=-1) <= FLAT * mean
        return np.asarray(alike | (between <= float(stats.f.isf(CHANCE, 3, SPANS - 4)) * within))

    @cached_property
    def _steps_h(self) -> Array:
        return np.linspace(0.0, self.t_h[-1], STEPS + 1)

    @cached_property
    def _stepwise(self) -> Array:
        return self.at(self._steps_h)


def _between(t_h: Array, course: Array, hours: Array) -> Array:
    """A course (..., samples) at `hours`, straight between samples; that of the first before it."""
    place = np.clip(np.searchsorted(t_h, hours, side="right") - 1, 0, t_h.size - 2)
    part = np.clip((hours - t_h[place]) / (t_h[place + 1] - t_h[place]), 0.0, 1.0)
    return np.asarray(course[..., place] * (1 - part) + course[..., place + 1] * part)


def looked_at(floors: Floors) -> Array:
    """The hours at which each floor was looked for, (floors, points).

    A block in all its length; a floor between cleanups or falls just after the first of them, where a tooth is lowest.
    """
    if floors.between != "blocks":
        return floors.edges_h[: floors.hours.size, None]
    half = (floors.hours[1] - floors.hours[0]) / 2 if floors.hours.size > 1 else 0.0
    return np.asarray(floors.hours[:, None] + half * ((2 * np.arange(POINTS) + 1) / POINTS - 1))


def load_of(run: Run, *, by: Literal["events", "bytes"]) -> LoadCourse | None:
    """What a run was handed up to its horizon; None where that was not recorded, or nothing was handed."""
    if run.load is None:
        return None
    fed = run.until_horizon
    t_h, delivered = run.load.t_s[fed] / 3600, (run.load.events if by == "events" else run.load.bytes)[fed]
    later = np.flatnonzero(np.diff(t_h, append=np.inf) > 0)  # the last of the samples of one instant
    t_h, delivered = t_h[later], delivered[later]
    if t_h.size < 2 or not delivered[-1]:
        return None
    if t_h[0] > 0:
        t_h, delivered = np.append(0.0, t_h), np.append(0.0, delivered)
    return LoadCourse(t_h, delivered)
