"""Progress: live on a terminal; in a log a plain line a minute about every run, and one when it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.progress import Progress as Bars
from rich.progress import TaskID

from harness.report.terminal.console import whole_line
from harness.report.terminal.progress_table import clock, held, progress_table, several_scales, time_left
from harness.soaks.supervisor import RunState

EVERY_S = 60.0
"""Real seconds between two lines about the same work in a log, which people read afterwards."""

WATCHED_EVERY_S = 5.0
"""And on a terminal, where there is no table that shows it."""

FAILURES = frozenset({"failed", "died", "interrupted", "refused"})


class _Pace:
    """Says when the next plain line on a console is due: so many seconds after the last one."""

    def __init__(self, console: Console, now_s: Callable[[], float]) -> None:
        self._every_s = WATCHED_EVERY_S if console.is_terminal else EVERY_S
        self._now_s = now_s
        self._last_s = now_s()

    def due(self, *, at_once: bool = False) -> bool:
        """Return whether to print a line now, because it is time or it must be `at_once`; the wait then starts anew."""
        now_s = self._now_s()
        if not at_once and now_s - self._last_s < self._every_s:
            return False
        self._last_s = now_s
        return True


class Progress:
    """An observer of the supervisor that tells a person how far the runs are; use it as a context manager.

    With `quiet` only failures are told. `now_s` is the real clock. The live table goes away at the end; the lines on
    failures above it stay.
    """

    def __init__(self, console: Console, quiet: bool = False, *, now_s: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._quiet = quiet
        self._pace = _Pace(console, now_s)
        self._told: dict[tuple[str, int, float], str] = {}
        self._live: Live | None = None
        self._scaled = False

    def __enter__(self) -> Self:
        if self._console.is_terminal and not self._quiet:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def __call__(self, states: Sequence[RunState]) -> None:
        """Tell what is new in `states`, the states of all runs of the soak."""
        self._scaled = several_scales(states)
        for state in states:
            key = (state.config, state.seed, state.memory_scale)
            if state.state != self._told.get(key, "waiting"):
                self._told[key] = state.state
                self._tell_change(state, _course(states))
        if self._live is not None:
            table = progress_table(states, self._console.width, self._console.height)
            self._live.update(table, refresh=True)
        elif not self._quiet and self._pace.due():
            for state in states:
                if state.state == "running":
                    self._line(self._underway(state))
            if time_left(states):
                self._line(f"all: {_course(states)}")

    def _tell_change(self, state: RunState, done: str) -> None:
        if state.state in FAILURES:
            self._line(self._ended(state) if self._quiet else f"{self._ended(state)} ({done})")
        elif not self._quiet and self._live is None and state.state != "running":
            self._line(f"{self._ended(state)} ({done})")

    def _underway(self, state: RunState) -> str:
        return (
            f"{self._name(state)}: {state.phase}, {clock(state.t_s)} of {clock(state.total_s)}, "
            f"{held(state, state.rss_bytes)}, x{state.acceleration:.0f}"
        )

    def _ended(self, state: RunState) -> str:
        words = f"{self._name(state)}: {state.state} at {clock(state.t_s)}"
        if state.peak_rss_bytes:
            words += f", peak {held(state, state.peak_rss_bytes)}"
        if state.wall_s:
            words += f", x{state.acceleration:.0f}"
        return f"{words}: {' '.join(state.reason.split())}" if state.reason else words

    def _line(self, text: str) -> None:
        """Print one whole line, in ASCII: a log may be read anywhere, and a line that is broken cannot be searched."""
        plain = text.encode("ascii", "backslashreplace").decode("ascii")
        whole_line(self._console, plain)

    def _name(self, state: RunState) -> str:
        at = f" at scale {state.memory_scale:g}" if self._scaled else ""
        return f"{state.config} seed {state.seed}{at}"


def _course(states: Sequence[RunState]) -> str:
    """Return how many runs are done, how many ended otherwise, and how long the rest will take."""
    ended = [state for state in states if state.state not in ("waiting", "running")]
    failed = sum(state.state in FAILURES for state in ended)
    left = time_left(states) if len(ended) < len(states) else ""
    words = [f"{len(ended) - failed} of {len(states)} done", f"{failed} not" if failed else "", left]
    return ", ".join(filter(None, words))


class RerunProgress:
    """An observer of one rerun under a tracer that prints a line now and then. `now_s` is the real clock."""

    def __init__(self, console: Console, tracer: str, *, now_s: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._tracer = tracer
        self._pace = _Pace(console, now_s)
        self._fed = False

    def __call__(self, states: Sequence[RunState]) -> None:
        """Tell how far the rerun is, if it is time."""
        state = states[0]
        if not self._pace.due(at_once=state.state != "running"):
            return
        if state.state != "running":
            how = f": {state.state}"
        elif state.t_s and state.t_s >= state.total_s:
            if self._fed:
                return
            self._fed = True
            how = ": looking at what is held"
        else:
            how = ""
        whole_line(self._console, f"under {self._tracer}: {clock(state.t_s)} of {clock(state.total_s)}{how}")


class StageProgress:
    """Is told of stages and what share of each is done: bars on a terminal, else lines; use it as a context manager."""

    def __init__(self, console: Console, *, now_s: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._pace = _Pace(console, now_s)
        self._bars = Bars(console=console, transient=True) if console.is_terminal else None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        if self._bars is not None:
            self._bars.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, stage: str, share: float) -> None:
        """Show that `share` of a stage is done."""
        if self._bars is not None:
            if stage not in self._tasks:
                self._tasks[stage] = self._bars.add_task(stage, total=1.0)
            self._bars.update(self._tasks[stage], completed=share)
        elif self._pace.due():
            whole_line(self._console, f"{stage}: {share:.0%}")
