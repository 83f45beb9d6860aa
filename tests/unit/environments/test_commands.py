"""A program that makes something ends with whoever waits for it, with all that it started."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import psutil
import pytest

from harness.environments.commands import carry_out, last_line

LONGEST_S = 60.0


def shell(script: str) -> list[str]:
    return ["/bin/sh", "-c", script]


def test_it_is_told_how_it_ended_and_what_it_said_last() -> None:
    told = carry_out(shell("echo here; echo first >&2; echo second >&2; exit 3"), patience_s=LONGEST_S)
    assert (told.returncode, told.stdout, last_line(told)) == (3, "here\n", "second")
    assert last_line(carry_out(shell("exit 1"), patience_s=LONGEST_S)) == "no word"


@pytest.mark.parametrize("raised", [KeyboardInterrupt, subprocess.TimeoutExpired("sh", LONGEST_S)])
def test_whoever_stops_waiting_takes_along_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: BaseException
) -> None:
    started = tmp_path / "started"
    os.mkfifo(started)
    pids: list[int] = []

    def interrupted(process: subprocess.Popen[str], **_: object) -> None:
        pids.extend([process.pid, int(started.read_text())])  # waits until somebody writes
        raise raised

    monkeypatch.setattr(subprocess.Popen, "communicate", interrupted)
    with pytest.raises(KeyboardInterrupt if raised is KeyboardInterrupt else TimeoutError):
        carry_out(shell(f"sleep 600 & echo $! > {started}; wait"), patience_s=LONGEST_S)
    assert len(pids) == 2
    for pid in pids:
        try:
            psutil.Process(pid).wait(LONGEST_S)
        except psutil.NoSuchProcess:
            continue


def test_a_full_disk_is_no_fault_of_the_command() -> None:
    full = os.strerror(errno.ENOSPC)
    with pytest.raises(OSError, match=full) as refused:
        carry_out(shell(f"echo 'error: a.py: {full}' >&2; echo 'fatal: no index' >&2; exit 1"), patience_s=LONGEST_S)
    assert refused.value.errno == errno.ENOSPC
    assert carry_out(shell(f"echo '{full}' >&2"), patience_s=LONGEST_S).returncode == 0
