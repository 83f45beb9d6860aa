"""Numbers as people read them."""

from __future__ import annotations

import dataclasses

import pytest

from harness.analysis.estimates import Estimate
from harness.report.words.amounts import (
    budget_rate,
    byte_rate,
    expected,
    in_unit,
    measured,
    rate_interval,
    rate_unit,
    size,
    unit_of,
    value,
    verdict_word,
)
from tests.unit.analysis.verdict.literal_claims import claim_verdict


@pytest.mark.parametrize(
    ("amount", "unit", "text"),
    [
        (7.132, "GB", "7.13"),
        (0.716, "share", "71.6"),
        (83.333, "minutes", "83.3"),
        (12_345.0, "samples", "12,345"),
        (0.03751, "GB/h", "0.038"),
        (-0.0004, "share", "0.0"),
        (-0.4, "share", "-40.0"),
        (0.98, "", "0.980"),
        (0.2, "budgets", "0.20"),
        (None, "GB", "-"),
    ],
)
def test_a_value_has_the_digits_of_its_unit(amount: float | None, unit: str, text: str) -> None:
    assert value(amount, unit) == text


@pytest.mark.parametrize(
    ("low", "high", "tolerance", "unit", "text"),
    [
        (0.6, 0.7, None, "share", "60 to 70 %"),
        (25.0, None, 0.5, "GB", "at least 25 ± 0.5 GB"),
        (None, 5.0, None, "GB", "at most 5 GB"),
        (0.0, 0.0, 0.02, "share", "0 ± 2 %"),
        (0.75, 0.75, 0.005, "share", "75 ± 0.5 %"),
        (2.0, 8.0, None, "minutes", "2 to 8 min"),
        (0.98, None, None, "", "at least 0.98"),
        (None, 1.0, None, "budgets", "at most 1 budget"),
        (None, 2.0, None, "tasks", "at most 2 tasks"),
        (1.0, 1.0, 0.0, "samples", "1 sample"),
    ],
)
def test_a_band_is_told_as_it_was_claimed(low, high, tolerance, unit: str, text: str) -> None:
    judged = claim_verdict(expected=(low, high), tolerance=tolerance)
    metric = dataclasses.replace(judged.metric, unit=unit)
    assert expected(dataclasses.replace(judged, metric=metric)) == text


def test_an_estimate_has_its_interval_its_unit_and_its_bound() -> None:
    assert measured(claim_verdict().estimate, "share") == "71.6 [71.3, 72.0] %"
    assert measured(Estimate(32.0, 31.9, None, "lower", {}), "GB") == "at least 32.00 [31.90, open] GB"
    assert measured(Estimate(32.0, None, None, "exact", {}), "GB") == "32.00 GB"
    assert measured(Estimate(None, None, None, "exact", {}), "GB") == "-"
    assert measured(Estimate(0.2, 0.1, 0.3, "exact", {}), "GB", signed=True) == "+0.20 [0.10, 0.30] GB"
    assert measured(Estimate(0.2, -0.3, 0.8, "exact", {}), "budgets") == "0.20 [-0.30, 0.80] budgets"
    assert measured(Estimate(0.0001, None, None, "exact", {}), "GB", signed=True) == "0.00 GB"


@pytest.mark.parametrize(
    ("verdict", "known", "word"),
    [
        ("missed", None, "missed"),
        ("missed", "missed", "known miss"),
        ("met", "missed", "met (a known miss)"),
        ("incomplete", "missed", "incomplete"),
        ("not applicable", None, "not applicable"),
    ],
)
def test_the_verdict_is_a_word(verdict, known, word: str) -> None:
    assert verdict_word(claim_verdict(verdict, known=known)) == word


def test_a_small_program_is_told_in_mb() -> None:
    assert (unit_of(0.07, 0.001, None), unit_of(0.1, 0.001), unit_of(0.0), unit_of(None)) == ("MB", "GB", "GB", "GB")
    assert [in_unit(gb, "MB") for gb in (0.0701, -0.001, None)] == ["70.10", "-1.00", "-"]
    assert in_unit(7.126, "GB") == "7.13"


def test_a_rate_is_told_in_the_unit_that_suits_it() -> None:
    rate = Estimate(0.00028, 0.00009, 0.00047, "exact", {})
    assert byte_rate(rate) == "0.28 [0.09, 0.47] MB per hour"
    assert rate_interval(rate, "kB/h") == "280.0 [90.0, 470.0]"
    assert rate_unit(0.5, 0.00028) == "GB/h"
    assert rate_unit(None, 0.000005) == "kB/h"
    assert budget_rate(0.0054) == "5.4 MB/h"
    assert budget_rate(0.0375, "GB/h") == "0.0375 GB/h"
    assert size(0.0543) == "54.30 MB"
    assert size(24.9) == "24.90 GB"
