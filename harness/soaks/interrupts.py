"""Ctrl-C and SIGTERM, counted: the first asks a soak to end, the second ends it at once, any further one does nothing.

A KeyboardInterrupt may be raised between any two lines, also between the start of a process and the line that remembers
it, or in the middle of bringing a recording home. So while runs are supervised it is `held`: the signal is counted, and
the supervisor looks at the count where it can end. After the first nothing is raised at all any more: what follows is
the end, and it is the second that hastens it.
"""

from __future__ import annotations

import atexit
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupt(KeyboardInterrupt):
    """Raised for a signal.

    No KeyboardInterrupt itself: where one passes through an ``exec`` of text, by which imports make classes, CPython
    ends itself by SIGINT at its exit, even if it was caught.
    """


class _Interrupts:
    """How often this process was asked to end since it takes the signals, and how many hold them."""

    asked = 0
    holders = 0
    swallowed = False


@contextmanager
def taken(*, for_good: bool = False) -> Iterator[None]:
    """Take the signals inside, as a whole program should; threads other than the main one cannot. Ignored ones stay so.

    Afterwards they mean what they meant before; where one came, or it was `for_good`, nothing: what the program returns
    is its exit code.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _Interrupts.asked, _Interrupts.swallowed = 0, False
    held_before = _Interrupts.holders
    atexit.register(_ignore)  # while the interpreter ends, a handler of Python's own means to be killed
    former = {number: signal.getsignal(number) for number in SIGNALS}
    heard = {number: handler for number, handler in former.items() if handler not in (signal.SIG_IGN, None)}
    for number in heard:
        signal.signal(number, _count)
    told_before = sys.unraisablehook

    def tell(unraisable: sys.UnraisableHookArgs) -> None:
        if isinstance(unraisable.exc_value, Interrupt):
            _Interrupts.swallowed = True
        else:
            told_before(unraisable)

    sys.unraisablehook = tell
    try:
        yield
    finally:
        over()
        sys.unraisablehook = told_before
        for number, handler in heard.items():  # one of Python's own would be taken back at the interpreter's end
            signal.signal(number, signal.SIG_IGN if _Interrupts.asked or for_good else handler)
        _Interrupts.holders = held_before


def over() -> None:
    """Raise nothing for signals any more until those that are taken are given back: all is done, the code is known."""
    _Interrupts.holders += 1


def _ignore() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _count(*_: object) -> None:
    _Interrupts.asked += 1
    if _Interrupts.asked == 1 and not _Interrupts.holders:
        raise Interrupt


def asked() -> int:
    """How often this process was asked to end; 0 where the signals are not taken."""
    return _Interrupts.asked


def check() -> None:
    """Raise KeyboardInterrupt where this process was asked to end."""
    if _Interrupts.asked:
        raise Interrupt


def raise_swallowed() -> None:
    """Raise the KeyboardInterrupt that came while an object was being destroyed, from where nothing can be raised."""
    if _Interrupts.swallowed:
        _Interrupts.swallowed = False
        raise Interrupt


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
