"""Running a program that makes something (git, pip, venv): alone in its session, so that it ends with whoever waits."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

_running: set[subprocess.Popen[str]] = set()
_ended = threading.Event()
"""Set while what threads carry out is ended: they begin nothing more."""

_FULL = (errno.ENOSPC, errno.EDQUOT)


def carry_out(
    command: Sequence[str], *, env: Mapping[str, str] | None = None, folder: Path | None = None, patience_s: float
) -> subprocess.CompletedProcess[str]:
    """Run a command in `folder`, the current one at first, with nothing to read; returns its code and what it printed.

    Ctrl-C is this process's to answer: then, and when it takes too long, the command and all in its session are killed.
    Raises FileNotFoundError where there is no such program, TimeoutError after `patience_s` real seconds, and another
    OSError where it failed and says that a disk is full.
    """
    with subprocess.Popen(
        command,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        _running.add(process)
        try:
            if _ended.is_set():
                raise KeyboardInterrupt
            printed, complained = process.communicate(timeout=patience_s)
        except BaseException as error:
            _kill(process)
            if isinstance(error, subprocess.TimeoutExpired):
                raise TimeoutError(f"not done after {patience_s:g} s") from None
            raise
        finally:
            _running.discard(process)
    if process.returncode:
        for number in _FULL:
            if os.strerror(number) in complained or os.strerror(number) in printed:
                raise OSError(number, os.strerror(number))
    return subprocess.CompletedProcess(command, process.returncode, printed, complained)


def at_once(work: Callable[[Item], Outcome], items: Iterable[Item], threads: int) -> list[Outcome]:
    """What `work` makes of every item, several at once, each in a thread; in their order.

    Where one fails, and with Ctrl-C, which comes to the main thread alone, all that they carry out is killed first.
    """
    with ThreadPoolExecutor(threads) as pool:
        try:
            return list(pool.map(work, items))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            _ended.set()
            try:
                for process in list(_running):
                    _kill(process)
                pool.shutdown()
            finally:
                _ended.clear()
            raise


def _kill(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):  # all of it is gone already
        os.killpg(process.pid, signal.SIGKILL)


def last_line(told: subprocess.CompletedProcess[str]) -> str:
    """What a command that failed said last."""
    lines = (told.stderr.strip() or told.stdout.strip()).splitlines()
    return lines[-1] if lines else "no word"
