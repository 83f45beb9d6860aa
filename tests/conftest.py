"""What holds for all tests: signals mean what they mean to a program that a person started."""

from __future__ import annotations

import signal

# A shell has what it starts in the background ignore Ctrl-C: tests that send it to themselves would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
