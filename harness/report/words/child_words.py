"""What the processes that a target started hold, in words: by command, and that their time is real."""

from __future__ import annotations

from collections.abc import Sequence

from harness.analysis.leaks.child_commands import Command, ConfigChildren
from harness.command_line import HIDDEN
from harness.report.words.amounts import value

MOST_COMMANDS = 3
"""So many commands of a config are named; more are counted."""


def grows(command: Command) -> str:
    """Return how fast a command grows: ``python -m writer grows by 0.076 GB/h``; by how many processes, if several."""
    rate = "" if command.gb_per_hour is None else f" grows by {value(command.gb_per_hour, 'GB/h')} GB/h"
    return f"{command.command}{_times(command)}{rate}"


def children_line(children: ConfigChildren) -> str:
    """Return what a config started, what each command held at most, and all of it with the judged process."""
    shown = [f"{command.command}{_times(command)} {_held(command)}" for command in children.commands[:MOST_COMMANDS]]
    more = len(children.commands) - len(shown)
    listed = ", ".join([*shown, *([f"{more} more"] if more else [])])
    return f"{children.config}: {listed}; with RSS at most {value(children.tree_gb, 'GB')} GB"


def real_time(children: Sequence[ConfigChildren]) -> str:
    """Return what a reader must know of all figures of children; to be said once beside them."""
    speeds = [one.acceleration for one in children if one.acceleration is not None]
    low, high = (f"x {round(end):,}" for end in (min(speeds, default=1.0), max(speeds, default=1.0)))
    by = "" if not speeds else f" ({low})" if low == high else f" ({low} to {high})"
    return f"A child's time is real: what it did per virtual hour depends on the acceleration{by}."


def _held(command: Command) -> str:
    return "that is not shown" if command.command == HIDDEN else f"at most {value(command.peak_gb, 'GB')} GB"


def _times(command: Command) -> str:
    return f" (up to {command.processes} at a time)" if command.processes > 1 else ""
