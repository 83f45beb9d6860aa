"""What a target swallowed, in words: how many a run, the first with its place, nothing where nothing was recorded."""

from __future__ import annotations

from typing import Any

import pytest

from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.runs import Run
from harness.report.words.swallowed import pending_sentences, trouble_lines, trouble_sentences
from tests.unit.analysis.conftest import _make_run


def first(kind: str, count: int, words: str, place: str = "bot.py:12 in fetch", **other: Any) -> dict[str, Any]:
    return {"kind": kind, "name": "", "place": place, "t_s": 1.0, "first": words, "count": count, **other}


def run(*firsts: dict[str, Any], unnamed: int = 0, **other: Any) -> Run:
    totals: dict[str, int] = {"error": unnamed}
    for told in firsts:
        totals[told["kind"]] = totals.get(told["kind"], 0) + told["count"]
    trouble = {"totals": totals, "firsts": list(firsts), "unnamed": unnamed}
    return _make_run([5.0, 5.0], trouble=trouble, **other)


NO_ANSWER = first("error", 155, "no answer", name="bot.exchange")


def test_errors_are_told_with_the_first_and_its_place() -> None:
    assert trouble_lines([run(NO_ANSWER)]) == [
        "old: 155 errors logged, first: bot.exchange: no answer (bot.py:12 in fetch)"
    ]


def test_several_seeds_say_from_how_many_to_how_many() -> None:
    runs = [run(seed=1), run(NO_ANSWER, seed=2)]
    assert trouble_sentences(runs) == [
        "0 to 155 errors logged a run, first: bot.exchange: no answer (bot.py:12 in fetch)."
    ]


def test_what_nobody_caught_comes_first_and_one_is_one() -> None:
    lines = trouble_lines([run(NO_ANSWER, first("thread", 1, "in thread feed: KeyError: 'x'", "bot.py:40 in pump"))])
    assert lines[0] == ("old: 1 exception that nobody caught, first: in thread feed: KeyError: 'x' (bot.py:40 in pump)")


def test_more_places_are_told_where_there_is_room_and_the_rest_counted() -> None:
    firsts = [first("error", 10 + place, f"failure {place}", f"bot.py:{place}", t_s=float(place)) for place in range(5)]
    (sentence,) = trouble_sentences([run(*firsts)])
    assert sentence == (
        "60 errors logged, first: failure 0 (bot.py:0); also 11 x failure 1 (bot.py:1); 12 x failure 2 (bot.py:2); "
        "2 more places."
    )


def test_warnings_are_told_where_there_is_room_only() -> None:
    warned = run(first("warned", 2, "UserWarning: an old interface", "bot.py:3"), first("warning", 3, "slow", t_s=2.0))
    assert trouble_lines([warned]) == []
    assert trouble_sentences([warned])[0].startswith("5 warnings, first: UserWarning: an old interface (bot.py:3)")


def test_tasks_left_pending_bear_their_name_and_who_created_them() -> None:
    left = run(first("pending", 3, "Bot.pump", "Bot.start, bot.py:7"))
    assert pending_sentences([left]) == [
        "3 tasks left pending by stop(): 3 x Bot.pump, created in Bot.start, bot.py:7."
    ]


def test_counts_without_a_first_are_told_all_the_same() -> None:
    assert trouble_lines([run(unnamed=7)]) == ["old: 7 errors logged"]
    assert pending_sentences([run()]) == []


@pytest.mark.parametrize(
    "trouble", [None, {}, {"totals": []}, {"totals": {"error": "many"}, "firsts": 3}, {"totals": {}, "firsts": [None]}]
)
def test_what_was_not_recorded_or_is_no_table_is_left_out(trouble: Any) -> None:
    old = _make_run([5.0, 5.0], trouble=trouble)
    assert (trouble_lines([old]), trouble_sentences([old]), pending_sentences([old])) == ([], [], [])


def test_a_recording_without_it_has_no_count_of_errors() -> None:
    metric = METRICS["errors.logged"]
    absent = metric.read(_make_run([5.0, 5.0]))
    assert (absent.value, absent.reason) == (None, "old was recorded without what it logged")
    assert metric.read(run(NO_ANSWER)).value == 155
    assert metric.read(run(NO_ANSWER, status="died")).bound == "lower"
    assert metric.read(run(NO_ANSWER, status="limit")).bound == "lower"  # what would have come is not known
    assert METRICS["errors.unhandled"].read(run(NO_ANSWER)).value == 0
