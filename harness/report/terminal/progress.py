"""What is seen of a soak while it runs: a live table on a terminal, plain lines in a log, or failures only."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live

from harness.report.terminal.progress_table import clock, gigabytes, progress_table, several_scales
from harness.soaks.supervisor import RunState

EVERY_S = 5.0
"""Real seconds between two plain lines of one run."""

FAILURES = frozenset({"failed", "died", "interrupted", "refused"})


class Progress:
    """An observer of the supervisor that tells a person how far the runs are; use it as a context manager.

    With `quiet` only failures are told. `now_s` is the real clock. The live table goes away at the end; the lines on
    failures above it stay.
    """

    def __init__(
        self,
        console: Console,
        quiet: bool = False,
        *,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._quiet = quiet
        self._now_s = now_s
        self._told: dict[tuple[str, int, float], str] = {}
        self._lines_at_s = now_s()
        self._live: Live | None = None
        self._scaled = False

    def __enter__(self) -> Self:
        if self._console.is_terminal and not self._quiet:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def __call__(self, states: Sequence[RunState]) -> None:
        """Tell what is new in `states`, the states of all runs of the soak."""
        ended = sum(state.state not in ("waiting", "running") for state in states)
        self._scaled = several_scales(states)
        for state in states:
            key = (state.config, state.seed, state.memory_scale)
            if state.state != self._told.get(key, "waiting"):
                self._told[key] = state.state
                self._tell_change(state, f"{ended} of {len(states)} done")
        if self._live is not None:
            table = progress_table(states, self._console.width, self._console.height)
            self._live.update(table, refresh=True)
        elif not self._quiet and self._now_s() - self._lines_at_s >= EVERY_S:
            self._lines_at_s = self._now_s()
            for state in states:
                if state.state == "running":
                    self._line(self._underway(state))

    def _tell_change(self, state: RunState, done: str) -> None:
        if state.state in FAILURES:
            self._line(self._ended(state) if self._quiet else f"{self._ended(state)} ({done})")
        elif not self._quiet and self._live is None:
            self._line(
                f"{self._name(state)}: started" if state.state == "running" else f"{self._ended(state)} ({done})"
            )

    def _underway(self, state: RunState) -> str:
        return (
            f"{self._name(state)}: {state.phase}, {clock(state.t_s)} of {clock(state.total_s)}, "
            f"{gigabytes(state, state.rss_bytes)} GB, x{state.acceleration:.0f}"
        )

    def _ended(self, state: RunState) -> str:
        words = f"{self._name(state)}: {state.state} at {clock(state.t_s)}"
        if state.peak_rss_bytes:
            words += f", peak {gigabytes(state, state.peak_rss_bytes)} GB"
        if state.wall_s:
            words += f", x{state.acceleration:.0f}"
        return f"{words}: {' '.join(state.reason.split())}" if state.reason else words

    def _line(self, text: str) -> None:
        """One whole line, in ASCII: a log may be read anywhere, and a line that is broken cannot be searched."""
        plain = text.encode("ascii", "backslashreplace").decode("ascii")
        self._console.print(plain, markup=False, highlight=False, emoji=False, soft_wrap=True)

    def _name(self, state: RunState) -> str:
        at = f" at scale {state.memory_scale:g}" if self._scaled else ""
        return f"{state.config} seed {state.seed}{at}"
