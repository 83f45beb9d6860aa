"""What CI is told of a soak or of its controls: a case for each claim, each leak, each check, and the soak itself.

summary.md, junit.xml and the annotations are made from these, so that they say the same. A case ends as it counts for
the exit code: what is missed has failed; what is open is undecided, not failed; a known miss, a leak that no claim is
about, and all that an invalid soak says is skipped; what could not be judged since runs are missing is an error.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from harness.analysis.estimates import Estimate
from harness.analysis.leaks.config_leaks import ConfigLeak
from harness.analysis.leaks.memory_limit import told_at
from harness.analysis.result import Result
from harness.analysis.verdict.claim_verdict import ClaimVerdict
from harness.analysis.verdict.control_record import ControlRecord
from harness.analysis.verdict.soak_verdict import Verdict
from harness.report.claims.claim_details import Details, by_seed, claim_details
from harness.report.terminal.leak_table import outcome_word
from harness.report.words.amounts import expected, interval, level, measured, value, verdict_words
from harness.report.words.scale_marks import full_mark
from harness.text import joined, shown_path

Ending = Literal["passed", "failed", "undecided", "skipped", "error"]

NO_EVIDENCE: Final = "this soak is no evidence"

_BY_COUNT: Final[dict[str, Ending]] = {
    "met": "passed",
    "missed": "failed",
    "inconclusive": "undecided",
    "incomplete": "error",
    "nothing": "skipped",
}


@dataclass(frozen=True)
class Case:
    """One thing that was asked: how it ended, in a `word` too, what was `expected`, what was `measured`, and `why`.

    A prediction is one for the `headline`. `details` are further pairs of what is told and its words: values by seed,
    source, the command that judges again.
    """

    kind: Literal["soak", "claim", "leak", "control", "sweep", "run"]
    name: str
    ending: Ending
    word: str
    expected: str = ""
    measured: str = ""
    why: str = ""
    headline: bool = False
    details: Details = ()

    @property
    def message(self) -> str:
        """How it ended on one line: ``missed: expected at least 10 %, measured 3.1 [2.0, 4.2] %; ...``."""
        band = f"expected {self.expected}, measured {self.measured}" if self.expected else ""
        return f"{self.word}: {'; '.join(filter(None, [band, self.why]))}".removesuffix(": ")

    @property
    def facts(self) -> list[tuple[str, str]]:
        """All that is told of it, as pairs."""
        first = [("Expected", self.expected), ("Measured", self.measured), ("Why", self.why)]
        return [(label, words) for label, words in (*first, *self.details) if words]


def soak_cases(result: Result) -> list[Case]:
    """Return the case of the soak itself, those of its claims, then those of the leaks that are told at this scale."""
    verdict, again = result.verdict, judged_again(result.folder)
    claims = [_claim_case(judged, verdict, again) for judged in verdict.claims]
    told = told_at(verdict.memory_scale, verdict.leaks)
    holder = f"soak explain {shlex.quote(shown_path(result.folder))}"
    leaks = [_leak_case(leak, verdict, again, holder) for leak in told]
    return [_soak_case(verdict, again), *claims, *leaks]


def control_cases(record: ControlRecord) -> list[Case]:
    """Return a case for each check of the controls of a scenario."""
    again = f"soak control {shlex.quote(record.scenario)}{' --short' if record.short else ''}"
    return [
        Case(
            "control",
            f"{check.control}: {check.quantity}",
            "passed" if check.passed else "failed",
            "holds" if check.passed else "does not hold",
            expected=check.band,
            measured=check.measured,
            details=(("Measure again", again),),
        )
        for check in record.checks
    ]


def judged_again(folder: Path) -> str:
    """Return the command that judges a recorded soak again."""
    return f"soak report {shlex.quote(shown_path(folder))}"


def _soak_case(verdict: Verdict, again: str) -> Case:
    """Every other case rests on this one: that all runs are there, and that nothing contradicts their premises."""
    reasons = "; ".join(verdict.reasons)
    ending: Ending = "error" if verdict.status in ("incomplete", "invalid") else "passed"
    word = verdict.status if ending == "error" else "complete and valid"
    return Case("soak", "complete and valid", ending, word, why=reasons, details=(("Judge again", again),))


def _claim_case(judged: ClaimVerdict, verdict: Verdict, again: str) -> Case:
    claim, unit = judged.claim, judged.metric.unit
    ending, word, why = _BY_COUNT[judged.counts_as], verdict_words(judged), judged.reason
    if ending == "passed" and judged.lacking:
        ending = "error"  # what is missing may be what misses
    if verdict.status == "invalid":
        ending, word, why = "skipped", "not judged", NO_EVIDENCE
    return Case(
        "claim",
        claim.name,
        ending,
        word,
        expected=expected(judged),
        measured=_measured(measured(judged.estimate, unit), verdict.confidence, judged.estimate)
        + ("" if judged.estimate.estimate is None else full_mark(judged.basis, verdict.memory_scale)),
        why=why,
        headline=claim.kind == "prediction",
        details=(*claim_details(judged, verdict.memory_scale), ("Judge again", again)),
    )


def _leak_case(leak: ConfigLeak, verdict: Verdict, again: str, holder: str) -> Case:
    unit, judged = leak.measure.unit, leak.verdict
    hourly = "an hour" if leak.measure.counted else unit
    claims = [claim for claim in verdict.claims if _is_about(claim, leak)]
    ending, word = _leak_ending(leak, verdict, claims)
    allowed = value(leak.budget, unit) if leak.measure.counted else f"{leak.budget:g}"
    details = {
        "By seed": "" if judged.slope is None else by_seed(leak.rate, unit),
        "Leaking seeds": ", ".join(map(str, judged.leaking)),
        "Claimed by": joined([claim.claim.name for claim in claims]),
        "Source": "" if leak.measure.counted else "memory.leak_budget_gb_per_hour",
        "Who holds it": holder if judged.leaks else "",
        "Judge again": again,
    }
    return Case(
        "leak",
        f"{leak.config}: {leak.measure.words}",
        ending,
        word,
        expected=f"at most {allowed} {hourly}",
        measured=_measured(f"{interval(leak.rate, unit)} {hourly}", judged.confidence, leak.rate),
        why=NO_EVIDENCE if verdict.status == "invalid" else leak.reason,
        details=tuple(details.items()),
    )


def _leak_ending(leak: ConfigLeak, verdict: Verdict, claims: Sequence[ClaimVerdict]) -> tuple[Ending, str]:
    """Return how the case of a leak ends: one that no claim is about changes no exit code, and fails nothing."""
    if verdict.status == "invalid":
        return "skipped", "not judged"
    word = outcome_word(leak)
    if leak.verdict.leaks:
        if any(judged.counts_as == "missed" for judged in claims):
            return "failed", word
        return "skipped", f"{word}, {'a known miss' if claims else 'not claimed'}"
    if leak.verdict.outcome == "INCONCLUSIVE":
        return "undecided", "undecided"
    if verdict.status == "incomplete" and leak.verdict.runs < verdict.seeds_due:
        return "error", f"no leak, {leak.verdict.runs} of {verdict.seeds_due} seeds"
    return "passed", "no leak"


def _is_about(judged: ClaimVerdict, leak: ConfigLeak) -> bool:
    return judged.metric.leak == leak.measure.name and judged.claim.configs[0] == leak.config


def _measured(text: str, confidence: float, estimate: Estimate) -> str:
    """Return an amount with the confidence of its interval, where it has one that is no count of runs."""
    if estimate.estimate is None:
        return "nothing"
    has_interval = estimate.low is not None or estimate.high is not None
    return f"{text} ({level(confidence)})" if has_interval and not estimate.counted else text
