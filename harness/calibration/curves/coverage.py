"""How often the interval of a reduction covers the truth, by simulation of paired runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.analysis.estimates import REDUCTION, Reading, over_seeds
from harness.analysis.metrics.pairing import paired, reduction

TRUE_REDUCTION = 0.65


@dataclass(frozen=True)
class PairNoise:
    """How the logarithms of old and fixed of one seed scatter: each with this sd, correlated by the market they share.

    `tails` is the degrees of freedom of Student's t that the scatter follows, None for normal logarithms.
    """

    name: str
    sd_old: float
    sd_fixed: float
    correlation: float
    tails: float | None = None


NOISES = (
    PairNoise("sd 0.6 % and 0.7 %, independent: recorded peaks of 50symbols", 0.006, 0.007, 0.0),
    PairNoise("sd 0.6 % and 0.7 %, correlation 0.8", 0.006, 0.007, 0.8),
    PairNoise("sd 20 %, independent", 0.2, 0.2, 0.0),
    PairNoise("sd 20 %, correlation 0.8", 0.2, 0.2, 0.8),
    PairNoise("sd 20 %, correlation 0.8, heavy tails (t, 3 degrees)", 0.2, 0.2, 0.8, tails=3.0),
)


def coverage(noise: PairNoise, seeds: int, soaks: int, seed: Sequence[int]) -> float:
    """The share of `soaks` simulated soaks whose 95 % interval of the reduction holds the true one."""
    rng = np.random.default_rng(seed)
    old, fixed = _logarithms(noise, rng, (soaks, seeds))
    held = 0
    for soak in range(soaks):
        before = {number: Reading(float(np.exp(value))) for number, value in enumerate(old[soak])}
        after = {number: Reading(float(np.exp(value))) for number, value in enumerate(fixed[soak])}
        interval = over_seeds(paired(before, after, reduction), REDUCTION)
        held += (
            interval.low is not None and interval.high is not None and interval.low <= TRUE_REDUCTION <= interval.high
        )
    return held / soaks


def _logarithms(
    noise: PairNoise, rng: np.random.Generator, shape: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Logarithms of old and fixed, each of shape (soaks, seeds)."""
    shared, own_old, own_fixed = (
        rng.standard_normal(shape) if noise.tails is None else rng.standard_t(noise.tails, shape) for _ in range(3)
    )
    together, apart = noise.correlation**0.5, (1 - noise.correlation) ** 0.5
    old = np.log(25.0) + noise.sd_old * (together * shared + apart * own_old)
    fixed = np.log(25.0 * (1 - TRUE_REDUCTION)) + noise.sd_fixed * (together * shared + apart * own_fixed)
    return old, fixed
