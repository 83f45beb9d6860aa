"""The standing controls of a scenario: which there are, which are shortened; carried out, and judged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.analysis.result import Result
from harness.analysis.verdict.control_record import ControlRecord
from harness.controls import derived
from harness.controls.checks import Recorded, judge_controls, leak_to_inject
from harness.injected_leak import OWNER
from harness.scenario import Scenario
from harness.soaks.supervisor import Observer


def soak_controls(
    scenario: Scenario, folder: Path, *, short: bool, jobs: int | None, observe: Observer
) -> ControlRecord:
    """Carry out and judge all controls: first those that tell how large a leak can be found, then the others.

    Raises as `derived.carry_out` does.
    """
    small = derived.shortened(scenario) if short else scenario
    null = derived.null(derived.fewer_hours(scenario) if short else scenario)
    recorded = _carried_out([derived.clean(small), null], folder, jobs, short, observe)
    injected = leak_to_inject(recorded["clean"])
    pair = derived.shortened_pair(scenario) if short else scenario
    others = [
        derived.probed(small),
        derived.leaking(small, injected * 1e9 * small.memory.scale / 3600),
        derived.old_against_old(pair),
        *derived.clocks(scenario, short=short),
    ]
    recorded |= _carried_out(others, folder, jobs, short, observe)
    checks = judge_controls(recorded, injected_gb_per_hour=injected, owner=OWNER)
    return ControlRecord(scenario.name, scenario.memory.scale, short, injected, tuple(checks))


def _carried_out(
    soaks: Sequence[derived.ControlSoak], folder: Path, jobs: int | None, short: bool, observe: Observer
) -> dict[str, Recorded]:
    """Carry out the soaks; return what they recorded, by name."""
    folders = derived.carry_out(soaks, folder, at_once=jobs, real_beside=not short, observe=observe)
    return {soak.name: Recorded(soak.scenario, Result.open(folders[soak.name]).runs) for soak in soaks}
