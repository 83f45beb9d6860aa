"""What became of the standing controls: a table for people, control.json for programs.

Format 1 (2026) of control.json: first version.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from harness.analysis.controls import Check
from harness.report.layout import new_table, paragraph, show, whole_line
from harness.scenario import Scenario
from harness.scenario.problems import shown_path

FORMAT = 1
CONTROL_FILE = "control.json"


def write_controls(
    folder: Path, scenario: Scenario, checks: Sequence[Check], *, short: bool, injected_gb_per_hour: float
) -> Path:
    """Write control.json beside the soaks of the controls, in one piece; returns its path."""
    table = {
        "format": FORMAT,
        "scenario": scenario.name,
        "memory_scale": scenario.memory.scale,
        "short": short,
        "status": "met" if all(check.passed for check in checks) else "invalid",
        "injected_gb_per_hour": injected_gb_per_hour,
        "checks": [dataclasses.asdict(check) for check in checks],
    }
    file = folder / CONTROL_FILE
    partial = folder / (CONTROL_FILE + ".partial")
    partial.write_text(json.dumps(table, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    partial.replace(file)
    return file


def print_controls(console: Console, scenario: Scenario, checks: Sequence[Check], file: Path) -> None:
    """Print the checks; where one fails, that the soak is invalid stands before anything else."""
    failed = list(dict.fromkeys(check.control for check in checks if not check.passed))
    if failed:
        text = f"the controls of {scenario.name} do not hold ({', '.join(failed)}): its soaks here are no evidence."
        paragraph(console, Text.assemble(("INVALID: ", "bold red"), text))
        console.print()
    table = new_table("control", "measured", "found", "must be", "", unbroken=("",))
    last = None
    for check in checks:
        word = Text("pass", style="green") if check.passed else Text("FAIL", style="bold red")
        name = "" if check.control == last else check.control
        table.add_row(Text(name), Text(check.quantity), Text(check.measured), Text(check.band), word)
        last = check.control
    show(console, table)
    console.print()
    if not failed:
        paragraph(console, Text.assemble(("MET: ", "bold green"), f"the controls of {scenario.name} hold."))
    whole_line(console, f"Recorded: {shown_path(file)}")
