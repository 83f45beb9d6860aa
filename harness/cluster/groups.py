"""What is handed out as one: the configs of a world with one seed, and what is known of them on their way."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from harness.cluster.conditions import machine_of
from harness.soaks.run_rows import RECORDED, Row

MOST_LOST: Final = 3
"""A run during which so many workers were lost is failed."""


@dataclass
class Group:
    """The rows of one world and seed that are not recorded, and where they stand.

    `host` is the machine on which they must run, since others of the group were recorded there; None: any.
    """

    rows: tuple[Row, ...]
    host: str | None = None
    pinned: bool = False  # by what an earlier sweep recorded: it stays there
    at_once: int = 1
    home: set[Path] = field(default_factory=set)
    lost: dict[Path, list[str]] = field(default_factory=lambda: defaultdict(list))
    token: str = ""
    sent: tuple[Row, ...] = ()
    future: Any = None
    worker: str | None = None
    machine: dict[str, Any] = field(default_factory=dict)
    root: str = ""
    standing: list[list[Any]] = field(default_factory=list)
    killed: int = 0
    lost_s: float = 0.0

    @property
    def open_rows(self) -> tuple[Row, ...]:
        """The rows that are neither home nor given up."""
        return tuple(row for row in self.rows if row.folder not in self.home and row not in self.given_up)

    @property
    def given_up(self) -> tuple[Row, ...]:
        """The rows that cost too many workers."""
        return tuple(row for row in self.rows if len(self.lost[row.folder]) >= MOST_LOST)

    def need_bytes(self, at_once: int) -> int:
        """Return what so many of its rows may hold together."""
        return sum(sorted((row.job.limit_bytes for row in self.rows), reverse=True)[:at_once])

    def hand_out(self, future_of: Any) -> None:
        """Begin a handing out: nothing is known of it yet but its token."""
        self.token, self.sent = secrets.token_hex(8), self.open_rows
        self.withdraw()
        self.future = future_of(self)

    def withdraw(self) -> None:
        """Forget where it ran."""
        self.future, self.worker, self.root, self.standing = None, None, "", []

    def blame(self) -> None:
        """Note, for the rows that ran on the worker that is lost, that they cost it."""
        for row, stands in zip(self.sent, self.standing, strict=False):
            if stands[0] == "running" and row.folder not in self.home:
                self.lost[row.folder].append(self.worker or "one")


def groups_of(rows: Iterable[Row]) -> list[Group]:
    """Return the groups of a table that lack rows, each with those it lacks, in their order."""
    groups = []
    for together in by_group(rows).values():
        recorded = [row for row in together if row.state in RECORDED]
        hosts = {str(about["host"]) for row in recorded if (about := machine_of(row.folder)) is not None}
        lacking = tuple(row for row in together if row not in recorded)
        if lacking:
            groups.append(Group(lacking, host=min(hosts, default=None), pinned=bool(recorded)))
    return groups


def by_group(rows: Iterable[Row]) -> dict[tuple[Path, int], list[Row]]:
    """Return the rows of every group."""
    groups: dict[tuple[Path, int], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.world.folder, row.job.seed), []).append(row)
    return groups


def strangers(rows: Sequence[Row], hosts: Collection[str | None]) -> list[Row]:
    """Return the recorded rows of groups that lack some and cannot be completed where they were begun.

    `hosts` are the machines at hand; None is that of the result's manifest.
    """
    found = []
    for together in by_group(rows).values():
        recorded = [row for row in together if row.state in RECORDED]
        if len(recorded) == len(together):
            continue
        on = {None if (about := machine_of(row.folder)) is None else str(about["host"]) for row in recorded}
        if len(on) > 1 or not on <= set(hosts):
            found += recorded
    return found
