"""The table of the note's sentences: what it names exists, and no claim on the note is missing from it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.scenario import load

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "reference" / "note.md"
SCENARIOS = (
    "50symbols",
    "as_written",
    "crash",
    "50symbols_1s",
    "50symbols_12h",
    "20symbols",
    "slow_disk",
    "monitor",
)
"""Those whose claims are sentences of the note; others take one of them and ask something else."""

VERDICTS = ("open", "met", "exceeded", "missed", "known miss", "inconclusive", "not applicable", "not testable: ")


def rows() -> list[list[str]]:
    """The cells of every row: where, what it says, scenario or test file, claim or test, verdict."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def named(row: list[str]) -> tuple[str, str]:
    return row[2].strip("`"), row[3].strip("`")


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row[1]}: {row[2]}")
def test_what_a_row_names_exists(row: list[str]) -> None:
    assert len(row) == 5
    place, claim = named(row)
    assert row[4].startswith(VERDICTS)
    if place == "-":
        assert claim == "-"
        assert re.fullmatch(r"(not testable|open): .+", row[4])
    elif place.endswith(".py"):
        assert f"def {claim}(" in (ROOT / place).read_text(encoding="utf-8")
    elif claim.startswith("[sweeps."):
        assert claim in {f"[sweeps.{name}]" for name in load(place, import_target=False).sweeps}
    else:
        assert claim in {one.name for one in load(place, import_target=False).claims}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_claim_on_the_note_has_a_row(scenario: str) -> None:
    told = {claim for place, claim in map(named, rows()) if place == scenario}
    claims = [claim for claim in load(scenario, import_target=False).claims if not claim.source.startswith("guardrail")]
    assert claims
    assert {claim.name for claim in claims} <= told


def test_every_section_of_the_note_has_a_row() -> None:
    sections = [row[0] for row in rows() if row[0]]
    assert sections == [
        "Symptoms",
        "Cause 1",
        "Causes 1-3",
        "Cause 2",
        "Cause 3",
        "Cause 4",
        "Cause 5",
        *(f"Fix {number}" for number in range(1, 6)),
        "Expected results",
        "Priority",
        "Monitoring",
        "Important notes",
        "Alternative",
        "If it still leaks",
        "Risk",
        "Testing",
    ]
