"""The standing controls carried out with progress, recorded and printed: `soak control`, `soak run --controls`."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from harness.analysis.verdict.control_record import CONTROL_FILE, ControlRecord, write_controls
from harness.controls.standing import soak_controls
from harness.report.machines.job_summary import control_summary, write_summary
from harness.report.machines.junit_file import control_junit, write_junit
from harness.report.page.control_page import write_control_page
from harness.report.terminal.control_table import print_controls
from harness.report.terminal.progress import Progress
from harness.scenario import Scenario
from harness.soaks.result_folder import refuse_full_disk


def control(
    console: Console, scenario: Scenario, folder: Path, *, short: bool, jobs: int | None, quiet: bool
) -> ControlRecord:
    """Soak the controls of `scenario` into `folder`, write what became of them and a page there, print the checks.

    Raises UsageError where the machine has not enough memory, SoakError where the disk ran full or a run was refused,
    KeyboardInterrupt once every process is gone; then there is no control.json.
    """
    with Progress(console, quiet=quiet) as progress:
        record = soak_controls(scenario, folder, short=short, jobs=jobs, observe=progress)
    try:
        write_controls(record, folder)
    except OSError as error:
        raise refuse_full_disk(error, folder) from error
    tell_controls(console, record, folder)
    return record


def tell_controls(console: Console, record: ControlRecord, folder: Path) -> None:
    """Write the page and what machines read of controls that lie in `folder`, and print their checks.

    Raises SoakError on a full disk.
    """
    try:
        write_summary(control_summary(record), folder)
        write_junit(control_junit(record), folder)
        page = write_control_page(record, folder)
    except OSError as error:
        raise refuse_full_disk(error, folder) from error
    print_controls(console, record, folder / CONTROL_FILE, page)
