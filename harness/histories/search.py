"""Which candidates are run next, and between which the leak began and ended.

A history is good, bad, good, as a rule. So its ends are run first, then the middles of the largest gaps, until one is
bad; then both edges of what is bad are bisected. A candidate that cannot be judged is passed over for the one nearest
to it; where none is left the edge stays as wide as those.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["good", "bad", "open"]


@dataclass(frozen=True)
class Stretch:
    """Candidates that are bad, by their places in the history: from `first` to `last` as far as they were run.

    `good_before` and `good_after` are the nearest good ones, None where the history begins or ends bad.
    """

    first: int
    last: int
    good_before: int | None
    good_after: int | None


def stretches(known: Mapping[int, Outcome]) -> tuple[Stretch, ...]:
    """What is bad, each stretch between good ones; `known` are the outcomes by place."""
    found: list[Stretch] = []
    good: int | None = None
    bad: list[int] = []
    for place in sorted(known):
        if known[place] == "bad":
            bad.append(place)
        elif known[place] == "good":
            if bad:
                found.append(Stretch(bad[0], bad[-1], good, place))
                bad = []
            good = place
    if bad:
        found.append(Stretch(bad[0], bad[-1], good, None))
    return tuple(found)


def next_tries(count: int, known: Mapping[int, Outcome], at_once: int) -> tuple[int, ...]:
    """The places to run next of `count` candidates, `at_once` at most; empty where the search is over."""
    ends = [place for place in dict.fromkeys((0, count - 1)) if place not in known]
    if ends:
        return tuple(ends[:at_once])
    bad = stretches(known)
    wanted = _edges(count, known, bad) if bad else _middles(count, known, at_once)
    return tuple(dict.fromkeys(wanted))[:at_once]


def unknown_between(known: Mapping[int, Outcome], low: int, high: int) -> tuple[int, ...]:
    """The places between two that are not known to be good or bad."""
    return tuple(place for place in range(low + 1, high) if known.get(place, "open") == "open")


def _edges(count: int, known: Mapping[int, Outcome], bad: Iterable[Stretch]) -> Iterable[int]:
    """The next place at each edge of what is bad."""
    for stretch in bad:
        for low, high in ((stretch.good_before, stretch.first), (stretch.last, stretch.good_after)):
            untried = _untried(known, -1 if low is None else low, count if high is None else high)
            if not untried:
                continue
            if low is None:  # the oldest of all could not be judged: the next one tells whether any was good
                yield untried[0]
            elif high is None:
                yield untried[-1]
            else:
                yield min(untried, key=lambda place: abs(2 * place - low - high))


def _middles(count: int, known: Mapping[int, Outcome], at_once: int) -> list[int]:
    """The middles of the largest gaps between what was tried, the largest first."""
    taken = dict(known)
    chosen: list[int] = []
    while len(chosen) < at_once:
        tried = sorted(taken)
        gaps = [(high - low, low, high) for low, high in itertools.pairwise(tried) if high - low > 1]
        if not gaps:
            break
        _, low, high = max(gaps)
        chosen.append((low + high) // 2)
        taken[chosen[-1]] = "open"
    return chosen


def _untried(known: Mapping[int, Outcome], low: int, high: int) -> list[int]:
    return [place for place in range(low + 1, high) if place not in known]
