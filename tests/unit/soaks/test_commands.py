"""Commands are shown short, and without what may be a secret."""

import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

import harness
from harness.command_line import MULTIPROCESSING, RESOURCE_TRACKER, own_command, short_command
from harness.soaks.commands import command_of

SPAWNED = "from multiprocessing.spawn import spawn_main; spawn_main(tracker_fd=5, pipe_handle=7)"
FORK_SERVER = "from multiprocessing.forkserver import main; main(5, 6, ['__main__'], **{})"
TRACKER = "from multiprocessing.resource_tracker import main;main(5)"


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["/usr/bin/python3.11", "-m", "writer", "--key", "hunter2"], "python -m writer"),
        (["python", "-P", "-um", "writer", "hunter2"], "python -m writer"),
        (["python", "-X", "dev", "-Wignore", "/srv/feed.py", "hunter2"], "python feed.py"),
        (["python", "-Xdev", "-W", "ignore", "feed.py"], "python feed.py"),
        (["python", "--check-hash-based-pycs=never", "feed.py"], "python feed.py"),
        (["python", "-c", "password = 'hunter2'"], "python -c"),
        (["python", "-", "hunter2"], "python"),
        (["/opt/pypy3.10", "feed.py"], "pypy feed.py"),
        (["python", "-c", SPAWNED, "--multiprocessing-fork"], MULTIPROCESSING),
        (["python", "-c", FORK_SERVER], MULTIPROCESSING),
        (["python", "-c", TRACKER], RESOURCE_TRACKER),
        (["python", "-P", "-m", "harness.worker.judged_run", "/results/x"], MULTIPROCESSING),
        (["/usr/bin/ffmpeg", "-i", "https://u:hunter2@host"], "ffmpeg"),
        (["node", "/srv/bridge.js", "hunter2"], "node bridge.js"),
        (["sh", "-c", "curl https://u:hunter2@host"], "sh"),
        (["python-config", "hunter2"], "python-config"),
        (["gunicorn:", "worker", "[hunter2]"], "gunicorn:"),
        (["/"], "/"),
    ],
)
def test_a_command_is_what_runs_without_its_arguments(arguments, command):
    assert short_command(arguments) == command


def wait_for_exec(process):
    """A process that is in the middle of exec has no command line."""
    until_s = time.monotonic() + 60
    while not process.cmdline():
        assert time.monotonic() < until_s


def test_the_command_of_a_process_is_told_while_it_lives_and_while_it_is_not_reaped():
    with subprocess.Popen([sys.executable, "-c", "input()", "hunter2"], stdin=subprocess.PIPE) as process:
        watched = psutil.Process(process.pid)
        wait_for_exec(watched)
        assert command_of(watched) == "python -c"
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert "python" in command_of(watched)
    with pytest.raises(psutil.NoSuchProcess):
        command_of(watched)


def test_a_spawned_worker_is_one_of_multiprocessing():
    worker = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
    worker.start()
    process = psutil.Process(worker.pid)
    try:
        wait_for_exec(process)
        assert command_of(process) == MULTIPROCESSING
    finally:
        worker.kill()
        worker.join()


def test_this_program_is_called_again_as_the_shell_would_find_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("here", "path"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "soak").write_text("#!/bin/sh\n")
        (tmp_path / folder / "soak").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    for called, again in (
        (str(tmp_path / "path" / "soak"), "soak"),
        ("here/soak", "here/soak"),
        (str(tmp_path / "here" / "soak"), "here/soak"),
        ("pytest", "soak"),
    ):
        monkeypatch.setattr("sys.argv", [called])
        assert own_command() == again
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("sys.argv", ["path/soak"])
    assert own_command() == "path/soak"
    monkeypatch.setattr("sys.argv", [str(Path(harness.__file__).parent / "__main__.py")])
    assert own_command().endswith(" -m harness")
