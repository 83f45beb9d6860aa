"""The floors of a measured quantity, and how fast they rise in the whole run and in its later parts."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.analysis.leaks.sawtooth import find_teeth

BLOCKS = 24
"""A curve without teeth is cut into this many spans of time, each with its 10th percentile as its floor."""

FEWEST_IN_BLOCK = 5
"""A block has at least this many samples, else there are fewer blocks."""

FEWEST_FOR_SLOPE = 3

FEWEST_FLOORS = 6
"""So many floors a run are needed for a verdict on several runs."""

FEWEST_ALONE = 10
"""With fewer floors a run has less than four increments, and cannot speak for itself."""

FEWEST_BESIDE_LOAD = 8
"""So many floors are needed to tell growth from a load that is not flat."""

Between = Literal["cleanups", "falls", "blocks"]
"""What the floors lie between: cleanups that the target told of, sudden falls of the curve, or equal spans of time."""


@dataclass(frozen=True, eq=False)
class Floors:
    """The floors of one run or of many on the same instants.

    `hours` has shape (floors,), `values` (..., floors), in the unit of the measure. `edges_h` are the hours of the
    cleanups or falls that part them, shape (edges,), empty for blocks.
    """

    hours: NDArray[np.float64]
    values: NDArray[np.float64]
    between: Between
    edges_h: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Series:
    """A quantity of one run at full scale: `t_s` and `values` of shape (samples,), NaN where it was not read.

    `cleanups_s` are the times of the cleanups that may have lowered it, shape (cleanups,); none for a quantity that no
    cleanup touches (tasks, threads, open files), or where the target does not tell. Where values are interpolated
    between readings, `known` (samples,) is what had last been read: a fall is looked for in what was seen. Falls that
    are usually smaller than `least_fall` part nothing.
    """

    t_s: NDArray[np.float64]
    values: NDArray[np.float64]
    cleanups_s: NDArray[np.float64]
    known: NDArray[np.float64] | None = None
    least_fall: float = 0.0

    def judged(self, warmup_s: float) -> NDArray[np.bool_]:
        """Which samples a verdict looks at, shape (samples,): those that were read, from the end of the warm-up on."""
        return (self.t_s >= warmup_s) & np.isfinite(self.values)

    def judged_floors(self, warmup_s: float) -> Floors:
        """The floors that a verdict looks at."""
        read = self.judged(warmup_s)
        if not read.any():
            return Floors(np.empty(0), np.empty(0), "blocks", np.empty(0))
        cleanups_s = self.cleanups_s[self.cleanups_s >= warmup_s]
        known = None if self.known is None else self.known[read]
        return find_floors(self.t_s[read], self.values[read], cleanups_s, known, self.least_fall)


class Slopes(NamedTuple):
    """Theil-Sen slopes per hour of parts of a run, by number of floors: each a number or an array (...,).

    NaN where a part has fewer than 3 floors.
    """

    whole: NDArray[np.float64]
    last_three_quarters: NDArray[np.float64]
    last_half: NDArray[np.float64]
    first_half: NDArray[np.float64]
    third_quarter: NDArray[np.float64]
    last_quarter: NDArray[np.float64]
    first_third: NDArray[np.float64]
    middle_third: NDArray[np.float64]
    last_third: NDArray[np.float64]


PARTS: dict[str, tuple[int, int]] = {
    "whole": (0, 12),
    "last_three_quarters": (3, 12),
    "last_half": (6, 12),
    "first_half": (0, 6),
    "third_quarter": (6, 9),
    "last_quarter": (9, 12),
    "first_third": (0, 4),
    "middle_third": (4, 8),
    "last_third": (8, 12),
}
"""The parts of a run, by the twelfths of its floors between which they lie."""


def part_of(part: str, floors: int) -> slice:
    """Which of so many floors lie in a part of the run."""
    begin, end = PARTS[part]
    return slice(begin * floors // 12, end * floors // 12)


def at_hours(
    wanted_h: NDArray[np.float64], hours: NDArray[np.float64], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Floors `values` (..., floors) at other `wanted_h`: as they are where those are the same, else interpolated."""
    same = hours.shape == wanted_h.shape and bool(np.all(hours == wanted_h))
    return values if same else np.interp(wanted_h, hours, values)


def find_floors(
    t_s: NDArray[np.float64],
    values: NDArray[np.float64],
    cleanups_s: NDArray[np.float64],
    known: NDArray[np.float64] | None = None,
    least_fall: float = 0.0,
) -> Floors:
    """The floors of one curve: `t_s` and `values` have shape (samples,), `cleanups_s` (cleanups,), maybe none.

    `known` (samples,) is the curve in which falls are looked for, by default `values` themselves. Between cleanups the
    lowest value; where none are told, between the sudden falls of the curve if it is a sawtooth whose usual fall is at
    least `least_fall`; else the 10th percentile of equal spans. A span before the first or after the last cleanup is no
    tooth.
    """
    if cleanups_s.size:
        return between_cleanups(t_s, values, cleanups_s)
    teeth = find_teeth(values if known is None else known)
    if teeth is not None and np.median(teeth.crests - teeth.troughs) >= least_fall:
        return _between(t_s, values, teeth.falls, t_s[teeth.falls] / 3600, "falls")
    return of_blocks(t_s, values)


def between_cleanups(t_s: NDArray[np.float64], values: NDArray[np.float64], cleanups_s: NDArray[np.float64]) -> Floors:
    """The lowest value between each two cleanups, of curves (..., samples) with the same cleanups."""
    return _between(t_s, values, np.searchsorted(t_s, cleanups_s), cleanups_s / 3600, "cleanups")


def _between(
    t_s: NDArray[np.float64],
    values: NDArray[np.float64],
    edges: NDArray[np.intp],
    edges_h: NDArray[np.float64],
    between: Between,
) -> Floors:
    spans = [(begin, end) for begin, end in itertools.pairwise(edges.tolist()) if end > begin]
    if not spans:
        return Floors(np.empty(0), np.empty((*values.shape[:-1], 0)), between, edges_h)
    lowest = np.stack([values[..., begin:end].min(axis=-1) for begin, end in spans], axis=-1)
    hours = np.array([(t_s[begin] + t_s[end - 1]) / 7200 for begin, end in spans])
    return Floors(hours, lowest, between, edges_h)


def of_blocks(t_s: NDArray[np.float64], values: NDArray[np.float64]) -> Floors:
    """The 10th percentile of equal spans of time, of curves (..., samples)."""
    blocks = max(min(BLOCKS, t_s.size // FEWEST_IN_BLOCK), 1)
    edges = np.linspace(t_s[0], t_s[-1], blocks + 1)
    bounds = np.searchsorted(t_s, edges)
    bounds[-1] = t_s.size
    held = [(at, begin, end) for at, (begin, end) in enumerate(itertools.pairwise(bounds.tolist())) if end > begin]
    floors = np.stack([np.percentile(values[..., begin:end], 10, axis=-1) for _, begin, end in held], axis=-1)
    hours = np.array([(edges[at] + edges[at + 1]) / 7200 for at, _, _ in held])
    return Floors(hours, floors, "blocks", np.empty(0))


def slopes(floors: Floors) -> Slopes:
    """How fast the floors rise, per hour, in the run and in its parts."""
    parts = {name: part_of(name, floors.hours.size) for name in PARTS}
    return Slopes(**{name: theil_sen(floors.hours[part], floors.values[..., part]) for name, part in parts.items()})


def theil_sen(hours: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The median of the slopes between all pairs of points (Theil 1950, Sen 1968), of `values` (..., points).

    NaN for fewer than 3 points.
    """
    if hours.size < FEWEST_FOR_SLOPE:
        return np.full(values.shape[:-1], np.nan)
    first, second = np.triu_indices(hours.size, 1)
    apart = hours[second] - hours[first]
    rows = values.reshape(-1, hours.size)
    found = np.empty(len(rows))
    chunk = max(1_000_000 // first.size, 1)
    for begin in range(0, len(rows), chunk):
        some = rows[begin : begin + chunk]
        found[begin : begin + chunk] = np.median((some[:, second] - some[:, first]) / apart, axis=-1)
    return found.reshape(values.shape[:-1])
