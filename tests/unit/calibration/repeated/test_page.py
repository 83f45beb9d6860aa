"""Rates of repeated soaks with their exact intervals, and the page that tells them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.calibration.repeated.page import command, counts_in_words, page, rate, rate_of, unwanted_claims
from harness.calibration.repeated.records import RepeatedSoak
from tests.unit.calibration.repeated.by_hand import ORIGIN, repetition


def cells(text: str, start: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {start} |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def plain(*statuses: str) -> RepeatedSoak:
    return RepeatedSoak(ORIGIN, tuple(repetition(number, status) for number, status in enumerate(statuses, start=1)))


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    # Clopper and Pearson: none of n is at most 1 - 0.025^(1/n); 2 of 100 are tabulated
    [(0, 100, 0.0, 0.036217), (100, 100, 0.963783, 1.0), (2, 100, 0.002431, 0.070384), (1, 1, 0.025, 1.0)],
)
def test_intervals_are_exact(count: int, of: int, low: float, high: float) -> None:
    found = rate(count, of)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)
    assert found.share == count / of


def test_incomplete_and_invalid_soaks_are_red() -> None:
    recorded = plain("met", "missed", "incomplete", "invalid", "inconclusive")
    counts = {outcome: rate_of(recorded, outcome).count for outcome in ("met", "red", "undecided")}
    assert counts == {"met": 1, "red": 3, "undecided": 1}
    assert counts_in_words(recorded.repetitions) == "1 met, 3 red, 1 undecided"


def test_the_page_says_how_often_and_because_of_what() -> None:
    others = {7: "missed", 50: "inconclusive", 51: "incomplete"}
    recorded = plain(*(others.get(number, "met") for number in range(1, 101)))
    text = page([recorded])
    assert cells(text, "smoke") == [
        *("smoke", "0123456789ab", "100", "97: 97 [91.5, 99.4]"),
        *("2: 2 [0.2, 7]", "1: 1 [0, 5.4]"),
    ]
    assert "By status: 97 met, 1 missed, 1 inconclusive, 1 incomplete." in text
    assert cells(text, "it does not leak") == ["it does not leak", "2", "1", "0.5", "0.5", "0.5"]
    assert cells(text, "7") == ["7", "1037", "3", "missed", "it does not leak: missed"]
    assert cells(text, "51")[-1] == "old seed 7 died; it does not leak: incomplete"
    assert "Every repetition" not in text
    assert text.endswith("|\n")


def test_the_page_has_the_distribution_of_slopes_seeds_and_costs() -> None:
    repetitions = (
        repetition(1, slope=0.01, seeds=3, cpu_s=20.0),
        repetition(2, slope=None, seeds=6, cpu_s=50.0),
        repetition(3, slope=-0.02, seeds=3, cpu_s=26.0),
        repetition(4, slope=0.04, seeds=3, cpu_s=24.0),
    )
    text = page([RepeatedSoak(ORIGIN, repetitions)])
    assert cells(text, "fixed") == ["fixed", "rss", "3 OK, 1 INCONCLUSIVE", "-0.02", "0.01", "0.04", "GB/h"]
    assert cells(text, "seeds taken") == ["seeds taken", "3", "3", "6", "15"]
    assert cells(text, "CPU, s") == ["CPU, s", "20.0", "25.0", "50.0", "120.0"]
    assert "Every repetition was met." in text


def test_with_a_leak_every_repetition_should_be_missed() -> None:
    origin = replace(ORIGIN, leak=3.0, leaking=("fixed",), options=("--hours 2",))
    recorded = RepeatedSoak(origin, (repetition(1, "missed"), repetition(2, "met"), repetition(3, "missed")))
    text = page([plain("met"), recorded])
    assert text.count("\n## ") == 2
    assert cells(text, "smoke, leak of 3 budgets")[4] == "2: 66.7 [9.4, 99.2]"
    assert "fixed retains 3 times the leak budget, which is 0.1125 GB/h at full scale" in text
    assert cells(text, "2") == ["2", "1007", "3", "met", "every claim was met"]
    assert command(recorded) == (
        "python -m harness.calibration.repetitions smoke --hours 2 --times 3 --first-seed 1001 --leak 3 --leaking fixed"
    )


def test_a_soak_whose_claims_could_none_of_them_be_judged_says_so() -> None:
    nothing = repetition(1, "inconclusive", claims=())
    assert unwanted_claims(nothing, "met") == "no claim could be judged"
    assert unwanted_claims(repetition(1), "met") == ""


def test_uncommitted_changes_are_told() -> None:
    recorded = RepeatedSoak(ORIGIN, (repetition(1), repetition(2, dirty=True)))
    assert cells(page([recorded]), "smoke")[1] == "0123456789ab, with uncommitted changes in 1 of 2"
    unknown = RepeatedSoak(replace(ORIGIN, revision=None), (repetition(1, dirty=None),))
    assert cells(page([unknown]), "smoke")[1] == "not known"
