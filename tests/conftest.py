"""What holds for all tests: signals mean what they mean to a program that a person started; no state is the user's."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator

import pytest

# A shell has what it starts in the background ignore Ctrl-C: tests that send it to themselves would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_SIGNALS = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

# What a CI is told is told of the soaks of its user, not of those of tests.
for variable in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
    os.environ.pop(variable, None)

_STATE = tempfile.TemporaryDirectory(prefix="soak-state-")  # it goes with this process
os.environ["XDG_STATE_HOME"] = _STATE.name


@pytest.fixture(autouse=True)
def signals_as_before() -> Iterator[None]:
    """A program that was asked to end ignores signals ever after: its test's process does not."""
    yield
    for number, handler in _SIGNALS.items():
        signal.signal(number, handler)
