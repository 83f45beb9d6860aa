"""The live table of a soak: one line a run, as much of it as the terminal is wide and high enough for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from typing import Any

from rich.progress_bar import ProgressBar
from rich.table import Column, Table
from rich.text import Text

from harness.forecasts.time_left import time_left_s
from harness.report.words.amounts import unit_of
from harness.report.words.durations import about
from harness.soaks.supervisor import RunState

_STYLES = {"running": "", "waiting": "dim", "complete": "green", "limit": "yellow"}
_NARROW, _MIDDLING, _WIDE = 48, 70, 92
"""Terminal widths from which the table has a time, then an acceleration and a phase, then a bar."""

_WHOLE: dict[str, Any] = {"no_wrap": True, "overflow": "crop"}
_COLUMNS = (
    (Column("run", overflow="fold"), 0),
    (Column("state", **_WHOLE), 0),
    (Column("phase", **_WHOLE), _MIDDLING),
    (Column("virtual time", justify="right", **_WHOLE), _NARROW),
    (Column("", width=16), _WIDE),
    (Column("GB", justify="right", **_WHOLE), 0),
    (Column("", justify="right", **_WHOLE), _MIDDLING),
)
"""The columns, each with the terminal width from which it is there."""

_FRAME_LINES = 5  # heading, overall line, the time left, and air


def progress_table(states: Sequence[RunState], width: int, height: int) -> Table:
    """Return the table for a terminal of this size, without waiting and finished runs if it is not high enough."""
    there = [width >= least for _, least in _COLUMNS]
    columns = [column.copy() for column, _ in _COLUMNS]
    table = Table(*compress(columns, there), box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for state in _shown(states, max(height - _FRAME_LINES, 1)):
        cells = _row(state, width, scaled=several_scales(states))
        table.add_row(*compress(cells, there), style=_STYLES.get(state.state, "red"))
    table.add_row(*compress(_overall(states), there), style="bold")
    if left := time_left(states):
        table.caption, table.caption_justify = left, "left"
    return table


def clock(seconds: float) -> str:
    """Return a time as h:mm:ss."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def gigabytes(state: RunState, real_bytes: float) -> str:
    """Return real bytes of a run as GB (10^9) at full scale."""
    gb = real_bytes / state.memory_scale / 1e9
    return f"{gb:.1f}" if gb >= 1 else f"{gb:.2f}"


def held(state: RunState, real_bytes: float) -> str:
    """Return real bytes of a run at full scale, with their unit: ``14.2 GB``, ``51 MB``."""
    gb = real_bytes / state.memory_scale / 1e9
    return f"{1000 * gb:.3g} MB" if unit_of(gb) != "GB" else f"{gigabytes(state, real_bytes)} GB"


def several_scales(states: Sequence[RunState]) -> bool:
    """Return whether the runs differ in their scale."""
    return len({state.memory_scale for state in states}) > 1


def _shown(states: Sequence[RunState], lines: int) -> list[RunState]:
    if len(states) <= lines:
        return list(states)
    return [state for state in states if state.state == "running"][:lines]


def _row(state: RunState, width: int, *, scaled: bool) -> list[Text | ProgressBar]:
    memory = state.rss_bytes if state.state == "running" else state.peak_rss_bytes
    held = gigabytes(state, memory) if memory else ""
    at = f" at {state.memory_scale:g}" if scaled else ""
    word = "" if state.state == "running" or width < _NARROW else "peak "
    total_s = state.total_s or 1.0
    return [
        Text(f"{state.config} {state.seed}{at}"),
        Text(state.state),
        Text(state.phase if state.state == "running" else ""),
        Text(f"{clock(state.t_s)} of {clock(state.total_s)}"),
        ProgressBar(total=total_s, completed=min(state.t_s, total_s), width=16),
        Text(f"{word}{held}" if held else ""),
        Text(f"x{state.acceleration:.0f}" if state.wall_s else ""),
    ]


def _overall(states: Sequence[RunState]) -> list[Text | ProgressBar]:
    """Return how many runs are done, and what share of all virtual time has passed."""
    running = sum(state.state == "running" for state in states)
    done = sum(state.state not in ("running", "waiting") for state in states)
    total = sum(state.total_s for state in states) or 1.0
    passed = sum(state.t_s if state.state in ("running", "waiting") else state.total_s for state in states)
    bar = ProgressBar(total=total, completed=min(passed, total), width=16)
    words = ("all", f"{done}/{len(states)} done", f"{running} running", f"{passed / total:.0%}")
    return [*map(Text, words), bar, Text(""), Text("")]


def time_left(states: Sequence[RunState]) -> str:
    """Return how long all will take, by what has passed so far: ``about 3 minutes left``; empty where nothing tells."""
    left_s = time_left_s(states)
    return f"{about(left_s)} left" if left_s else ""
