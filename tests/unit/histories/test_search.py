"""The search finds the edges of what is bad, whatever cannot be judged, in few steps."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as some

from harness.histories.search import Outcome, Stretch, next_tries, stretches, unknown_between


def searched(truth: list[Outcome], at_once: int) -> dict[int, Outcome]:
    """Outcomes of what was run, in the order in which it was."""
    known: dict[int, Outcome] = {}
    while tries := next_tries(len(truth), known, at_once):
        assert len(tries) <= at_once
        for place in tries:
            assert place not in known
            known[place] = truth[place]
    return known


@some.composite
def histories(draw: some.DrawFn) -> list[Outcome]:
    """Good, bad, good: one of the good ends may be missing; some of them cannot be judged."""
    before, bad, after = (draw(some.integers(low, 20)) for low in (0, 1, 0))
    truth: list[Outcome] = ["good"] * before + ["bad"] * bad + ["good"] * after
    for place in draw(some.sets(some.integers(0, len(truth) - 1), max_size=5)):
        truth[place] = "open"
    return truth if len(truth) > 1 else [*truth, "good"]


@given(histories(), some.integers(1, 4))
def test_the_edges_are_those_of_the_truth(truth: list[Outcome], at_once: int) -> None:
    known = searched(truth, at_once)
    bad = [place for place, outcome in enumerate(truth) if outcome == "bad"]
    good = [place for place, outcome in enumerate(truth) if outcome == "good"]
    if not bad:
        assert stretches(known) == ()
        return
    (found,) = stretches(known)
    assert (found.first, found.last) == (bad[0], bad[-1])
    assert found.good_before == max((place for place in good if place < bad[0]), default=None)
    assert found.good_after == min((place for place in good if place > bad[-1]), default=None)


@given(some.integers(2, 200), some.data())
def test_a_long_stretch_takes_few_runs(count: int, data: some.DataObject) -> None:
    first = data.draw(some.integers(1, count // 2))
    truth: list[Outcome] = ["good" if place < first or place == count - 1 else "bad" for place in range(count)]
    assert len(searched(truth, 1)) <= 3 + 2 * math.ceil(math.log2(count))


def test_without_anything_bad_all_are_run() -> None:
    assert set(searched(["good"] * 9, 2)) == set(range(9))


def test_the_ends_come_first_then_the_middle() -> None:
    assert next_tries(9, {}, 2) == (0, 8)
    assert next_tries(9, {0: "good", 8: "good"}, 1) == (4,)


def test_both_edges_are_bisected_at_once() -> None:
    assert next_tries(17, {0: "good", 8: "bad", 16: "good"}, 2) == (4, 12)


def test_bad_good_bad_are_two_stretches() -> None:
    known: dict[int, Outcome] = {0: "bad", 1: "good", 2: "open", 3: "bad"}
    assert stretches(known) == (Stretch(0, 0, None, 1), Stretch(3, 3, 1, None))
    assert unknown_between(known, 1, 3) == (2,)
