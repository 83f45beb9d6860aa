"""What a run costs in CPU time."""

from __future__ import annotations

from harness.analysis.estimates import Reading
from harness.analysis.levels import not_reached
from harness.analysis.runs import Run
from harness.scenario import Scenario


def cpu_s(run: Run, _scenario: Scenario) -> Reading:
    """User and system CPU seconds of the judged process up to its end: target, market and probes."""
    seconds = run.facts.get("cpu_s")
    return Reading(float(seconds)) if run.status == "complete" and seconds is not None else not_reached(run)
