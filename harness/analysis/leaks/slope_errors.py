"""How certain the slope of one curve of floors is, when its points depend on each other.

Three estimates of a slope per hour, each with an error and degrees of freedom for Student's t. They see different
things: least squares takes the floors for independent, the increments of batch means are honest about a random walk and
about steps, generalised least squares about noise that decays.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]

FEWEST_FOR_LINE = 3
MOST_CORRELATED = 0.95
"""The correlation from floor to floor is not taken for more than this."""


ROUNDING = 1e-12
"""Residuals of less than this share of the values are those of a straight line."""


class Slope(NamedTuple):
    """A slope per hour, its standard error and its degrees of freedom, each of shape (...,); no error below one."""

    value: Array
    error: Array
    freedom: Array

    def low(self, confidence: float) -> Array:
        """The bound that the true slope is above with this confidence, by Student's t."""
        return self.value - self._half(confidence)

    def high(self, confidence: float) -> Array:
        """The bound that the true slope is below with this confidence, by Student's t."""
        return self.value + self._half(confidence)

    def _half(self, confidence: float) -> Array:
        with np.errstate(invalid="ignore"):
            half = stats.t.ppf(confidence, np.maximum(self.freedom, 1.0)) * self.error
        return np.asarray(np.where(self.freedom >= 1, half, np.inf))

    def first(self, seeds: int) -> Slope:
        """Those of the first so many seeds, where the last axis is that of the seeds."""
        return Slope(*(part[..., :seeds] for part in self))


def least_squares(hours: Array, values: Array) -> Slope:
    """The straight line through `values` (..., floors) at `hours` (floors,), its floors taken for independent.

    The textbook's error: s / sqrt(sum (h - mean h)^2), where s^2 is the sum of squared residuals over n - 2. NaN below
    3 floors.
    """
    n = hours.size
    if n < FEWEST_FOR_LINE:
        return _unknown(values)
    x, y = hours - hours.mean(), values - values.mean(axis=-1, keepdims=True)
    spread = float(x @ x)
    value = y @ x / spread
    left = ((y - value[..., None] * x) ** 2).sum(axis=-1)
    return Slope(value, np.sqrt(left / (n - 2) / spread), np.full(value.shape, n - 2.0))


def increments(hours: Array, values: Array, steps: int) -> Array:
    """The slopes between the means of successive batches of floors, (..., steps); `values` are (..., floors).

    `steps` + 1 batches of as many floors each as can be. Raises ValueError for fewer than one step or floors.
    """
    edges = np.linspace(0, hours.size, steps + 2).round().astype(int)
    if steps < 1 or np.any(np.diff(edges) < 1):
        raise ValueError(f"{hours.size} floors have no {steps} increments")
    counts = np.diff(edges)
    mean_h = np.add.reduceat(hours, edges[:-1]) / counts
    means = np.add.reduceat(values, edges[:-1], axis=-1) / counts
    return np.asarray(np.diff(means, axis=-1) / np.diff(mean_h))


def by_increments(hours: Array, values: Array, most_steps: int) -> Slope:
    """The mean of the increments of batch means, taken for independent.

    Nearly so it is for a random walk: a one-sided test at 5 % errs in 8 % of walks, since neighbouring means share
    shocks. One step in an otherwise flat curve gives a t near 1, and noise that returns to its mean a t that is too
    small: both err on the side of not deciding. With few floors there are fewer steps than `most_steps`, so that a
    batch has two at least; no error with less than two steps.
    """
    steps = min(most_steps, hours.size // 2 - 1)
    if steps < 2:
        return _unknown(values)
    each = increments(hours, values, steps)
    error = each.std(axis=-1, ddof=1) / steps**0.5
    return Slope(each.mean(axis=-1), error, np.full(error.shape, steps - 1.0))


def autoregressive(hours: Array, values: Array) -> Slope:
    """The straight line by generalised least squares under first-order autoregression (Prais and Winsten 1954).

    `values` are (..., floors). The correlation phi is that of the residuals of the ordinary line, corrected. The
    freedom is that of n (1 - phi) / (1 + phi) independent floors less two.
    """
    n = hours.size
    if n <= 4:
        return _unknown(values)
    design = np.stack([np.ones(n), hours - hours.mean()], axis=1)
    residual = values - (values @ np.linalg.pinv(design).T) @ design.T
    phi = correlation_of(residual, values, 2)
    first = np.sqrt(1 - phi**2)[..., None]
    y = np.concatenate([first * values[..., :1], values[..., 1:] - phi[..., None] * values[..., :-1]], axis=-1)
    rows = np.broadcast_to(design, (*values.shape, 2))
    x = np.concatenate(
        [first[..., None] * rows[..., :1, :], rows[..., 1:, :] - phi[..., None, None] * rows[..., :-1, :]], -2
    )
    covariance = np.linalg.inv(np.swapaxes(x, -1, -2) @ x)
    line = (covariance @ (np.swapaxes(x, -1, -2) @ y[..., None]))[..., 0]
    left = ((y - (x @ line[..., None])[..., 0]) ** 2).sum(axis=-1)
    error = np.sqrt(left / (n - 2) * covariance[..., 1, 1])
    return Slope(line[..., 1], error, n * (1 - phi) / (1 + phi) - 2)


def correlation_of(residual: Array, values: Array, regressors: Array | int) -> Array:
    """The correlation from floor to floor of what a fit of `values` leaves, both (..., floors), corrected.

    That of the residuals is too small by what the `regressors`, the constant among them, took out: (n phi + r) /
    (n - r - 2) is taken for it. Residuals of rounding have none.
    """
    n = residual.shape[-1]
    squares = (residual**2).sum(axis=-1)
    found = (residual[..., 1:] * residual[..., :-1]).sum(axis=-1) / np.where(squares > 0, squares, 1.0)
    noisy = squares > n * (ROUNDING * np.abs(values).max(axis=-1)) ** 2
    corrected = (n * found + regressors) / (n - regressors - 2)
    return np.asarray(np.where(noisy, np.clip(corrected, 0, MOST_CORRELATED), 0.0))


def beside_a_step(hours: Array, values: Array) -> Array:
    """The slope of the straight line beside the one step that fits best, by least squares, of `values` (..., floors).

    NaN below 4 floors: there is nothing beside a step.
    """
    n = hours.size
    slope = np.full(values.shape[:-1], np.nan)
    least = np.full(values.shape[:-1], np.inf)
    for at in range(2, n - 1):
        design = np.stack([np.ones(n), hours - hours.mean(), (np.arange(n) >= at).astype(np.float64)], axis=1)
        fit = values @ np.linalg.pinv(design).T
        left = ((values - fit @ design.T) ** 2).sum(axis=-1)
        slope, least = np.where(left < least, fit[..., 1], slope), np.minimum(left, least)
    return np.asarray(slope)


def _unknown(values: Array) -> Slope:
    unknown = np.full(values.shape[:-1], np.nan)
    return Slope(unknown, unknown, np.zeros(unknown.shape))
