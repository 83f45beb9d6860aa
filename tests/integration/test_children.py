"""What the processes that a target started hold: recorded, judged beside it, and counted against the limit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.integration.conftest import Soaks

pytestmark = pytest.mark.soak

TARGET = """\
import asyncio, concurrent.futures, multiprocessing, pathlib, subprocess, sys, time

WRITER = '''
import sys, time
kept = []
for line in sys.stdin:
    kept.append(b"x" * int(line))
    if sys.argv[1] == "clean":
        kept.clear()
    until = time.perf_counter() + 0.01  # real time, in which it can be read
    while "dozing" in sys.argv and time.perf_counter() < until:
        time.sleep(0.001)
    while time.perf_counter() < until:
        pass
    print("ok", flush=True)
'''
SHELL = '''
import subprocess, sys
sys.exit(subprocess.run([sys.executable, *sys.argv[1:]]).returncode)
'''

def worker(pipe, keeps):
    kept = []
    while (size := pipe.recv()):
        kept.append(b"x" * size)
        if not keeps:
            kept.clear()
        time.sleep(0.01)
        pipe.send("ok")

KEPT = []

def keep_in_a_pool(size, keeps):
    KEPT.append(b"x" * size)
    if not keeps:
        KEPT.clear()
    time.sleep(0.01)

def command(folder, keeps, nested=False):
    (folder / "writer.py").write_text(WRITER)
    (folder / "shell.py").write_text(SHELL)
    script = ["shell.py", "writer.py"] if nested else ["-mwriter"]
    return [sys.executable, *script, "leaking" if keeps else "clean"]

def dozing(*command_of):
    return [*command(*command_of), "dozing"]

class Popen:
    def __init__(self, *command_of):
        self.child = subprocess.Popen(command(*command_of), cwd=command_of[0], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)
    async def keep(self, size):
        print(size, file=self.child.stdin, flush=True)
        self.child.stdout.readline()
    async def end(self):
        self.child.communicate()

class Asyncio:
    def __init__(self, folder, words):
        self.folder, self.words, self.child = folder, words, None
    async def keep(self, size):
        if self.child is None:
            self.child = await asyncio.create_subprocess_exec(
                *self.words, cwd=self.folder, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        self.child.stdin.write(b"%d\\n" % size)
        assert await self.child.stdout.readline() == b"ok\\n"
    async def end(self):
        if self.child is not None:
            self.child.stdin.close()  # without input, communicate() of Python 3.11 leaves it open
            await self.child.communicate()

class Multiprocessing:
    def __init__(self, method, keeps):
        started = multiprocessing.get_context(method)
        self.pipe, theirs = started.Pipe()
        self.child = started.Process(target=worker, args=(theirs, keeps), daemon=True)
        self.child.start()
    async def keep(self, size):
        self.pipe.send(size)
        self.pipe.recv()
    async def end(self):
        self.pipe.send(0)
        self.child.join()

class Pool:
    def __init__(self, keeps):
        self.keeps = keeps
        self.pool = concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("fork"))
    async def keep(self, size):
        await asyncio.get_running_loop().run_in_executor(self.pool, keep_in_a_pool, size, self.keeps)
    async def end(self):
        self.pool.shutdown()

class Target:
    def __init__(self, params, environment):
        self.params, self.folder = params, pathlib.Path(environment.data_dir)
    def start(self):
        kind, keeps = self.params["kind"], self.params["gb_per_hour"] > 0
        if kind in ("spawn", "fork"):
            self.child = Multiprocessing(kind, keeps)
        elif kind == "pool":
            self.child = Pool(keeps)
        elif kind == "asyncio":
            self.child = Asyncio(self.folder, command(self.folder, keeps))
        elif kind == "dozing":
            self.child = Asyncio(self.folder, dozing(self.folder, keeps))
        else:
            self.child = Popen(self.folder, keeps, kind == "nested")
        self.task = asyncio.create_task(self.cycle())
    async def cycle(self):
        while True:
            await asyncio.sleep(30)
            await self.child.keep(int((self.params["gb_per_hour"] or 0.076) * 1e9 / 120))
    def on_book(self, book): pass
    async def stop(self):
        self.task.cancel()
        await self.child.end()

def build(params, environment):
    return Target(params, environment)
"""

CLAIMS = """\
[configs.only]
kind = "{kind}"
gb_per_hour = {gb_per_hour}
[[claims]]
name = "its children do not leak"
metric = "leak.children"
configs = ["only"]
expected = ["open", 1.0]
better = "lower"
kind = "prediction"
source = "test"
[[claims]]
name = "all of it fits"
metric = "peak.tree"
configs = ["only"]
expected = ["open", 2.0]
better = "lower"
kind = "prediction"
source = "test"
"""


def of_kind(soaks: Soaks, kind: str, gb_per_hour: float, **world: Any) -> Path:
    """Five hours of a target that does nothing but tell one process every 30 s to take memory, and maybe to keep it."""
    soaks.target(TARGET)
    settings = {
        "seeds": 2, "hours": 5.0, "symbols": 2, "books_per_second": 0.2, "warmup_minutes": 20, "scale": 1.0,
        "baseline_gb": 0.3, "limit_gb": 2.0, "factory": "mine:build",
    }  # fmt: skip
    return soaks.scenario(CLAIMS.format(kind=kind, gb_per_hour=gb_per_hour), **(settings | world))


def outcomes(soaks: Soaks) -> dict[str, str]:
    return {leak["measure"]: leak["verdict"] for leak in soaks.verdict()["leaks"]}


@pytest.mark.long
@pytest.mark.parametrize(
    ("kind", "command"),
    [
        ("popen", "python -m writer"),
        ("nested", "python writer.py"),
        ("spawn", "python (multiprocessing)"),
        ("fork", "python (multiprocessing)"),
        ("asyncio", "python -m writer"),
        ("pool", "python (multiprocessing)"),
    ],
)
def test_a_process_that_leaks_beside_a_clean_target_is_found_and_named(soaks: Soaks, kind: str, command: str) -> None:
    ended = soaks.soak("run", of_kind(soaks, kind, 0.076))
    assert ended.returncode == 1, ended.stdout + ended.stderr
    found = outcomes(soaks)
    wanted = {"rss": "OK", "live": "OK", "children": "LEAK", "tree": "LEAK"}
    assert found | wanted == found, [leak for leak in soaks.verdict()["leaks"] if leak["measure"] in wanted]
    children = next(leak for leak in soaks.verdict()["leaks"] if leak["measure"] == "children")
    assert children["slope"] == pytest.approx(0.076, rel=0.1)
    assert children["command"]["command"] == command
    assert children["command"]["gb_per_hour"] == pytest.approx(0.076, rel=0.1)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["popen", "nested", "spawn", "fork", "asyncio", "pool"])
def test_a_process_that_keeps_nothing_is_none(soaks: Soaks, kind: str) -> None:
    ended = soaks.soak("run", of_kind(soaks, kind, 0))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found = outcomes(soaks)
    assert (found["rss"], found["children"], found["tree"]) == ("OK", "OK", "OK")
    table = pd.read_parquet(soaks.run_folder("only") / "children.parquet")
    assert set(table["t_s"]) <= set(soaks.samples("only")["t_s"])
    assert table.loc[table["t_s"] < 18000, "count"].min() == 1
    # RSS of what was forked counts pages of the target, and of its PSS only a share: the ballast is not among them
    assert table["pss_bytes"].max() < 60e6


@pytest.mark.long
def test_a_child_that_virtual_time_cannot_follow_is_never_said_not_to_leak(soaks: Soaks) -> None:
    """It dozes between request and reply, so that it hears less than half of the requests of a virtual hour."""
    ended = soaks.soak("run", of_kind(soaks, "dozing", 0.076))
    found = outcomes(soaks)
    assert found["rss"] == "OK"
    assert found["children"] in ("INCONCLUSIVE", "LEAK"), ended.stdout
    if found["children"] == "INCONCLUSIVE":
        assert ended.returncode == 4
        text = " ".join(ended.stdout.split())
        assert "python -m writer lives in real time" in text
        assert "Next: --clock=real" in text


def test_a_run_whose_processes_reach_the_limit_ends_there_like_one_that_does_itself(soaks: Soaks) -> None:
    ended = soaks.soak("run", of_kind(soaks, "popen", 1.0, limit_gb=1.0))
    assert ended.returncode in (1, 4), ended.stdout + ended.stderr
    facts = soaks.facts("only")
    assert facts["status"] == "limit"
    reason = "RSS with children reached the machine's limit of 1000 MB; the largest child: python -m writer"
    assert facts["reason"] == reason
    limit = soaks.events("only")[-1]
    assert limit["kind"] == "limit"
    assert limit["tree_bytes"] > 1e9
    assert facts["peak_tree_bytes"] > 0.9e9
    assert facts["peak_rss_bytes"] < 0.4e9
    found = soaks.verdict()["limits"]["only"]
    assert (found["gb"], found["reached"]) == (1.0, True)
    assert 0.65 < found["hours"] < 5  # it goes on until it is seen, in real time
