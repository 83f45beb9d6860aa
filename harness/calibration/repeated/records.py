"""Repetitions of a soak as lines of a file: each is written as soon as it is judged, and the file is resumable.

Format 1 (2026): one JSON object per line with `format`, `origin` (:class:`Origin`) and the fields of
:class:`Repetition`. A last line that was not written to its end does not count.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from harness.analysis.leaks.config_leaks import ConfigLeak
from harness.analysis.verdict.claim_verdict import ClaimVerdict
from harness.errors import UsageError
from harness.text import shown_path

FORMAT = 1
RECORDS_FILE = "repetitions.jsonl"

Outcome = Literal["met", "red", "undecided"]

OUTCOMES: Mapping[str, Outcome] = {
    "met": "met",
    "missed": "red",
    "incomplete": "red",
    "invalid": "red",
    "inconclusive": "undecided",
}
"""What a nightly shows for the status of a verdict."""


@dataclass(frozen=True)
class Origin:
    """What repetitions must have in common to be counted together.

    `contents` is a digest of the resolved scenario, whatever its first seed; `options` are those that it was changed
    by, in words. Repetition n has seeds of its own from ``first_seed + (n - 1) * spacing`` on. `leak` is what the
    `leaking` configs retain beside what they do, in budgets; None where the scenario ran as it is.
    """

    scenario: str
    contents: str
    revision: str | None
    first_seed: int
    spacing: int
    leak: float | None = None
    leaking: tuple[str, ...] = ()
    budget_gb_per_hour: float = 0.0
    options: tuple[str, ...] = field(default=(), compare=False)

    def seed_of(self, number: int) -> int:
        """The first seed of a repetition, which are numbered from 1."""
        return self.first_seed + (number - 1) * self.spacing

    @property
    def wanted(self) -> str:
        """The status that every repetition should end with: a leak within the budget is none."""
        return "missed" if self.leak is not None and self.leak > 1 else "met"


@dataclass(frozen=True)
class ClaimOutcome:
    """One claim of one repetition; `counts_as` is what it did to the status of the whole."""

    name: str
    verdict: str
    counts_as: str
    estimate: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, judged: ClaimVerdict) -> ClaimOutcome:
        """What is kept of the verdict on a claim."""
        estimate = judged.estimate
        return cls(judged.claim.name, judged.outcome, judged.counts_as, estimate.estimate, estimate.low, estimate.high)


@dataclass(frozen=True)
class LeakOutcome:
    """The verdict on one quantity of one config of one repetition; slopes are in its unit, at full scale."""

    config: str
    measure: str
    verdict: str
    slope: float | None
    low: float | None
    high: float | None
    unit: str

    @classmethod
    def of(cls, leak: ConfigLeak) -> LeakOutcome:
        """What is kept of the verdict on a leak."""
        measure, verdict = leak.measure, leak.verdict
        return cls(leak.config, measure.name, verdict.outcome, verdict.slope, verdict.low, verdict.high, measure.unit)


@dataclass(frozen=True)
class Repetition:
    """One soak that was judged. `cpu_s` is that of all its processes; `folder` is None where it was deleted.

    `dirty` says whether the working folder had uncommitted changes when it began, None where that is not known.
    """

    number: int
    first_seed: int
    seeds: int
    status: str
    exit_code: int
    reasons: tuple[str, ...]
    claims: tuple[ClaimOutcome, ...]
    leaks: tuple[LeakOutcome, ...]
    cpu_s: float
    wall_s: float
    dirty: bool | None = None
    folder: str | None = None

    @property
    def outcome(self) -> Outcome:
        """Met, red or undecided, as a nightly is."""
        return OUTCOMES[self.status]


@dataclass(frozen=True)
class RepeatedSoak:
    """The repetitions of one soak, all that a file holds, in order from number 1 on."""

    origin: Origin
    repetitions: tuple[Repetition, ...]


def read(file: Path) -> RepeatedSoak:
    """The repetitions in `file`. Raises UsageError where there is none or a line is damaged or does not belong."""
    try:
        lines = _whole(file.read_bytes()).decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{shown_path(file)}: cannot be read: {error}") from error
    origins, repetitions = [], []
    for number, line in enumerate(lines, start=1):
        try:
            origin, repetition = _parsed(json.loads(line))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise UsageError(f"{shown_path(file)}: line {number} is no repetition: {error}") from error
        if repetition.number != number:
            raise UsageError(f"{shown_path(file)}: line {number} holds repetition {repetition.number}")
        origins.append(origin)
        repetitions.append(repetition)
    if not origins:
        raise UsageError(f"{shown_path(file)}: holds no repetition")
    for origin in origins:
        refuse_other(file, origin, origins[0])
    return RepeatedSoak(origins[0], tuple(repetitions))


def begun(file: Path, origin: Origin) -> tuple[Repetition, ...]:
    """The repetitions that `file` already has, none where it is not there.

    Raises UsageError where they are not of this `origin`.
    """
    if not file.exists() or not _whole(file.read_bytes()):
        return ()
    recorded = read(file)
    refuse_other(file, recorded.origin, origin)
    return recorded.repetitions


def append(file: Path, origin: Origin, repetition: Repetition) -> None:
    """Add one line, on disk when this returns; a torn last line is written over."""
    table = {"format": FORMAT, "origin": dataclasses.asdict(origin), **dataclasses.asdict(repetition)}
    line = json.dumps(table, allow_nan=False) + "\n"
    with file.open("r+b" if file.exists() else "w+b") as lines:
        lines.truncate(len(_whole(lines.read())))
        lines.seek(0, os.SEEK_END)
        lines.write(line.encode("utf-8"))
        lines.flush()
        os.fsync(lines.fileno())


def refuse_other(file: Path, recorded: Origin, wanted: Origin) -> None:
    """Raise UsageError, naming what differs, where repetitions may not be counted together."""
    if recorded == wanted:
        return
    a, b = dataclasses.asdict(recorded), dataclasses.asdict(wanted)
    differing = [
        f"its {name.replace('_', ' ')} is {_shown(a[name])}, not {_shown(b[name])}"
        for name in a
        if name not in ("contents", "options") and a[name] != b[name]
    ]
    if recorded.contents != wanted.contents:
        differing.append("its scenario was changed")
    raise UsageError(
        f"{shown_path(file)}: holds repetitions of something else ({'; '.join(differing)}): name another --out"
    )


def _whole(raw: bytes) -> bytes:
    """The lines that were written to their end."""
    return raw[: raw.rfind(b"\n") + 1]


def _parsed(table: dict[str, Any]) -> tuple[Origin, Repetition]:
    if table.pop("format") != FORMAT:
        raise ValueError(f"its format is not {FORMAT}")
    origin = table.pop("origin")
    origin |= {key: tuple(origin[key]) for key in ("leaking", "options")}
    table["reasons"] = tuple(table["reasons"])
    table["claims"] = tuple(ClaimOutcome(**claim) for claim in table["claims"])
    table["leaks"] = tuple(LeakOutcome(**leak) for leak in table["leaks"])
    repetition = Repetition(**table)
    if repetition.status not in OUTCOMES:
        raise ValueError(f"status {repetition.status!r} is none of {', '.join(OUTCOMES)}")
    return Origin(**origin), repetition


def _shown(value: object) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
