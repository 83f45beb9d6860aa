"""Progress of a sweep: a line for every run that ends, with how many are done and how long the rest may take."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from rich.console import Console

from harness.report.terminal.console import whole_line
from harness.report.terminal.progress import FAILURES
from harness.report.terminal.progress_table import held
from harness.report.words.durations import about
from harness.soaks.supervisor import RunState

EVERY_S: Final = 60.0
"""Real seconds between two lines while no run ends."""


class SweepProgress:
    """An observer of the supervisor: `names` are the runs in their order, `weights` what each takes of the whole.

    `before` runs of `of` were recorded already. With `quiet` only failures are told. `now_s` is the real clock.
    """

    def __init__(
        self,
        console: Console,
        names: Sequence[str],
        weights: Sequence[float],
        *,
        before: int = 0,
        quiet: bool = False,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._names = names
        self._weights = weights
        self._before = before
        self._quiet = quiet
        self._now_s = now_s
        self._began_s = self._told_s = now_s()
        self._ended: set[int] = set()

    def __call__(self, states: Sequence[RunState]) -> None:
        """Tell what ended since the last call; every minute, how far all are."""
        for place, state in enumerate(states):
            if state.state in ("waiting", "running"):
                self._ended.discard(place)  # it was lost on its way, and is run again
            elif place not in self._ended:
                self._ended.add(place)
                if state.state in FAILURES or not self._quiet:
                    self._tell(f"{self._names[place]}: {_how(state)} ({self._done(states)})")
        if not self._quiet and self._now_s() - self._told_s >= EVERY_S:
            running = [self._names[place] for place, state in enumerate(states) if state.state == "running"]
            self._tell(f"running: {', '.join(running)} ({self._done(states)})")

    def _done(self, states: Sequence[RunState]) -> str:
        words = f"{self._before + len(self._ended)} of {self._before + len(states)} done"
        failed = sum(state.state in FAILURES for state in states)
        if failed:
            words += f", {failed} failed"
        left_s = self.left_s(states)
        return words if left_s is None or len(self._ended) == len(states) else f"{words}, {about(left_s)} left"

    def left_s(self, states: Sequence[RunState]) -> float | None:
        """Real seconds until all are done, by the pace until now; None where nothing tells of one."""
        done = sum(weight * _share(state) for weight, state in zip(self._weights, states, strict=True))
        elapsed_s = self._now_s() - self._began_s
        return elapsed_s * (sum(self._weights) - done) / done if done > 0 and elapsed_s > 0 else None

    def _tell(self, text: str) -> None:
        self._told_s = self._now_s()
        whole_line(self._console, text.encode("ascii", "backslashreplace").decode("ascii"))


def _share(state: RunState) -> float:
    """How much of a run is done."""
    if state.state not in ("waiting", "running"):
        return 1.0
    return min(max(state.t_s, 0.0) / state.total_s, 1.0) if state.total_s else 0.0


def _how(state: RunState) -> str:
    words = state.state
    if state.peak_rss_bytes:
        words += f", peak {held(state, state.peak_rss_bytes)}"
    return f"{words}: {' '.join(state.reason.split())}" if state.reason else words
