"""A target that swallows its errors: they are counted, told, and of a killed run as well; a healthy one has none."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.integration.conftest import Soaks, Until

pytestmark = pytest.mark.soak

SWALLOWS = """\
import asyncio, logging, threading, warnings
from loguru import logger as modern
log = logging.getLogger("bot.exchange")
log.addHandler(logging.NullHandler())
log.propagate = False
class Dies:
    def __del__(self):
        raise ValueError("in a destructor")
def lose():
    raise KeyError("lost")
class Target:
    def __init__(self, params, environment):
        self.trouble, self.real = params["trouble"], "rehearsal" not in str(environment.data_dir)
        self.books = 0
    async def start(self):
        logging.basicConfig(level=logging.INFO, filename="/dev/null")
        assert len(logging.getLogger().handlers) == 1
        modern.remove()
        modern.add(lambda message: None, level="INFO")
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        self.task = asyncio.create_task(self.pump())
    async def pump(self):
        while True:
            await asyncio.sleep(1)
    async def wait(self):
        await asyncio.Future()
    async def die(self):
        raise KeyError("on the side")
    def on_book(self, book):
        self.books += 1
        if not self.trouble:
            return
        if self.books <= 155 or not self.real:
            try:
                raise ConnectionError("refused")
            except ConnectionError:
                log.exception("fetch %d failed", self.books)
        if self.books == 200 and self.real:
            modern.error("order {} refused", self.books)
            warnings.warn("an old interface")
            Dies()
            thread = threading.Thread(target=lose)
            thread.start()
            thread.join()
            asyncio.get_running_loop().call_soon(lambda: [][1])
            side = set()
            side.add(asyncio.create_task(self.die()))
            [*side][0].add_done_callback(side.discard)
    async def stop(self):
        self.task.cancel()
        if self.trouble:
            for _ in range(3):
                asyncio.create_task(self.wait())
                await asyncio.sleep(0)
build = Target
"""

CONFIGS = "[configs.swallows]\ntrouble = true\n[configs.sound]\ntrouble = false\n"


def at(code: str) -> str:
    """Where a line of the target stands: ``mine.py:12``."""
    (number,) = [number for number, line in enumerate(SWALLOWS.splitlines(), start=1) if line.strip().startswith(code)]
    return f"mine.py:{number}"


def one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.long
def test_what_a_target_swallows_is_counted_and_told_and_fails_nothing(soaks: Soaks) -> None:
    soaks.target(SWALLOWS)
    ended = soaks.soak("run", soaks.scenario(CONFIGS, factory="mine:build"))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    facts = soaks.facts("swallows")
    assert facts["status"] == "complete"
    found = {kind: count for kind, count in facts["trouble"]["totals"].items() if count}
    assert found == {"error": 156, "loop": 2, "thread": 1, "unraisable": 1, "warned": 1, "pending": 3}
    assert facts["trouble"]["unnamed"] == 0
    assert not (soaks.run_folder("swallows") / "trouble.bin").exists()
    sound = soaks.facts("sound")
    assert not any(sound["trouble"]["totals"].values())
    assert sound["outlives"]["tasks"] == []

    place = f"{at('log.exception')} in on_book"
    logged = f"156 errors logged, first: bot.exchange: fetch 1 failed: ConnectionError: refused ({place})"
    left = "3 tasks left pending by stop()"
    assert f"swallows: {logged}" in one_line(ended.stdout)
    assert "swallows: 4 exceptions that nobody caught, first: " in one_line(ended.stdout)
    assert f"swallows: {left}, first: Target.wait, created in Target.stop, {at('async def stop')}" in one_line(
        ended.stdout
    )
    assert "sound: " not in one_line(ended.stdout).split("Folder:")[0].partition("Trouble:")[2]
    runs = {run["config"]: (run["errors_logged"], run["errors_unhandled"]) for run in soaks.verdict()["runs"]}
    assert runs == {"swallows": (156, 4), "sound": (0, 0)}

    explained = one_line(soaks.soak("explain", "latest").stdout)
    assert f"{logged}; also 1 x mine: order 200 refused ({at('modern.error')} in on_book)." in explained
    assert f"1 warning, first: UserWarning: an old interface ({at('warnings.warn')})." in explained
    assert f"{left}: 3 x Target.wait, created in Target.stop, {at('async def stop')}." in explained
    assert f"Trouble: swallows: {logged}" in one_line(soaks.soak("report", "latest", "--verbose").stdout)


def test_a_claim_may_be_about_errors(soaks: Soaks) -> None:
    soaks.target(SWALLOWS)
    claim = (
        '[[claims]]\nname = "errors"\nmetric = "errors.logged"\nconfigs = ["swallows"]\nexpected = [0, 0]\n'
        'tolerance = 0\nbetter = "lower"\nkind = "prediction"\nsource = "the test"\n'
    )
    path = soaks.scenario("[configs.swallows]\ntrouble = true\n" + claim, factory="mine:build", hours=0.05, seeds=2)
    ended = soaks.soak("run", path)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert soaks.verdict()["claims"][0]["estimate"] == 156


def test_a_run_that_is_killed_tells_what_it_had_counted(soaks: Soaks, until: Until) -> None:
    soaks.target(SWALLOWS)
    process = soaks.start("run", soaks.scenario("[configs.old]\ntrouble = true\n", factory="mine:build", hours=500))
    samples = "results/small/*/runs/old/seed-1/samples.bin"

    def well_on() -> bool:
        return any(file.stat().st_size > 100_000 for file in soaks.folder.glob(samples))

    until(well_on)
    (worker,) = soaks.workers()
    os.kill(worker, signal.SIGKILL)
    out, err = process.communicate(timeout=400)
    assert process.returncode == 3, out + err
    facts = soaks.facts()
    assert facts["status"] == "died"
    assert facts["trouble"]["totals"]["error"] == 156
    assert "old: 156 errors logged, first: bot.exchange: fetch 1 failed" in one_line(out)


PRINTS = """\
class Target:
    def __init__(self, params, environment):
        self.books = 0
    def start(self): print("the first line", flush=True)
    def on_book(self, book):
        self.books += 1
        print("x" * 5000, flush=True)
    def stop(self): print("the last line", flush=True)
build = Target
"""


def test_a_log_of_many_megabytes_is_bounded_with_its_head_and_tail(soaks: Soaks) -> None:
    soaks.target(PRINTS)
    ended = soaks.soak("run", soaks.scenario(factory="mine:build"), "--quiet")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    log: Path = soaks.run_folder() / "worker.log"
    assert soaks.facts()["status"] == "complete"
    assert log.stat().st_size < 1_000_200
    lines = log.read_text().splitlines()
    assert (lines[0], lines[-1]) == ("the first line", "the last line")
    assert sum("bytes are left out here" in line for line in lines) == 1
