"""Teeth in a curve that tells of no cleanups: where memory falls at once, and the low points between the falls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEWEST_FALLS = 3
"""Fewer falls are not a pattern."""

LAG = 2
"""A fall is over within this many samples: one is cut in two where a sample was taken in the middle of a cleanup."""

FALL_SHARE = 0.4
"""A change counts from this share of the third largest fall."""

OVER_NOISE = 6.0
"""Falls must stand out: this many standard deviations (by the median absolute deviation) of the ordinary change."""

RISES_SHARE = 1 / 3
"""A sawtooth falls at once and rises slowly. Where sudden rises are more than this share of the falls, it is noise."""


REGROWN_SHARE = 0.5
"""What falls in a sawtooth grows again: teeth grow by at least this share of the usual fall, else it is a staircase."""


@dataclass(frozen=True, eq=False)
class CurveTeeth:
    """The teeth of a curve between its falls, in the order of time.

    `falls` is the index of the first sample after each fall, shape (falls,); `crests` and `troughs` are the values just
    before and after it, shape (falls,).
    """

    falls: NDArray[np.intp]
    crests: NDArray[np.float64]
    troughs: NDArray[np.float64]


def find_teeth(values: NDArray[np.float64]) -> CurveTeeth | None:
    """The teeth of evenly sampled `values`, shape (samples,), None where the curve is no sawtooth."""
    if values.size < 2 * FEWEST_FALLS * LAG:
        return None
    change = values[LAG:] - values[:-LAG]
    threshold = FALL_SHARE * _third_fall(change)
    noise = 1.4826 * float(np.median(np.abs(change - np.median(change))))
    if threshold <= OVER_NOISE * noise:
        return None
    falls = _runs(change < -threshold)
    if len(falls) < FEWEST_FALLS or len(_runs(change > threshold)) > RISES_SHARE * len(falls):
        return None
    after = []
    for begin, end in falls:
        steps = np.diff(values[begin : end + LAG])
        after.append(begin + int(np.argmin(steps)) + 1)
    index = np.array(after, dtype=np.intp)
    crests = np.array([values[max(at - LAG, 0) : at].max() for at in index])
    troughs = np.array([values[at : at + LAG].min() for at in index])
    if np.median(crests[1:] - troughs[:-1]) < REGROWN_SHARE * np.median(crests - troughs):
        return None
    return CurveTeeth(index, crests, troughs)


def _third_fall(change: NDArray[np.float64]) -> float:
    """The size of the third largest fall; sudden changes that overlap are one."""
    left = np.array(change)
    size = 0.0
    for _ in range(FEWEST_FALLS):
        at = int(np.argmin(left))
        size = -float(left[at])
        left[max(at - LAG + 1, 0) : at + LAG] = np.inf
    return size if np.isfinite(size) and size > 0 else 0.0


def _runs(marked: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The stretches of successive marked places, as (first, one past the last)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
