"""Four common ways to tell a leak from one run, for comparison: each takes one series, shape (series, samples).

Like the verdict, all are given the budget. Each is tried against nothing (is there any growth?) and against
the budget. LEAK and OK are as they say; the trend tests leave the rest undecided only where they are tested against the
budget.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]
Calls = tuple[NDArray[np.bool_], NDArray[np.bool_]]
"""LEAK and OK, each of shape (series,)."""

ALPHA = 0.05
CHUNK = 25


def least_squares(hours: Array, values: Array, budget: float) -> Calls:
    """Ordinary least squares with the textbook t interval, which takes samples for independent."""
    centred = hours - hours.mean()
    slope = values @ centred / (centred @ centred)
    residual = values - values.mean(axis=-1, keepdims=True) - slope[:, None] * centred
    freedom = hours.size - 2
    error = np.sqrt((residual**2).sum(axis=-1) / freedom / (centred @ centred))
    half = float(stats.t.ppf(1 - ALPHA / 2, freedom)) * error
    return slope - half > budget, slope + half <= budget


def endpoints(hours: Array, values: Array, budget: float) -> Calls:
    """The last sample less the first, per hour: above the budget or not."""
    leak = (values[:, -1] - values[:, 0]) / (hours[-1] - hours[0]) > budget
    return leak, ~leak


def mann_kendall(hours: Array, values: Array, budget: float) -> Calls:
    """Mann (1945) and Kendall: the sign of all pairs, against the budget as a trend; no ties, independence assumed."""
    return _trend_test(hours, values, budget, corrected=False)


def hamed_rao(hours: Array, values: Array, budget: float) -> Calls:
    """Mann-Kendall with the variance corrected for autocorrelation (Hamed and Rao 1998, J. Hydrology 204).

    The correction takes the autocorrelation of the ranks of the series less its Sen slope, at the lags where it is
    significant at 5 %.
    """
    return _trend_test(hours, values, budget, corrected=True)


RIVALS: dict[str, Callable[[Array, Array, float], Calls]] = {
    "least squares": least_squares,
    "Mann-Kendall": mann_kendall,
    "Hamed-Rao": hamed_rao,
    "endpoints": endpoints,
}


def _trend_test(hours: Array, values: Array, budget: float, *, corrected: bool) -> Calls:
    chunks = [values[at : at + CHUNK] - budget * hours for at in range(0, len(values), CHUNK)]
    scores = np.concatenate([z_scores(hours, chunk, corrected=corrected) for chunk in chunks])
    bound = float(stats.norm.ppf(1 - ALPHA / 2))
    return scores > bound, (scores <= bound if budget == 0 else scores < -bound)


def z_scores(hours: Array, values: Array, *, corrected: bool) -> Array:
    """The Mann-Kendall Z of series (series, samples), without or with the correction of Hamed and Rao."""
    n = hours.size
    first, second = np.triu_indices(n, 1)
    apart = values[:, second] - values[:, first]
    score = np.sign(apart).sum(axis=-1)
    variance = np.full(len(values), n * (n - 1) * (2 * n + 5) / 18)
    if corrected:
        sen = np.median(apart / (hours[second] - hours[first]), axis=-1)
        variance *= _inflation(stats.rankdata(values - sen[:, None] * hours, axis=-1))
    return np.asarray((score - np.sign(score)) / np.sqrt(np.maximum(variance, 1.0)))


def _inflation(ranks: Array) -> Array:
    n = ranks.shape[-1]
    centred = ranks - ranks.mean(axis=-1, keepdims=True)
    spectrum = np.abs(np.fft.rfft(centred, 2 * n, axis=-1)) ** 2
    covariance = np.fft.irfft(spectrum, 2 * n, axis=-1)[:, :n]
    correlation = covariance[:, 1:] / covariance[:, :1]
    significant = np.abs(correlation) > float(stats.norm.ppf(1 - ALPHA / 2)) / n**0.5
    lag = np.arange(1, n)
    weights = (n - lag) * (n - lag - 1) * (n - lag - 2)
    return np.asarray(1 + 2 / (n * (n - 1) * (n - 2)) * (weights * correlation * significant).sum(axis=-1))
