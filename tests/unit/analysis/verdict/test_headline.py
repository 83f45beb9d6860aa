"""The one sentence: predictions first, levels where there are any, nothing hidden that was missed."""

from __future__ import annotations

from typing import Any

import pytest

from harness.analysis.leaks import config_leaks as leaks
from harness.analysis.leaks.config_leaks import ConfigLeak, Measure
from harness.analysis.leaks.decision import LeakVerdict
from harness.analysis.verdict.claims import ClaimVerdict
from harness.analysis.verdict.headline import amount, band, headline, relation

HELD = {"old": {"reduction.peak": "peaked at 25.0 GB"}, "fixed": {"reduction.peak": "peaked at 7.1 GB"}}


def verdict(**changes: Any) -> ClaimVerdict:
    table: dict[str, Any] = {
        "name": "less at the peak",
        "metric": "reduction.peak",
        "configs": ("old", "fixed"),
        "kind": "prediction",
        "expected": (0.6, 0.7),
        "tolerance": None,
        "better": "higher",
        "estimate": 0.716,
        "low": 0.715,
        "high": 0.717,
        "bound": "exact",
        "arithmetic": 0.72,
        "unit": "share",
        "verdict": "exceeded",
        "known": None,
        "reason": "",
        "source": "Expected results",
        "note": None,
        "moves_with_scale": False,
        "seeds": (1, 2),
        "values": {1: 0.715, 2: 0.717},
    }
    return ClaimVerdict(**{**table, **changes})


def release(config: str, **changes: Any) -> ClaimVerdict:
    return verdict(name=f"release of {config}", metric="release.stop", configs=(config,), **changes)


def test_the_note_in_one_sentence() -> None:
    claims = [
        verdict(name="old peaks", metric="peak", configs=("old",), kind="calibration", unit="GB", verdict="met"),
        verdict(),
        release("old", estimate=-0.002, expected=(0.0, 0.0), verdict="met"),
        release("fixed", estimate=0.31, expected=(0.4, 0.6), verdict="missed"),
        verdict(name="crest", metric="sawtooth.crest_gb", configs=("fixed",), verdict="met"),
        verdict(name="in the mean", metric="reduction.mean", verdict="missed"),
        verdict(name="buffers", metric="buffers.capacity_mb", verdict="inconclusive"),
        verdict(name="slope", metric="floors.slope_gb_per_hour", verdict="not applicable", estimate=None),
    ]
    assert headline(claims, HELD) == (
        "Fixed peaked at 7.1 GB where old peaked at 25.0 GB (72 % less, more than the expected 60-70 %); "
        "stop() gave back 0 % of what old had grown (as expected) and 31 % of what fixed had grown "
        "(less than the expected 40-60 %); 1 more prediction holds; missed: in the mean; undecided: buffers."
    )


def test_many_misses_are_counted_after_the_first_names() -> None:
    missed = [verdict(name=name, metric="peak", verdict="missed", estimate=None) for name in "abcd"]
    assert headline(missed, {}) == "Missed: a, b and 2 others."
    assert headline(missed[:3], {}) == "Missed: a, b and c."


def test_a_bound_is_told_as_one() -> None:
    held = {**HELD, "old": {"reduction.peak": "reached the memory limit at 32.0 GB"}}
    text = headline([verdict(bound="lower", estimate=0.78)], held)
    assert "where old reached the memory limit at 32.0 GB (at least 78 % less" in text


def test_a_reduction_without_levels_is_told_by_its_name() -> None:
    text = headline([verdict(metric="reduction.mean", name="in the mean", estimate=-0.2, verdict="missed")], HELD)
    assert text == "In the mean: fixed takes 20 % more than old (less than the expected 60-70 %)."


def test_other_predictions_are_told_plainly_and_claims_where_there_are_none() -> None:
    crest = verdict(
        name="crest", metric="sawtooth.crest_gb", unit="GB", estimate=6.96, expected=(6.0, 8.0), verdict="met"
    )
    assert headline([crest], {}) == "Crest: 7.0 GB (as expected)."
    assert headline([verdict(kind="construction", name="start", metric="start", verdict="met", unit="GB")], {}) == (
        "Start: 0.72 GB (as expected)."
    )
    assert headline([], {}) == "Nothing was claimed."
    assert headline([verdict(estimate=None, verdict="inconclusive", name="peak")], {}) == "Undecided: peak."


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (7.06, "GB", "7.1 GB"),
        (-0.001, "share", "0 %"),
        (0.716, "share", "72 %"),
        (119.96, "MB", "120 MB"),
        (8.333, "minutes", "8.3 minutes"),
        (123456.0, "samples", "123,456 samples"),
        (0.97, "", "0.97"),
        (0.0746, "budgets", "0.07 budgets"),
        (1.0, "budgets", "1 budget"),
        (1.0, "tasks", "1 task"),
    ],
)
def test_amounts(value: float, unit: str, text: str) -> None:
    assert amount(value, unit) == text


@pytest.mark.parametrize(
    ("expected", "text"),
    [((0.6, 0.7), "60-70 %"), ((0.75, 0.75), "75 %"), ((0.6, None), "at least 60 %"), ((None, 0.1), "at most 10 %")],
)
def test_bands(expected: tuple[float | None, float | None], text: str) -> None:
    assert band(verdict(expected=expected)) == text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"verdict": "met"}, "as expected"),
        ({"verdict": "met", "known": "missed"}, "as expected, against a known miss"),
        ({"verdict": "missed", "known": "missed", "estimate": 0.2}, "less than the expected 60-70 %, a known miss"),
        ({"verdict": "missed", "expected": (0.9, None)}, "at least 90 % expected"),
        ({"verdict": "inconclusive"}, "60-70 % expected, undecided"),
        ({"verdict": "not testable"}, "60-70 % expected, not testable"),
    ],
)
def test_relations(changes: dict[str, Any], text: str) -> None:
    assert relation(verdict(**changes)) == text


def leaking(measure: Measure, slope: float, budget: float = 0.0375, **changes: Any) -> ClaimVerdict:
    found = LeakVerdict("LEAK", slope, slope, slope, "whole", None, None, 34, {}, "decided by the whole run")
    facts = {"name": f"{measure.words} of fixed", "metric": f"leak.{measure.name}", "configs": ("fixed",)}
    known = {"unit": "budgets", "expected": (None, 1.0), "better": "lower", "estimate": slope / budget}
    leak = ConfigLeak("fixed", measure, budget, found)
    return verdict(**{**facts, **known, "verdict": "missed", "leak": leak, **changes})


def test_a_leak_that_nobody_expected_is_told_with_its_rate() -> None:
    both = [leaking(leaks.RSS, 1.338), leaking(leaks.LIVE, 1.3)]
    assert headline([verdict(), *both], HELD) == (
        "Fixed peaked at 7.1 GB where old peaked at 25.0 GB (72 % less, more than the expected 60-70 %); "
        "fixed leaks: 1.34 GB/h in RSS and 1.3 GB/h in live bytes where 0.0375 is allowed."
    )
    counted = leaking(leaks.OPEN_FILES, 3.0, 0.41)
    assert headline([counted], {}) == "Fixed leaks: 3 open files an hour where 0.41 is allowed."


def test_a_leak_that_is_known_or_open_or_none_is_told_as_any_claim() -> None:
    known = leaking(leaks.RSS, 1.3, known="missed")
    assert headline([verdict(), known], {}).endswith("missed as known: RSS of fixed.")
    undecided = leaking(leaks.RSS, 0.03, verdict="inconclusive")
    assert headline([undecided], {}) == "RSS of fixed: 0.8 budgets (at most 1 budget expected, undecided)."
    none = leaking(leaks.RSS, 0.003, verdict="met")
    assert headline([none], {}) == "RSS of fixed: 0.08 budgets (as expected)."


def test_a_known_miss_is_told_apart_from_a_new_one() -> None:
    new = verdict(estimate=None, verdict="missed", name="new one")
    known = verdict(estimate=None, verdict="missed", known="missed", name="old one")
    assert headline([new, known], {}) == "Missed: new one; missed as known: old one."
