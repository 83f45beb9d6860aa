"""The one sentence: predictions first, levels where there are any, nothing hidden that was missed."""

from __future__ import annotations

from typing import Any

import pytest

from harness.analysis.leaks import config_leaks as leaks
from harness.analysis.leaks.config_leaks import ConfigLeak, Measure
from harness.analysis.leaks.leak_verdict import LeakVerdict
from harness.analysis.verdict.claim_verdict import ClaimVerdict
from harness.report.words.amounts import spoken, spoken_band
from harness.report.words.headline import headline, relation
from tests.unit.analysis.verdict.literal_claims import claim_verdict

HELD = {"old": {"reduction.peak": "peaked at 25.0 GB"}, "fixed": {"reduction.peak": "peaked at 7.1 GB"}}


def release(config: str, **changes: Any) -> ClaimVerdict:
    return claim_verdict(name=f"release of {config}", metric="release.stop", configs=(config,), **changes)


def test_the_note_in_one_sentence() -> None:
    claims = [
        claim_verdict(name="old peaks", metric="peak", configs=("old",), kind="calibration", outcome="met"),
        claim_verdict(),
        release("old", value=-0.002, expected=(0.0, 0.0), outcome="met"),
        release("fixed", value=0.31, expected=(0.4, 0.6), outcome="missed"),
        claim_verdict(name="crest", metric="sawtooth.crest_gb", configs=("fixed",), outcome="met"),
        claim_verdict(name="in the mean", metric="reduction.mean", outcome="missed"),
        claim_verdict(name="buffers", metric="buffers.capacity_mb", outcome="inconclusive"),
        claim_verdict(name="slope", metric="floors.slope_gb_per_hour", outcome="not applicable", value=None),
    ]
    assert headline(claims, HELD) == (
        "Fixed peaked at 7.1 GB where old peaked at 25.0 GB (72 % less, more than the expected 60-70 %); "
        "stop() gave back 0 % of what old had grown (as expected) and 31 % of what fixed had grown "
        "(less than the expected 40-60 %); 1 more prediction holds; missed: in the mean; undecided: buffers."
    )


def test_many_misses_are_counted_after_the_first_names() -> None:
    missed = [claim_verdict(name=name, metric="peak", outcome="missed", value=None) for name in "abcd"]
    assert headline(missed, {}) == "Missed: a, b and 2 others."
    assert headline(missed[:3], {}) == "Missed: a, b and c."


def test_a_bound_is_told_as_one() -> None:
    held = {**HELD, "old": {"reduction.peak": "reached the memory limit at 32.0 GB"}}
    text = headline([claim_verdict(bound="lower", value=0.78)], held)
    assert "where old reached the memory limit at 32.0 GB (at least 78 % less" in text


def test_a_reduction_without_levels_is_told_by_its_name() -> None:
    text = headline([claim_verdict(metric="reduction.mean", name="in the mean", value=-0.2, outcome="missed")], HELD)
    assert text == "In the mean: fixed takes 20 % more than old (less than the expected 60-70 %)."


def test_other_predictions_are_told_plainly_and_claims_where_there_are_none() -> None:
    crest = claim_verdict(name="crest", metric="sawtooth.crest_gb", value=6.96, expected=(6.0, 8.0), outcome="met")
    assert headline([crest], {}) == "Crest: 7.0 GB (as expected)."
    assert headline([claim_verdict(kind="construction", name="start", metric="start", outcome="met")], {}) == (
        "Start: 0.72 GB (as expected)."
    )
    assert headline([], {}) == "Nothing was claimed."
    assert headline([claim_verdict(value=None, outcome="inconclusive", name="peak")], {}) == "Undecided: peak."


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
    assert spoken(value, unit) == text


@pytest.mark.parametrize(
    ("expected", "text"),
    [((0.6, 0.7), "60-70 %"), ((0.75, 0.75), "75 %"), ((0.6, None), "at least 60 %"), ((None, 0.1), "at most 10 %")],
)
def test_bands(expected: tuple[float | None, float | None], text: str) -> None:
    assert spoken_band(expected, "share") == text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"outcome": "met"}, "as expected"),
        ({"outcome": "met", "known": "missed"}, "as expected, against a known miss"),
        ({"outcome": "missed", "known": "missed", "value": 0.2}, "less than the expected 60-70 %, a known miss"),
        ({"outcome": "missed", "expected": (0.9, None)}, "at least 90 % expected"),
        ({"outcome": "inconclusive"}, "60-70 % expected, undecided"),
        ({"outcome": "not testable"}, "60-70 % expected, not testable"),
    ],
)
def test_relations(changes: dict[str, Any], text: str) -> None:
    assert relation(claim_verdict(**changes)) == text


def leaking(measure: Measure, slope: float, budget: float = 0.0375, **changes: Any) -> ClaimVerdict:
    found = LeakVerdict("LEAK", slope, slope, slope, "whole", None, None, 34, {}, "decided by the whole run")
    facts = {"name": f"{measure.words} of fixed", "metric": f"leak.{measure.name}", "configs": ("fixed",)}
    known = {"expected": (None, 1.0), "better": "lower", "value": slope / budget}
    leak = ConfigLeak("fixed", measure, budget, found)
    return claim_verdict(**{**facts, **known, "outcome": "missed", "leak": leak, **changes})


def test_a_leak_that_nobody_expected_is_told_with_its_rate() -> None:
    both = [leaking(leaks.RSS, 1.338), leaking(leaks.LIVE, 1.3)]
    assert headline([claim_verdict(), *both], HELD) == (
        "Fixed peaked at 7.1 GB where old peaked at 25.0 GB (72 % less, more than the expected 60-70 %); "
        "fixed leaks: 1.34 GB/h in RSS and 1.3 GB/h in live bytes where 0.0375 is allowed."
    )
    counted = leaking(leaks.OPEN_FILES, 3.0, 0.41)
    assert headline([counted], {}) == "Fixed leaks: 3 open files an hour where 0.41 is allowed."


def test_a_leak_that_is_known_or_open_or_none_is_told_as_any_claim() -> None:
    known = leaking(leaks.RSS, 1.3, known="missed")
    assert headline([claim_verdict(), known], {}).endswith("missed as known: RSS of fixed.")
    undecided = leaking(leaks.RSS, 0.03, outcome="inconclusive")
    assert headline([undecided], {}) == "RSS of fixed: 0.8 budgets (at most 1 budget expected, undecided)."
    none = leaking(leaks.RSS, 0.003, outcome="met")
    assert headline([none], {}) == "RSS of fixed: 0.08 budgets (as expected)."


def test_a_known_miss_is_told_apart_from_a_new_one() -> None:
    new = claim_verdict(value=None, outcome="missed", name="new one")
    known = claim_verdict(value=None, outcome="missed", known="missed", name="old one")
    assert headline([new, known], {}) == "Missed: new one; missed as known: old one."
