"""The live table of a soak: one line a run, as much of it as the terminal is wide and high enough for."""

from __future__ import annotations

from collections.abc import Sequence

from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from harness.soaks.supervisor import RunState

_STYLES = {"running": "", "waiting": "dim", "complete": "green", "limit": "yellow"}
_NARROW, _MIDDLING, _WIDE = 48, 70, 92
"""Terminal widths from which the table has a time, then an acceleration and a phase, then a bar."""

_FRAME_LINES = 4  # heading, overall line, and air


def progress_table(states: Sequence[RunState], width: int, height: int) -> Table:
    """Return the table for a terminal of this size, without waiting and finished runs if it is not high enough."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("run", overflow="fold")
    table.add_column("state", no_wrap=True, overflow="crop")
    if width >= _MIDDLING:
        table.add_column("phase", no_wrap=True, overflow="crop")
    if width >= _NARROW:
        table.add_column("virtual time", no_wrap=True, overflow="crop", justify="right")
    if width >= _WIDE:
        table.add_column("", width=16)
    table.add_column("GB", no_wrap=True, overflow="crop", justify="right")
    if width >= _MIDDLING:
        table.add_column("", no_wrap=True, overflow="crop", justify="right")
    for state in _shown(states, max(height - _FRAME_LINES, 1)):
        table.add_row(*_row(state, width, scaled=several_scales(states)), style=_STYLES.get(state.state, "red"))
    table.add_row(*_overall(states, width), style="bold")
    return table


def clock(seconds: float) -> str:
    """Return a time as h:mm:ss."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def gigabytes(state: RunState, real_bytes: float) -> str:
    """Return real bytes of a run as GB (10^9) at full scale."""
    return f"{real_bytes / state.memory_scale / 1e9:.1f}"


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
    cells: list[Text | ProgressBar] = [Text(f"{state.config} {state.seed}{at}"), Text(state.state)]
    if width >= _MIDDLING:
        cells.append(Text(state.phase if state.state == "running" else ""))
    if width >= _NARROW:
        cells.append(Text(f"{clock(state.t_s)} of {clock(state.total_s)}"))
    if width >= _WIDE:
        cells.append(ProgressBar(total=state.total_s or 1.0, completed=min(state.t_s, state.total_s or 1.0), width=16))
    cells.append(Text(f"{word}{held}" if held else ""))
    if width >= _MIDDLING:
        cells.append(Text(f"x{state.acceleration:.0f}" if state.wall_s else ""))
    return cells


def _overall(states: Sequence[RunState], width: int) -> list[Text | ProgressBar]:
    """Return how many runs are done, and what share of all virtual time has passed."""
    running = sum(state.state == "running" for state in states)
    done = sum(state.state not in ("running", "waiting") for state in states)
    total = sum(state.total_s for state in states) or 1.0
    passed = sum(state.t_s if state.state in ("running", "waiting") else state.total_s for state in states)
    cells: list[Text | ProgressBar] = [Text("all"), Text(f"{done}/{len(states)} done")]
    if width >= _MIDDLING:
        cells.append(Text(f"{running} running"))
    if width >= _NARROW:
        cells.append(Text(f"{passed / total:.0%}"))
    if width >= _WIDE:
        cells.append(ProgressBar(total=total, completed=min(passed, total), width=16))
    cells.append(Text(""))
    if width >= _MIDDLING:
        cells.append(Text(""))
    return cells
