"""Repetitions written down by hand."""

from __future__ import annotations

from typing import Any

from harness.calibration.repeated.records import OUTCOMES, ClaimOutcome, LeakOutcome, Origin, Repetition

ORIGIN = Origin(
    scenario="smoke",
    contents="0" * 64,
    revision="0123456789abcdef",
    first_seed=1001,
    spacing=6,
    budget_gb_per_hour=0.0375,
)

COUNTS = {"met": "met", "missed": "missed", "inconclusive": "inconclusive", "incomplete": "incomplete"}


def repetition(number: int, status: str = "met", *, slope: float | None = 0.01, **changes: Any) -> Repetition:
    """One repetition whose only claim became of it what its status says."""
    verdict = COUNTS.get(status, "met")
    fields: dict[str, Any] = {
        "number": number,
        "first_seed": ORIGIN.seed_of(number),
        "seeds": 3,
        "status": status,
        "exit_code": {"met": 0, "missed": 1, "inconclusive": 4}.get(status, 3),
        "reasons": ("old seed 7 died",) if status in ("incomplete", "invalid") else (),
        "claims": (ClaimOutcome("it does not leak", verdict, verdict, 0.5, 0.25, None),),
        "leaks": (LeakOutcome("fixed", "rss", "INCONCLUSIVE" if slope is None else "OK", slope, slope, slope, "GB/h"),),
        "cpu_s": 20.0,
        "wall_s": 10.0,
        "dirty": False,
        "folder": None if status == "met" else "smoke/x",
    }
    assert status in OUTCOMES
    return Repetition(**{**fields, **changes})
