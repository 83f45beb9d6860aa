"""What became of the standing controls of a scenario, and control.json, which a soak's readers find beside its runs.

Format 1 (2026) of control.json: first version.
"""

from __future__ import annotations

import dataclasses
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.files import read_json, write_json

FORMAT = 1
CONTROLS_FOLDER = "controls"
"""Where in the result of a soak its own controls lie."""

CONTROL_FILE = "control.json"

LONGEST = 100
"""Characters of a measured quantity that a reason has room for."""


@dataclass(frozen=True)
class Check:
    """One quantity that a control measured, in words, with the band that it must lie in."""

    control: str
    quantity: str
    measured: str
    band: str
    passed: bool


@dataclass(frozen=True)
class ControlRecord:
    """The controls of one scenario at one scale: every check; the leak that was injected, GB per hour at full scale."""

    scenario: str
    memory_scale: float
    short: bool
    injected_gb_per_hour: float
    checks: tuple[Check, ...]

    @property
    def held(self) -> bool:
        return all(check.passed for check in self.checks)

    @property
    def failed(self) -> tuple[str, ...]:
        """The controls with a check that failed."""
        return tuple(dict.fromkeys(check.control for check in self.checks if not check.passed))

    @property
    def status(self) -> str:
        """As in control.json and verdict.json: "met" or "invalid"."""
        return "met" if self.held else "invalid"

    @property
    def summary(self) -> str:
        """How many checks held, in words."""
        held = sum(check.passed for check in self.checks)
        return f"Controls held: {held} of {len(self.checks)} checks ({'short' if self.short else 'long'})"

    def reasons(self) -> tuple[str, ...]:
        """Why a soak beside these controls is no evidence: one sentence a control that failed, by its first check."""
        return tuple(f"the controls do not hold: {control} ({self._first_failure(control)})" for control in self.failed)

    def _first_failure(self, control: str) -> str:
        first, *others = (check for check in self.checks if check.control == control and not check.passed)
        measured = textwrap.shorten(first.measured, LONGEST, placeholder=" ...")
        more = f"; {len(others)} more checks failed" if len(others) > 1 else "; 1 more check failed" if others else ""
        return f"{first.quantity}: {measured} where {first.band} was due{more}"


def write_controls(record: ControlRecord, folder: Path) -> Path:
    """Write control.json beside the soaks of the controls, in one piece; returns its path."""
    file = folder / CONTROL_FILE
    write_json({"format": FORMAT, "status": record.status, **dataclasses.asdict(record)}, file)
    return file


def read_controls(result: Path) -> ControlRecord | None:
    """What became of the controls that a soak carried out before its runs; None where it had none.

    Raises UsageError, naming the file, where it is damaged, or missing from a folder of controls: they were then never
    judged.
    """
    folder = result / CONTROLS_FOLDER
    return read_record(folder) if folder.is_dir() else None


def read_record(folder: Path) -> ControlRecord:
    """What became of the controls that lie in `folder`. Raises UsageError, naming the file, where it is damaged."""
    path = folder / CONTROL_FILE
    table = read_json(path)
    if not isinstance(table, dict) or table.get("format") != FORMAT:
        raise UsageError(f"{path}: is no record of controls in format {FORMAT}")
    try:
        return _record(table)
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{path}: is damaged: {type(error).__name__}: {error}") from error


def _record(table: dict[str, Any]) -> ControlRecord:
    checks = tuple(Check(**check) for check in table["checks"])
    if not checks:
        raise ValueError("it has no checks")
    if not all(isinstance(check.passed, bool) for check in checks) or not isinstance(table["short"], bool):
        raise ValueError("short and passed must be true or false")
    return ControlRecord(
        scenario=str(table["scenario"]),
        memory_scale=float(table["memory_scale"]),
        short=table["short"],
        injected_gb_per_hour=float(table["injected_gb_per_hour"]),
        checks=checks,
    )
