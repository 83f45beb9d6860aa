"""Ctrl-C and SIGTERM, counted: the first asks a soak to end, the second ends it at once, any further one does nothing.

A KeyboardInterrupt may be raised between any two lines, also between the start of a process and the line that remembers
it, or in the middle of bringing a recording home. So while runs are supervised it is `held`: the signal is counted, and
the supervisor looks at the count where it can end. After the first nothing is raised at all any more: what follows is
the end, and it is the second that hastens it.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Interrupts:
    """How often this process was asked to end since it takes the signals, and how many hold them."""

    asked = 0
    holders = 0


def take() -> None:
    """Take the signals from now on, of which there was none yet. Only the main thread may."""
    _Interrupts.asked = 0
    for number in SIGNALS:
        signal.signal(number, _count)


def _count(*_: object) -> None:
    _Interrupts.asked += 1
    if _Interrupts.asked == 1 and not _Interrupts.holders:
        raise KeyboardInterrupt


def no_more() -> None:
    """Let no further signal change how this process ends, where it was asked to: its exit code is what it returns."""
    if _Interrupts.asked:
        for number in SIGNALS:  # a handler of Python's own is taken back while the interpreter ends
            signal.signal(number, signal.SIG_IGN)


def asked() -> int:
    """How often this process was asked to end; 0 where the signals are not taken."""
    return _Interrupts.asked


def check() -> None:
    """Raise KeyboardInterrupt where this process was asked to end."""
    if _Interrupts.asked:
        raise KeyboardInterrupt


@contextmanager
def held() -> Iterator[None]:
    """Raise no KeyboardInterrupt for a signal inside but where it is checked for; at the end it is.

    What is raised inside goes first.
    """
    _Interrupts.holders += 1
    try:
        yield
    finally:
        _Interrupts.holders -= 1
    check()
