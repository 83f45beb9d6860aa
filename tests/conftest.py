"""What holds for all tests: signals mean what they mean to a program that a person started."""

from __future__ import annotations

import signal

# A shell that starts a job in the background has it ignore Ctrl-C, and all that it starts: tests that send it would wait.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
