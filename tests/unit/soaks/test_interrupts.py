"""Ctrl-C and SIGTERM, sent for real: the first is raised where it may be, all are counted, none is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from harness.soaks import interrupts

BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """The handlers of the tests themselves come back, whatever becomes of those of a test."""
    former = {number: signal.getsignal(number) for number in interrupts.SIGNALS}
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield
    for number, handler in former.items():
        signal.signal(number, handler)


def ask(number: int) -> None:
    os.kill(os.getpid(), number)


@BOTH
def test_the_first_is_raised_at_once_and_no_further_one(number: int) -> None:
    with interrupts.taken():
        assert interrupts.asked() == 0
        with pytest.raises(KeyboardInterrupt):
            ask(number)
        for _ in range(2):
            ask(number)
        assert interrupts.asked() == 3


@BOTH
def test_what_is_held_is_raised_where_it_is_checked_for(number: int) -> None:
    with interrupts.taken(), pytest.raises(KeyboardInterrupt):
        hold_and_check(number)


@interrupts.held()
def hold_and_check(number: int) -> None:
    ask(number)  # not raised here
    with pytest.raises(KeyboardInterrupt):
        interrupts.check()


@interrupts.held()
def hold(error: Exception | None = None) -> None:
    ask(signal.SIGINT)
    if error is not None:
        raise error


@interrupts.held()
def hold_twice() -> None:
    with pytest.raises(KeyboardInterrupt):
        hold()


def test_what_is_held_is_raised_at_the_end_at_the_latest() -> None:
    with interrupts.taken():
        with pytest.raises(KeyboardInterrupt):
            hold_twice()
        assert interrupts.asked() == 1


class AsksWhenItGoes:
    def __del__(self) -> None:
        ask(signal.SIGINT)


def test_one_that_comes_while_an_object_is_destroyed_shows_no_traceback_and_is_raised_later(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = sys.unraisablehook
    with interrupts.taken():
        AsksWhenItGoes()
        assert interrupts.asked() == 1
        with pytest.raises(KeyboardInterrupt):
            interrupts.raise_swallowed()
        interrupts.raise_swallowed()
    assert capsys.readouterr().err == ""
    assert sys.unraisablehook is before


def test_an_error_goes_before_a_signal_that_is_held() -> None:
    with interrupts.taken(), pytest.raises(OSError, match="full"):
        hold(OSError("full"))


def test_the_handlers_come_back_unless_the_program_was_asked_to_end() -> None:
    former = signal.getsignal(signal.SIGINT)
    with interrupts.taken():
        pass
    assert signal.getsignal(signal.SIGINT) is former
    with interrupts.taken(), pytest.raises(KeyboardInterrupt):
        ask(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    ask(signal.SIGINT)


def test_a_program_that_caught_it_ends_as_it_says_wherever_it_was_raised() -> None:
    code = (
        "import os, sys\n"
        "from harness.soaks import interrupts\n"
        "with interrupts.taken():\n"
        "    try:\n"
        "        exec('os.kill(os.getpid(), 2)')\n"
        "    except KeyboardInterrupt:\n"
        "        sys.exit(3)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 3


def test_a_signal_while_the_interpreter_ends_does_not_change_the_exit_code() -> None:
    code = (
        "import os\n"
        "from harness.soaks import interrupts\n"
        "class Last:\n"
        "    def __del__(self, kill=os.kill, pid=os.getpid()):\n"
        "        kill(pid, 2)\n"
        "last = Last()\n"
        "with interrupts.taken():\n"
        "    pass\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in the background of a script
    with interrupts.taken():
        ask(signal.SIGINT)
        assert interrupts.asked() == 0
