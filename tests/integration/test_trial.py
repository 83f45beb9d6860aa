"""`soak try` and a soak without a file, for real."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Soaks

pytestmark = [pytest.mark.soak]

TARGET = """\
import asyncio, logging, threading, time

class Bot:
    def __init__(self, params, environment):
        self.environment, self.rows, self.queue = environment, 0, asyncio.Queue()
    async def start(self):
        self.task = asyncio.create_task(self.write())
    async def write(self):
        while True:
            await self.queue.get()
            time.perf_counter()
            self.rows += 1
            with open(self.environment.data_dir / "rows.csv", "a") as file:
                file.write("1\\n")
            if self.rows == 5:
                logging.getLogger("bot").error("no answer")
    def on_book(self, book):
        self.queue.put_nowait(book)
    async def stop(self): ...
    def counters(self):
        return {"collected": self.rows, "persisted": self.rows, "lost": 0}

class Blocks(Bot):
    async def start(self):
        while True: ...
"""


def test_a_trial_tells_how_a_target_lives_and_what_it_will_cost(soaks: Soaks) -> None:
    soaks.target(TARGET)
    ended = soaks.soak("try", "mine:Bot", "--symbols", 2, "--hours", 2, "--jobs", 1)
    told = " ".join(ended.stdout.split())
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for words in (
        "1 task (Bot.write)", "1 error", "bot: no answer (mine.py:16 in write)", "counters() collected",
        "time.perf_counter is real", "mine.py:11", "1 file in environment.data_dir", "0 lost: nothing is unaccounted",
        "1 task left pending by stop(): 1 x Bot.write", "Forecast: 3 runs, 1 at once", "for 2 hours and 2 symbols",
        "Next: ", "run mine:Bot --hours 2 --symbols 2",
    ):  # fmt: skip
        assert words in told, f"{words} in\n{ended.stdout}"
    assert not (soaks.folder / "results").exists()


def test_a_target_is_soaked_without_a_file_at_its_own_size(soaks: Soaks) -> None:
    soaks.target(TARGET)
    ended = soaks.soak("run", "mine:Bot", "--symbols", 2, "--hours", 0.05, "--seeds", 1)
    assert ended.returncode == 4, ended.stdout + ended.stderr  # three minutes do not decide
    facts = soaks.facts("target")
    assert (facts["baseline_bytes"], facts["ballast_bytes"]) == (0, 0)
    assert soaks.verdict()["scenario"] == "mine-Bot"
    verdicts = {claim["metric"]: claim["verdict"] for claim in soaks.verdict()["claims"]}
    assert verdicts["samples.lost"] == "met"


@pytest.mark.long
def test_a_target_that_never_yields_ends_a_trial_in_one_line_and_the_next_thing_to_do(soaks: Soaks) -> None:
    soaks.target(TARGET)
    ended = soaks.soak("try", "mine:Blocks", "--symbols", 2)
    assert ended.returncode == 3
    told = " ".join(ended.stdout.split())
    assert "virtual time stood still" in told
    assert "mine.py:25, in start" in told  # its loop, in one line
    assert "Next: await something in its loops" in told


@pytest.mark.long
def test_what_init_writes_runs_as_it_is(soaks: Soaks) -> None:
    written = soaks.soak("init", "own", "--kind", "messages", "--symbols", 2, "--hours", 0.05)
    assert written.returncode == 0, written.stdout + written.stderr
    scenario = (soaks.folder / "scenarios" / "own.toml").read_text(encoding="utf-8")
    assert "# takes: on_book" in scenario
    ended = soaks.soak("run", "own", "--seeds", 1)
    assert ended.returncode == 4, ended.stdout + ended.stderr
    assert soaks.facts("target")["counters"]["lost"] == 0
