"""Adding seeds while a verdict is open, without raising its error rate: at which confidence each look is taken.

Looking again after every added seed gives chance one more try each time. Pocock's rule (1977, Biometrika 64) takes
every look at one and the same stricter level, such that *any* look errs as rarely as one single look would. His
tables hold for normal statistics; with three seeds Student's t is far from normal, and his levels would err 20 % too
often. The level here is computed for t statistics themselves.

With independent normal values x, the correlation r_k = sum(x) / sqrt(k sum(x^2)) of k values with a constant is a
Markov chain whose law has no unknown parameter, and t_k = r_k sqrt((k - 1) / (1 - r_k^2)). So the probability that no
look of seeds..max_seeds exceeds its bound is an integral over one variable per look.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy import optimize, stats

from harness.scenario import Scenario

CONFIDENCE = 0.95
GRID = 401
QUANTILES = 2000


def looks(seeds: int, max_seeds: int) -> tuple[int, ...]:
    """The numbers of seeds at which a verdict is taken: after the first `seeds`, then after every added one."""
    if not 2 <= seeds <= max_seeds:
        raise ValueError(f"looks need 2 <= seeds <= max_seeds, not {seeds} and {max_seeds}")
    return tuple(range(seeds, max_seeds + 1))


def confidence_of(scenario: Scenario) -> float:
    """The confidence of every interval that judges `scenario`: stricter where seeds may be added.

    One seed gives no interval, so the first look is at two at least.
    """
    if scenario.max_seeds is None:
        return CONFIDENCE
    first = max(scenario.seeds, 2)
    return look_confidence(first, max(scenario.max_seeds, first))


def leak_confidence_of(scenario: Scenario) -> float:
    """The confidence of one look at the leaks of `scenario`: stricter where seeds may be added."""
    return leak_confidence(scenario.seeds, max(scenario.max_seeds or 0, scenario.seeds))


def leak_confidence(seeds: int, max_seeds: int, confidence: float = CONFIDENCE) -> float:
    """The confidence of one look at a leak, so that all looks from `seeds` to `max_seeds` together have `confidence`.

    The verdict on a leak asks every run, their slopes and their mean curve; no t statistic stands for all of it, and
    the chain below does not hold. So every look has its share of the error (Bonferroni), which holds for any rule.
    """
    return 1 - (1 - confidence) / (max_seeds - seeds + 1)


@lru_cache(maxsize=64)
def look_confidence(seeds: int, max_seeds: int, confidence: float = CONFIDENCE) -> float:
    """The confidence of the t interval at every look, so that all looks together have `confidence`.

    Both must be fixed before the first run; with `max_seeds` = `seeds` there is one look, at `confidence` itself.
    """
    if len(looks(seeds, max_seeds)) == 1:
        return confidence

    def excess(level: float) -> float:
        return _any_exceeds(seeds, max_seeds, level) - (1 - confidence)

    return float(optimize.brentq(excess, confidence, 1 - (1 - confidence) / 100, xtol=1e-5))


def _any_exceeds(seeds: int, max_seeds: int, level: float) -> float:
    """The probability that the t statistic of any look is beyond the two-sided bound of `level`."""
    middles = (np.arange(QUANTILES) + 0.5) / QUANTILES
    grid = np.linspace(-1, 1, GRID)
    stays = np.ones(GRID)
    for k in range(max_seeds - 1, seeds - 1, -1):
        step = stats.t.ppf(middles, k) / k**0.5
        following = (grid[:, None] * k**0.5 + step) / np.sqrt((k + 1) * (1 + step**2))
        inside = np.abs(following) <= _bound(k + 1, level)
        stays = np.mean(inside * np.interp(following, grid, stays), axis=1)
    first = stats.t.ppf(middles, seeds - 1)
    correlation = first / np.sqrt(first**2 + seeds - 1)
    inside = np.abs(correlation) <= _bound(seeds, level)
    return 1 - float(np.mean(inside * np.interp(correlation, grid, stays)))


def _bound(k: int, level: float) -> float:
    """The two-sided bound of t at k values, as a correlation."""
    t = float(stats.t.ppf((1 + level) / 2, k - 1))
    return t / math.sqrt(t * t + k - 1)
