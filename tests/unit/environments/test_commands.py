"""A program that makes something ends with whoever waits for it, with all that it started."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import psutil
import pytest

from harness.environments.commands import at_once, carry_out, last_line

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


def test_several_at_once_are_done_in_their_order() -> None:
    def told(number: int) -> str:
        return carry_out(shell(f"echo {number}"), patience_s=LONGEST_S).stdout.strip()

    assert at_once(told, range(5), 2) == ["0", "1", "2", "3", "4"]


def test_where_one_fails_the_others_are_ended_and_begin_nothing_more(tmp_path: Path) -> None:
    started = tmp_path / "started"
    os.mkfifo(started)
    ended: list[str] = []

    def one(number: int) -> None:
        if number == 0:
            started.read_text()  # until the other has begun
            raise ValueError("the first")
        try:
            told = carry_out(shell(f"echo begun > {started}; sleep 600"), patience_s=LONGEST_S)
            ended.append(f"killed: {told.returncode}")
            carry_out(shell("echo more"), patience_s=LONGEST_S)
        except KeyboardInterrupt:
            ended.append("no more")
            raise

    with pytest.raises(ValueError, match="the first"):
        at_once(one, range(2), 2)
    assert ended in (["killed: -9", "no more"], ["no more"])  # it may be ended before it is waited for
    assert carry_out(shell("echo again"), patience_s=LONGEST_S).stdout == "again\n"
