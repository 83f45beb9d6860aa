"""What became of the standing controls, as a table for people."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.text import Text

from harness.analysis.verdict.control_record import ControlRecord
from harness.report.terminal.console import new_table, paragraph, show, whole_line
from harness.text import shown_path


def print_controls(console: Console, record: ControlRecord, file: Path, page: str) -> None:
    """Print the checks; where one fails, that the soak is invalid stands before anything else.

    Last stands that they were written to `file`, with a `page` beside it.
    """
    if not record.held:
        text = f"the controls of {record.scenario} do not hold ({', '.join(record.failed)})"
        paragraph(console, Text.assemble(("INVALID: ", "bold red"), f"{text}: its soaks here are no evidence."))
        console.print()
    table = new_table("control", "measured", "found", "must be", "", unbroken=("",))
    last = None
    for check in record.checks:
        word = Text("pass", style="green") if check.passed else Text("FAIL", style="bold red")
        name = "" if check.control == last else check.control
        table.add_row(Text(name), Text(check.quantity), Text(check.measured), Text(check.band), word)
        last = check.control
    show(console, table)
    console.print()
    if record.held:
        paragraph(console, Text.assemble(("MET: ", "bold green"), f"the controls of {record.scenario} hold."))
    whole_line(console, f"Recorded: {shown_path(file)}, {page}")
