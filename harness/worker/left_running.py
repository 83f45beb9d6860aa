"""The processes that stop() left running, looked for while the target still holds their pipes.

Most programs end with their input. One that stop() forgot would do so as soon as the target is dropped, and nobody
would know that it had been left.
"""

from __future__ import annotations

import os
import sys
import time
from time import sleep as real_sleep  # the judged process patches it later: virtual time must not move here

from harness.clock.waits import command_line, is_dead, state_of
from harness.command_line import HIDDEN, short_command
from harness.process_tree import children_of, is_hidden

PATIENCE_S = 1.0
"""Seconds of the run, and then real ones, that a process has to end by itself once stop() has returned."""

_AGAIN_S = 0.01
"""Real seconds between two looks."""

_HELPERS = (
    ("multiprocessing.resource_tracker", "_resource_tracker", "_pid"),
    ("multiprocessing.forkserver", "_forkserver", "_forkserver_pid"),
)
"""What `multiprocessing` starts for itself and keeps to the end of the program: no stop() can end it."""


def processes() -> list[int]:
    """The living processes below this one, without the helpers of `multiprocessing`."""
    helpers = {_helper(*names) for names in _HELPERS}
    found, parents = [], [os.getpid()]
    while parents:
        below = children_of(parents.pop())
        parents += below
        found += [pid for pid in below if pid not in helpers and _lives(pid)]
    return found


def left_running(patience_s: float = PATIENCE_S) -> list[str]:
    """The commands of those that live on for so many real seconds, each once; it returns when none does."""
    until_s = time.perf_counter() + patience_s
    while (left := processes()) and time.perf_counter() < until_s:
        real_sleep(_AGAIN_S)
    return sorted(filter(None, {_command(pid) for pid in left}))


def _helper(module: str, keeper: str, name: str) -> int | None:
    pid = getattr(getattr(sys.modules.get(module), keeper, None), name, None)
    return pid if isinstance(pid, int) else None


def _lives(pid: int) -> bool:
    try:
        return not is_dead(state_of(pid))
    except OSError:
        return is_hidden(pid)


def _command(pid: int) -> str:
    try:
        words = command_line(pid)
    except OSError:
        return HIDDEN if is_hidden(pid) else ""
    return short_command(words) if any(words) else ""
