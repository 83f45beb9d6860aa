"""Systematic sampling with probability proportional to a size measure, and a take-all stratum.

Hansen and Hurwitz (1943), On the theory of sampling from finite populations; Madow (1949) for the systematic draw.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import mmap
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

CAPACITY = 1 << 17
"""The most elements of a population that are looked at; of a larger one, every second, fourth, eighth."""


def uniform(seed: int, name: str) -> float:
    """A number in [0, 1) that belongs to `seed` and `name`."""
    digest = hashlib.blake2b(f"{seed}\0{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") / 2.0**64


class Scratch:
    """Three arrays (CAPACITY,) of float64 in an anonymous mapping of their own.

    From malloc they would be mapped one by one, and freeing them would move glibc's threshold for what it maps.
    """

    def __init__(self) -> None:
        self._map = mmap.mmap(-1, 3 * CAPACITY * 8)
        self.measure, self.rest, self.sums = np.frombuffer(self._map, np.float64).reshape(3, CAPACITY)

    def close(self) -> None:
        """Give the mapping back."""
        del self.measure, self.rest, self.sums
        with contextlib.suppress(BufferError):  # a walk was left in the middle: it goes with the last array
            self._map.close()


@dataclass(frozen=True, slots=True)
class Draws:
    """Indices taken for certain, and indices drawn with what each stands for: sum of weights x measure = the rest."""

    certain: list[int]
    drawn: list[int]
    weights: list[float]


def draw(scratch: Scratch, count: int, draws: int, start: float) -> Draws:
    """Draw about `draws` to 2 x `draws` of the `count` elements whose measures stand in `scratch.measure`.

    The step is a power of two, and the first point depends on `start` only, so that a population that grows slowly at
    its end keeps the elements drawn before. An element as large as a step is taken for certain.
    """
    measure, sums = scratch.rest[:count], scratch.sums[:count]
    measure[:] = scratch.measure[:count]
    certain: list[int] = []
    total = float(measure.sum())
    step = _step(total, draws)
    while total > 0:
        large = np.flatnonzero(measure >= step)
        if not large.size:
            break
        certain += large.tolist()
        measure[large] = 0
        total = float(measure.sum())
        step = min(step, _step(total, draws))
    if total <= 0:
        return Draws(sorted(certain), [], [])
    # cumsum() looks up "accumulate" as a new text each time, which CPython's cache of methods then keeps
    np.add.accumulate(measure, out=sums)
    points = np.arange(start * step, float(sums[-1]), step)
    drawn = np.searchsorted(sums, points, side="right")
    weights = total / len(points) / measure[drawn] if len(points) else points
    return Draws(sorted(certain), drawn.tolist(), weights.tolist())


def _step(total: float, draws: int) -> float:
    return 2.0 ** math.floor(math.log2(total / draws)) if total > 0 else math.inf


def rounded(value: float) -> float:
    """`value` to an eighth of an octave: a measure is learned in every walk, and must not shift with every byte."""
    return 2.0 ** (round(math.log2(value) * 8) / 8) if value > 0 else 0.0


def spread(length: int, draws: int, start: float) -> range:
    """Positions evenly spread over `length` elements, about `draws` of them, from a start within the first step."""
    step = max(1, 1 << max(0, (length // draws).bit_length() - 1))
    return range(int(start * step), length, step)


def variance(values: list[float]) -> float:
    """The variance of the sum of `values`, systematic draws of one population in its order.

    By successive differences, which leaves out what changes slowly along a container (Wolter, Introduction to Variance
    Estimation, 2007, section 8.2, estimator v2): n / (2 (n - 1)) x the sum of their squares.
    """
    count = len(values)
    if count < 2:
        return values[0] ** 2 if values else 0.0
    return count / (2 * (count - 1)) * math.fsum((after - before) ** 2 for before, after in pairwise(values))


def golden(start: float, number: int) -> float:
    """The `number`-th of a sequence of starts that fills [0, 1) evenly."""
    return (start + number * 0.6180339887498949) % 1.0
