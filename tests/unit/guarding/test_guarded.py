"""Real processes under a guardian: whatever they do, all of them end with it, and how they ended is known."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from harness.guarding.guarded import Guarded

PATIENCE_S = 60.0
"""Only what hangs takes longer, however busy the machine is."""

WRITER = "import os, signal, sys, time; {first}; open(sys.argv[1], 'a').write(f'{{os.getpid()}}\\n'); time.sleep(900)"

DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open(sys.argv[1], 'a').write(f'{os.getpid()}\\n')
        time.sleep(900)
    os._exit(0)
"""

POPEN = "subprocess.Popen([sys.executable, '-c', {code}, PIDS])"
FAMILY = "subprocess.Popen(['/bin/sh', '-c', '\"$0\" -c \"$1\" \"$2\"; true', sys.executable, WRITER, PIDS])"
PROCESS = "multiprocessing.get_context('{method}').Process(target=children.write, args=(PIDS,)).start()"

START = {
    "Popen": POPEN.format(code="WRITER"),
    "a session of its own": "subprocess.Popen([sys.executable, '-c', WRITER, PIDS], start_new_session=True)",
    "ignores SIGTERM": POPEN.format(code="DEAF"),
    "a daemon": POPEN.format(code="DAEMON"),
    "a child with a child": FAMILY,
    "asyncio": "asyncio.run(asyncio.create_subprocess_exec(sys.executable, '-c', WRITER, PIDS))",
    "multiprocessing, spawn": PROCESS.format(method="spawn"),
    "multiprocessing, fork": PROCESS.format(method="fork"),
    "a pool": "POOL.append(multiprocessing.get_context('spawn').Pool(1)); POOL[0].apply_async(children.write, (PIDS,))",
}
"""What starts one process that writes its pid into the file PIDS, then waits for ever."""

PROGRAM = """
import asyncio, ctypes, multiprocessing, os, signal, subprocess, sys, time
import children
WRITER, DEAF, DAEMON = children.WRITER, children.DEAF, children.DAEMON
PIDS, POOL = sys.argv[1], []
if __name__ == "__main__":
    {code}
"""

CHILDREN = """
import os, time
WRITER, DEAF, DAEMON = {codes!r}
def write(path):
    open(path, 'a').write(f'{{os.getpid()}}\\n')
    time.sleep(900)
"""

STAY = "time.sleep(900)"
STUBBORN = (
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n"
    "    ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)\n"
)
"""Ignores and masks signals, and takes its parent-death signal back."""


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "another process did not come to what was waited for"
        time.sleep(0.01)


class Programs:
    """Programs in a folder of their own, and the processes that they said they are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pids_file = folder / "pids"
        self.log = folder / "log"
        codes = (WRITER.format(first="0"), WRITER.format(first="signal.signal(15, signal.SIG_IGN)"), DAEMON)
        (folder / "children.py").write_text(CHILDREN.format(codes=codes))

    def command(self, *lines: str) -> list[str]:
        """A program of these lines, each one statement."""
        (self.folder / "program.py").write_text(PROGRAM.format(code="\n    ".join(lines)))
        return [sys.executable, str(self.folder / "program.py"), str(self.pids_file)]

    def guarded(self, *lines: str) -> Guarded:
        with self.log.open("wb") as log:
            return Guarded(self.command(*lines), output=log, env=dict(os.environ))

    def said(self) -> list[int]:
        """The pids in the file, of whole lines."""
        text = self.pids_file.read_text() if self.pids_file.exists() else ""
        return [int(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def alive(self) -> list[int]:
        """What is in the process table with this folder on its command line, or said its pid: zombies as well."""
        return [
            process.pid
            for process in psutil.process_iter(["cmdline"])
            if process.pid in self.said() or any(str(self.folder) in word for word in process.info["cmdline"] or ())
        ]


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    programs = Programs(tmp_path)
    yield programs
    for pid in programs.alive():  # a failed test must not leave a process behind
        os.kill(pid, signal.SIGKILL)


def wait(guarded: Guarded) -> None:
    assert guarded.wait(PATIENCE_S)


@pytest.mark.parametrize(
    ("code", "returncode"),
    [
        ("pass", 0),
        ("sys.exit(7)", 7),
        ("os._exit(74)", 74),
        ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("ctypes.string_at(0)", -signal.SIGSEGV),
        ("os.abort()", -signal.SIGABRT),
    ],
)
def test_how_the_process_ended_is_told(programs: Programs, code: str, returncode: int) -> None:
    guarded = programs.guarded(code)
    wait(guarded)
    assert (guarded.returncode, guarded.guardian_returncode, guarded.outlived) == (returncode, 0, [])


def test_the_process_is_as_if_its_supervisor_had_started_it(programs: Programs) -> None:
    guarded = programs.guarded(
        "print(os.getpid(), os.getsid(0), os.getpgid(0), signal.pthread_sigmask(signal.SIG_BLOCK, []))",
        "print([signal.getsignal(number) is signal.SIG_DFL for number in (15, 1, 17)], sys.stdin.read() == '')",
        "print(sorted(os.listdir('/proc/self/fd')))",
    )
    wait(guarded)
    pid = guarded.pid
    # the last descriptor is that of the listing
    said = [f"{pid} {pid} {pid} set()", "[True, True, True] True", "['0', '1', '2', '3']"]
    assert programs.log.read_text().splitlines() == said


def test_a_program_that_cannot_be_executed_says_so(programs: Programs) -> None:
    program = programs.folder / "children.py"
    with programs.log.open("wb") as log:
        guarded = Guarded([str(program)], output=log, env={})
        with pytest.raises(FileNotFoundError, match="/no/such/program"):
            Guarded(["/no/such/program"], output=log, env={})
    wait(guarded)
    assert guarded.returncode == 127
    assert programs.log.read_text() == f"{program}: Permission denied\n"


@pytest.mark.parametrize("start", START.values(), ids=START.keys())
def test_what_outlives_a_process_is_ended_and_named(programs: Programs, start: str) -> None:
    guarded = programs.guarded(
        start, "while not os.path.exists(PIDS) or not open(PIDS).read().strip(): time.sleep(0.01)", "os._exit(0)"
    )
    wait(guarded)
    assert programs.alive() == []
    assert len(programs.said()) == 1
    assert guarded.returncode == 0
    assert guarded.outlived


def test_what_ends_with_the_process_is_not_named(programs: Programs) -> None:
    reader = "import sys; open(sys.argv[1], 'w').write('1\\n'); sys.stdin.read()"
    guarded = programs.guarded(f"subprocess.Popen([sys.executable, '-c', {reader!r}, PIDS], stdin=subprocess.PIPE)")
    wait(guarded)
    assert (guarded.returncode, guarded.outlived) == (0, [])


@pytest.mark.parametrize("start", START.values(), ids=START.keys())
def test_killing_it_ends_everything(programs: Programs, start: str) -> None:
    guarded = programs.guarded(start, STUBBORN, STAY)
    until(programs.said)
    guarded.kill()
    wait(guarded)
    assert programs.alive() == []
    assert guarded.returncode == -signal.SIGKILL


def test_asking_it_is_a_sigterm_that_it_may_handle(programs: Programs) -> None:
    guarded = programs.guarded(
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))", "open(PIDS, 'w').write(f'{os.getpid()}\\n')", STAY
    )
    until(programs.said)
    assert not guarded.ended()
    assert programs.said() == [guarded.pid]
    guarded.ask()
    wait(guarded)
    assert guarded.returncode == 5


def test_asking_it_before_it_has_begun_ends_it(programs: Programs) -> None:
    guarded = programs.guarded(STAY)
    guarded.ask()
    wait(guarded)
    assert guarded.returncode in (None, -signal.SIGTERM)
    assert programs.alive() == []


SUPERVISOR = """
import os, sys, time
from harness.guarding.guarded import Guarded
guarded = Guarded(sys.argv[1:], output=sys.stdout.buffer, env=dict(os.environ))
print(guarded._process.pid, flush=True)
time.sleep(900)
"""


@pytest.mark.parametrize("start", START.values(), ids=START.keys())
def test_nothing_outlives_a_killed_supervisor(programs: Programs, start: str) -> None:
    with subprocess.Popen([sys.executable, "-c", SUPERVISOR, *programs.command(start, STUBBORN, STAY)]) as supervisor:
        until(programs.said)
        supervisor.kill()
    until(lambda: programs.alive() == [])


def test_nothing_begins_where_the_supervisor_is_killed_at_once(programs: Programs) -> None:
    command = [sys.executable, "-c", SUPERVISOR, *programs.command(START["Popen"], STUBBORN, STAY)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as supervisor:
        assert supervisor.stdout is not None
        guardian = int(supervisor.stdout.readline())
        supervisor.kill()
    until(lambda: not psutil.pid_exists(guardian) or psutil.Process(guardian).status() == psutil.STATUS_ZOMBIE)
    assert programs.alive() == []


@pytest.mark.parametrize("start", START.values(), ids=START.keys())
def test_nothing_outlives_a_killed_guardian(programs: Programs, start: str) -> None:
    guarded = programs.guarded(start, STUBBORN, STAY)
    until(programs.said)
    guarded.ended()
    assert guarded.pid is not None
    os.kill(psutil.Process(guarded.pid).ppid(), signal.SIGKILL)
    wait(guarded)
    assert programs.alive() == []
    assert (guarded.returncode, guarded.guardian_returncode) == (None, -signal.SIGKILL)


def test_a_guardian_that_is_stopped_does_not_hold_the_end_up(programs: Programs) -> None:
    guarded = programs.guarded(STUBBORN, "open(PIDS, 'w').write(f'{os.getpid()}\\n')", STAY)
    until(programs.said)
    guarded.ended()
    assert guarded.pid is not None
    os.kill(psutil.Process(guarded.pid).ppid(), signal.SIGSTOP)
    guarded.end_now(0.1)
    assert programs.alive() == []


def test_the_guardian_is_small(programs: Programs) -> None:
    guarded = programs.guarded("open(PIDS, 'w').write(f'{os.getpid()}\\n')", STAY)
    until(programs.said)
    guarded.ended()
    assert guarded.pid is not None
    guardian = psutil.Process(guarded.pid).parent()
    assert guardian is not None
    assert guardian.memory_full_info().uss < 8e6
    guarded.end_now(PATIENCE_S)
