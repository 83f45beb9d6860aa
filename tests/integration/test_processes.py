"""Targets of more than one process: whatever ends a soak, nothing of it is left two seconds later."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from harness.command_line import MULTIPROCESSING
from harness.soaks.supervisor import POLL_S
from harness.worker.recorder import SAMPLE
from tests.integration.conftest import PATIENCE_S, Soaks, Until

pytestmark = pytest.mark.soak

TARGET = """\
import asyncio, multiprocessing, os, signal, subprocess, sys, time
import writer
class Target:
    def __init__(self, params, environment):
        self.real = "rehearsal" not in str(environment.data_dir)
        self.children = []
    async def start(self):
        if self.real:
            {start}
            while len(open("pids").readlines()) < {count}:
                time.sleep(0.01)
    def on_book(self, book):
        pass
    async def stop(self):
        pass
build = Target
"""

WRITER = """\
import os, signal, sys, time
def write(deaf=False):
    if deaf:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with open("pids", "a") as file:
        file.write(f"{os.getpid()}\\n")
    time.sleep(900)
if __name__ == "__main__":
    if sys.argv[1:] == ["parent"]:
        import subprocess
        child = subprocess.Popen([sys.executable, "-m", "writer", "deaf"])
    write("deaf" in sys.argv)
"""

WRITE = "[sys.executable, '-m', 'writer', 'hunter2']"
DEAF = "[sys.executable, '-m', 'writer', 'deaf']"
PARENT = "[sys.executable, '-m', 'writer', 'parent']"
STUBBORN = "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM]); "

ALL = "; ".join(
    [
        f"self.children.append(await asyncio.create_subprocess_exec(*{WRITE}))",
        f"self.children.append(subprocess.Popen({WRITE}))",
        f"subprocess.Popen({DEAF}, start_new_session=True)",
        f"subprocess.Popen({PARENT}, start_new_session=True)",
        "multiprocessing.get_context('spawn').Process(target=writer.write).start()",
        "multiprocessing.get_context('fork').Process(target=writer.write).start()",
        f"subprocess.Popen({WRITE}, start_new_session=True)",
    ]
)
"""Starts eight processes; one of them is a child's."""

BRIEF = {"hours": 0.002, "warmup_minutes": 0.01, "sample_every_s": 0.1}
LONG = {"hours": 50, "sample_every_s": 0.1}
"""Worlds in real time, so that it does not matter here whether a child holds virtual time."""


class Families(Soaks):
    """Soaks of targets with children that say their pids."""

    def family(self, start: str, count: int, **world: object) -> Path:
        """A scenario whose target starts `count` children."""
        self.target(TARGET.format(start=start, count=count))
        (self.folder / "writer.py").write_text(WRITER)
        (self.folder / "pids").write_text("")
        path = self.scenario(factory="mine:build", symbols=2, books_per_second=5.0, **world)
        text = path.read_text()
        for key, value in (("run_on_s", 0), ("settle_minutes", 0), ("cycle_s", 0.5)):
            text = re.sub(f"{key} = .*", f"{key} = {value}", text)
        path.write_text(text)
        return path

    def left(self) -> list[int]:
        """Processes of the soak that are still there: workers, and children that said their pids."""
        children = map(int, (self.folder / "pids").read_text().split())
        return [*self.workers(), *filter(psutil.pid_exists, children)]

    def judged(self) -> int:
        """The judged process: its forks have its command line, too."""
        workers = self.workers()
        (judged,) = [pid for pid in workers if psutil.Process(pid).ppid() not in workers]
        return judged

    def under_way(self, path: Path, until: Until) -> subprocess.Popen[str]:
        """A long soak of a target with children that has recorded something."""
        process = self.start("run", path, "--quiet", "--clock", "real")

        def recorded() -> bool:
            assert process.poll() is None, process.communicate()
            files = self.folder.glob("results/small/*/runs/old/seed-1/samples.bin")
            return any(file.stat().st_size > 10 * SAMPLE.itemsize for file in files)

        until(recorded)
        return process


@pytest.fixture
def families(tmp_path: Path) -> Iterator[Families]:
    families = Families(tmp_path)
    yield families
    for pid in families.left():  # a failed test must not leave a process behind
        os.kill(pid, signal.SIGKILL)


@pytest.mark.long
def test_what_outlives_stop_is_ended_and_named(families: Families) -> None:
    ended = families.soak("run", families.family(ALL, 8, **BRIEF), "--clock", "real")
    assert families.left() == []
    assert families.facts()["status"] == "complete", families.facts()
    assert families.facts()["outlived"] == [MULTIPROCESSING, "python -m writer"]
    told = f"outlived stop(): {MULTIPROCESSING}, python -m writer (old 1)"
    assert told in " ".join(ended.stdout.split()), ended.stderr
    assert "hunter2" not in ended.stdout
    again = families.soak("report", "latest", "--verbose")
    assert told in " ".join(again.stdout.split())


FORGETS = """\
import asyncio, subprocess, sys
class Target:
    def __init__(self, params, environment):
        self.folder = environment.data_dir
        self.books = 0
    async def start(self):
        (self.folder / "mirror.py").write_text("import sys; sys.stdin.read()")
        (self.folder / "closed.py").write_text("import sys; sys.stdin.read()")
        self.mirror, self.closed = (
            subprocess.Popen([sys.executable, self.folder / name], stdin=subprocess.PIPE)
            for name in ("mirror.py", "closed.py")
        )
        self.beat()
    def beat(self):
        self.books = 0
        asyncio.get_running_loop().call_later(20, self.beat)
    def on_book(self, book):
        self.books += 1
    async def stop(self):
        self.closed.terminate()
build = Target
"""


@pytest.mark.long
def test_what_would_end_with_the_target_and_a_chain_of_timers_are_named(families: Families) -> None:
    families.target(FORGETS)
    (families.folder / "pids").write_text("")
    ended = families.soak("run", families.scenario("[configs.old]\n", factory="mine:build", hours=0.05))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    facts = families.facts()
    assert facts["outlived"] == ["python mirror.py"]  # the other one was dying when stop() returned
    assert "left_running" not in facts
    assert facts["outlives"]["timers"] == ["Target.beat"]
    assert facts["still_alive"] == ["<timer Target.beat>._callback.__self__"]
    assert "outlived stop(): python mirror.py (old 1)" in " ".join(ended.stdout.split())
    explained = " ".join(families.soak("explain", "latest").stdout.split())
    assert "processes that outlive stop(): python mirror.py." in explained
    assert "timers that outlive stop(): Target.beat." in explained


@pytest.mark.long
def test_a_killed_worker_takes_its_children_along(families: Families, until: Until) -> None:
    process = families.under_way(families.family(ALL, 8, **LONG), until)
    os.kill(families.judged(), signal.SIGKILL)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 3, out + err
    assert families.left() == []
    assert (families.facts()["status"], families.facts()["reason"]) == ("died", "killed by SIGKILL")
    assert "outlived stop()" not in out  # it was not called


@pytest.mark.long
def test_nothing_outlives_a_killed_supervisor_whatever_the_target_does(families: Families, until: Until) -> None:
    process = families.under_way(families.family(STUBBORN + ALL, 8, **LONG), until)
    process.kill()
    process.communicate(timeout=PATIENCE_S)
    until(lambda: families.left() == [])
    again = families.soak("report", "latest")
    assert again.returncode == 3, again.stdout + again.stderr
    assert len(families.samples()) >= 10


@pytest.mark.parametrize("times", [1, 2, 3])
def test_ctrl_c_once_twice_thrice(families: Families, until: Until, times: int) -> None:
    # once it is asked to end the target ends; what masks SIGTERM ends when it is asked for twice
    first = STUBBORN if times > 1 else ""
    process = families.under_way(families.family(first + ALL, 8, **LONG), until)
    process.send_signal(signal.SIGINT)
    for number in [signal.SIGTERM, signal.SIGINT][: times - 1]:
        time.sleep(2 * POLL_S)  # signals that come together are one
        process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 3, out + err
    assert families.left() == []
    assert "Traceback" not in out + err
    assert "Interrupted: what was recorded until then is judged above." in out
    assert families.facts()["status"] == "interrupted"
    assert len(families.samples()) >= 10
    assert families.verdict()["status"] == "incomplete"
