"""The long-run rate of growth from a few readings, taken at different phases of a sawtooth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from harness.analysis.leaks.floors import theil_sen

FEWEST, FEWEST_UNDER_CLEANUPS = 3, 5
"""Readings that a line needs, and that a line under a sawtooth needs, which has one parameter more."""

_SOON_SHARE = 0.25
"""Readings less than this share of the oldest tooth after a cleanup all weigh the same: none outweighs all others.

Simulated (five hours, half-hourly walks, teeth of 500, 3000 and 5000 s that vary by 5 %): with a quarter the rate errs
by 1 to 1.2 times as much as with a twentieth, and at 3000 s by a third as much if one reading is wild.
"""


@dataclass(frozen=True)
class Rate:
    """Growth per hour: what no cleanup reaches, and what grows between cleanups beyond that and is given back by them.

    `cleared_per_hour` is None where there was no cleanup that could tell the two apart.
    """

    per_hour: float
    cleared_per_hour: float | None


def rate(hours: NDArray[np.float64], ages_h: NDArray[np.float64] | None, values: NDArray[np.float64]) -> Rate | None:
    """The rate of growth of `values` read at `hours`, None where the readings are too few; all of shape (readings,).

    Without `ages_h` it is the Theil-Sen slope. `ages_h` are the hours since the last cleanup. Readings half an hour
    apart under teeth of eight minutes alias: a slope through them, or through the lowest of them, is chance. So the
    growth is split by median regression, values = a + per_hour x hours + cleared_per_hour x ages, which minimises the
    weighted sum of absolute residuals (Koenker and Bassett 1978). A tooth's height varies with the feed in proportion
    to its age, so a reading weighs 1/age: the floors decide, as in :mod:`harness.analysis.leaks.floors`, and no reading
    is thrown away.
    """
    if ages_h is not None and len(values) >= FEWEST_UNDER_CLEANUPS:
        design = np.column_stack([np.ones(len(hours)), hours, ages_h])
        if np.linalg.matrix_rank(design) == design.shape[1]:
            weights = 1 / np.maximum(ages_h, _SOON_SHARE * ages_h.max())
            _, per_hour, cleared = median_regression(design, values, weights)
            return Rate(per_hour, cleared)
    if len(values) < FEWEST:
        return None
    return Rate(float(theil_sen(hours, values)), None)


def median_regression(
    design: NDArray[np.float64], values: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[float, ...]:
    """The coefficients, shape (columns,), with the least weighted sum of absolute residuals, by linear programming.

    `design` has shape (readings, columns), `values` and `weights` (readings,).
    """
    count, columns = design.shape
    size = float(np.abs(values).max(initial=0.0)) or 1.0  # the solver's tolerances are absolute
    found = optimize.linprog(
        np.concatenate([np.zeros(columns), weights, weights]),
        A_eq=np.hstack([design, np.eye(count), -np.eye(count)]),
        b_eq=values / size,
        bounds=[(None, None)] * columns + [(0, None)] * (2 * count),
        method="highs",
    )
    if found.x is None:
        raise ArithmeticError(f"median regression: {found.message}")
    return tuple(float(coefficient) * size for coefficient in found.x[:columns])
