"""Carry out the standing controls of a scenario, judge and record them: `soak control`, `soak run --controls`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from harness.analysis.result import Result
from harness.analysis.verdict.control_record import CONTROL_FILE, ControlRecord, write_controls
from harness.controls import derived as controls
from harness.controls.checks import Recorded, judge_controls, leak_to_inject
from harness.injected_leak import OWNER
from harness.report.terminal.control_table import print_controls
from harness.report.terminal.progress import Progress
from harness.scenario import Scenario
from harness.soaks.result_folder import refuse_full_disk
from harness.soaks.supervisor import Observer


def control(
    console: Console, scenario: Scenario, folder: Path, *, short: bool, jobs: int | None, quiet: bool
) -> ControlRecord:
    """Soak the controls of `scenario` into `folder`, write control.json there, print the checks.

    Raises UsageError where the machine has not enough memory, SoakError where the disk ran full or a run was refused,
    KeyboardInterrupt once every process is gone; then there is no control.json.
    """
    with Progress(console, quiet=quiet) as progress:
        record = _judged(scenario, folder, short=short, jobs=jobs, observe=progress)
    try:
        write_controls(record, folder)
    except OSError as error:
        raise refuse_full_disk(error, folder) from error
    print_controls(console, record, folder / CONTROL_FILE)
    return record


def _judged(scenario: Scenario, folder: Path, *, short: bool, jobs: int | None, observe: Observer) -> ControlRecord:
    """Carry out and judge all controls: first those that tell how large a leak can be found, then the others."""
    small = controls.shortened(scenario) if short else scenario
    null = controls.null(controls.fewer_hours(scenario) if short else scenario)
    recorded = _carried_out([controls.clean(small), null], folder, jobs, short, observe)
    injected = leak_to_inject(recorded["clean"])
    pair = controls.shortened_pair(scenario) if short else scenario
    others = [
        controls.probed(small),
        controls.leaking(small, injected * 1e9 * small.memory.scale / 3600),
        controls.old_against_old(pair),
        *controls.clocks(scenario, short=short),
    ]
    recorded |= _carried_out(others, folder, jobs, short, observe)
    checks = judge_controls(recorded, injected_gb_per_hour=injected, owner=OWNER)
    return ControlRecord(scenario.name, scenario.memory.scale, short, injected, tuple(checks))


def _carried_out(
    soaks: Sequence[controls.ControlSoak], folder: Path, jobs: int | None, short: bool, observe: Observer
) -> dict[str, Recorded]:
    """Carry out the soaks; return what they recorded, by name."""
    folders = controls.carry_out(soaks, folder, at_once=jobs, real_beside=not short, observe=observe)
    return {soak.name: Recorded(soak.scenario, Result.open(folders[soak.name]).runs) for soak in soaks}
