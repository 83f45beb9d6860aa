"""The releases that were run, a line each: good or bad, how fast, who holds it. Printed, and as plain rows."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from harness.analysis.histories.recorded_history import RecordedHistory
from harness.analysis.histories.release_finding import ReleaseFinding
from harness.report.histories.release_sentences import MOST_NAMES, in_mb, owner_words, per_hour
from harness.report.terminal.console import new_table, paragraph, show
from harness.report.words.amounts import NOTHING, interval
from harness.text import first_of

COLUMNS = ("release", "outcome", "seeds", "hours", "grows", "an hour", "MB per 1,000 calls")


def print_releases(console: Console, recorded: RecordedHistory) -> None:
    """Print the table of the releases that were run, the oldest first, and below it who holds what grows."""
    table = new_table(*COLUMNS, right=("seeds", "hours", "an hour", "MB per 1,000 calls"), unbroken=COLUMNS)
    owners: dict[str, list[str]] = {}
    for place, found in sorted(recorded.findings.items()):
        name = recorded.candidates[place].name
        table.add_row(name, *_cells(found))
        if found.owner:
            owners.setdefault(owner_words(found), []).append(name)
    show(console, table)
    for owner, names in owners.items():
        paragraph(console, f"Held by {owner}: {first_of(names, MOST_NAMES)}.")


def rows(recorded: RecordedHistory) -> list[dict[str, Any]]:
    """Return the same as plain rows: names, outcomes and numbers with their units in the names of their columns."""
    return [
        {"release": recorded.candidates[place].name, **_plain(found)}
        for place, found in sorted(recorded.findings.items())
    ]


def _cells(found: ReleaseFinding) -> list[str]:
    leak = found.leak
    rate = NOTHING if leak is None or leak.rate.estimate is None else per_hour(leak)
    unit = "" if leak is None or leak.measure.counted or rate == NOTHING else " MB"
    return [
        found.outcome,
        str(found.seeds),
        f"{found.hours:g}",
        NOTHING if leak is None else leak.measure.words,
        f"{rate}{unit}",
        interval(found.per_calls, "MB"),
    ]


def _plain(found: ReleaseFinding) -> dict[str, Any]:
    leak, calls = found.leak, found.per_calls
    rate = None if leak is None else (leak.rate if leak.measure.counted else in_mb(leak.rate))
    return {
        "outcome": found.outcome,
        "seeds": found.seeds,
        "hours": found.hours,
        "measure": None if leak is None else leak.measure.name,
        "per_hour": None if rate is None else rate.estimate,
        "per_hour_low": None if rate is None else rate.low,
        "per_hour_high": None if rate is None else rate.high,
        "unit": None if leak is None else ("1/h" if leak.measure.counted else "MB/h"),
        "mb_per_1000_calls": calls.estimate,
        "mb_per_1000_calls_low": calls.low,
        "mb_per_1000_calls_high": calls.high,
        "owner": found.owner or None,
        "owner_share": found.share,
        "reason": found.reason or None,
    }
