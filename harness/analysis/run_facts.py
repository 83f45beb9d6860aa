"""What run.json holds of what is read of it, key by key: a file that somebody edited is refused before it is used.

Any key may be missing or null, as in recordings older than it. What else stands there is not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.errors import UsageError

MOST = 1e19
"""Of bytes and seconds, beyond all that a recording's integers hold: what is larger was never measured."""

Number = Annotated[float, Field(ge=-MOST, le=MOST, allow_inf_nan=False, strict=True)]
Table = dict[str, Any]
Ordinal = Annotated[str, Field(pattern=r"^[0-9]{1,6}$")]

_KINDS = {"string_type": "text", "string_pattern_mismatch": "digits", "list_type": "a list"}
_KINDS |= dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "a table")


class _Facts(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class SurvivorFacts(_Facts):
    """One that keeps arenas mapped."""

    name: str | None = None
    bytes: Number | None = None
    arenas: Number | None = None
    sole_arenas: Number | None = None


class PinnedFacts(_Facts):
    """What keeps arenas mapped after the stop."""

    arenas: Number | None = None
    survivors: list[SurvivorFacts] | None = None


class CodeFacts(_Facts):
    """Which code ran: the factory's file, what came from elsewhere, and versions."""

    factory: str | None = None
    modules: dict[str, str] | None = None
    elsewhere: list[str] | None = None
    python: str | None = None
    numpy: str | None = None


class OnDiskFacts(_Facts):
    """The rows that a run left on disk."""

    patterns: list[str] | None = None
    rows: Number | None = None
    files: Number | None = None
    damaged: Number | None = None
    unmatched: list[str] | None = None
    there: list[str] | None = None
    unreadable: Number | None = None
    trouble: list[str] | None = None


class RunFacts(_Facts):
    """The keys of run.json; of `stop` and `restarts` the tables of readings, by step and by number."""

    reason: str | None = None
    clock: str | None = None
    t_s: Number | None = None
    wall_s: Number | None = None
    cpu_s: Number | None = None
    queued_s: Number | None = None
    acceleration: Number | None = None
    peak_rss_bytes: Number | None = None
    peak_tree_bytes: Number | None = None
    ballast_bytes: Number | None = None
    idle_rss_bytes: Number | None = None
    baseline_bytes: Number | None = None
    limit_bytes: Number | None = None
    books: Number | None = None
    stop: dict[str, dict[str, Number | None]] | None = None
    restarts: dict[Ordinal, dict[str, Number | None]] | None = None
    counters: dict[str, Number | None] | None = None
    outlives: dict[str, list[Any]] | None = None
    pinned: PinnedFacts | None = None
    on_disk: OnDiskFacts | None = None
    standing: Table | None = None
    trouble: Table | None = None
    env: Table | None = None
    code: CodeFacts | None = None


def refuse_other_facts(facts: Mapping[str, Any], path: Path) -> None:
    """Raise UsageError, naming `path`, the key, its value and what is allowed, where one is of another kind."""
    try:
        RunFacts.model_validate(facts)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"] if part != "[key]")
        allowed = _KINDS.get(first["type"], "a number")
        raise UsageError(f"{path}: {key} is {first['input']!r}, expected {allowed}") from error
