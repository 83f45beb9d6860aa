"""Arithmetic on a value for every subset of switches: what each adds alone, last, on average, and which work together.

A value is a function v of the switches that are on. The share that Shapley (1953) gives a switch is the mean of what it
adds over all orders in which switches can be put on; the shares add up to v(all) - v(none). The main effect is the mean
of what it adds over all settings of the others, the interaction of two the mean of their second difference (Box, Hunter
and Hunter 2005, who halve it).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from math import factorial

Subset = frozenset[str]
Values = Mapping[Subset, float]


def subsets(switches: Sequence[str]) -> Iterator[Subset]:
    """Every subset of the switches, the smallest first."""
    for size in range(len(switches) + 1):
        for chosen in itertools.combinations(switches, size):
            yield frozenset(chosen)


def shapley(values: Values, switches: Sequence[str], switch: str) -> float:
    """What a switch adds, averaged over all orders: sum of |S|! (n - |S| - 1)! / n! (v(S + i) - v(S))."""
    others, count = [other for other in switches if other != switch], len(switches)
    return sum(
        factorial(len(on)) * factorial(count - len(on) - 1) / factorial(count) * (values[on | {switch}] - values[on])
        for on in subsets(others)
    )


def alone(values: Values, switch: str) -> float:
    """What a switch adds where all others are off."""
    return values[frozenset({switch})] - values[frozenset()]


def last(values: Values, switches: Sequence[str], switch: str) -> float:
    """What a switch adds where all others are on: what is lost where it is left out."""
    every = frozenset(switches)
    return values[every] - values[every - {switch}]


def main_effect(values: Values, switches: Sequence[str], switch: str) -> float:
    """What a switch adds, averaged over all settings of the others."""
    others = [other for other in switches if other != switch]
    return sum(values[on | {switch}] - values[on] for on in subsets(others)) / float(2 ** len(others))


def interaction(values: Values, switches: Sequence[str], first: str, second: str) -> float:
    """How much more one adds where the other is on than where it is off, averaged over all settings of the rest."""
    rest = [other for other in switches if other not in (first, second)]
    both = frozenset({first, second})
    return sum(
        values[on | both] - values[on | {first}] - values[on | {second}] + values[on] for on in subsets(rest)
    ) / float(2 ** len(rest))


def given(values: Values, switches: Sequence[str], switch: str, other: str, *, on: bool) -> float:
    """What a switch adds, averaged over the settings of the others in which `other` is on, or off."""
    rest = [one for one in switches if one not in (switch, other)]
    fixed = frozenset({other} if on else ())
    added = [values[chosen | fixed | {switch}] - values[chosen | fixed] for chosen in subsets(rest)]
    return sum(added) / len(added)


def steps(values: Values, switches: Sequence[str]) -> list[float]:
    """The values as the switches are put on one after the other: v(none), v(first), ..., v(all)."""
    return [values[frozenset(switches[:count])] for count in range(len(switches) + 1)]
