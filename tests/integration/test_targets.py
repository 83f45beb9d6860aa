"""What a target is told and given by the process that runs it: events, lives, environment, its own imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.conftest import ROOT, Soaks

pytestmark = pytest.mark.soak

FOLLOWER = """\
class Target:
    def __init__(self, params, environment):
        self.seen = {"deltas": 0, "reconnects": 0, "halts": 0, "resynced": 0}
        self.resyncing = set()
    def start(self): pass
    def stop(self): pass
    def on_delta(self, delta):
        self.seen["deltas"] += 1
        self.seen["resynced"] += delta.symbol in self.resyncing and len(delta.bids) == 50
        self.resyncing.discard(delta.symbol)
    def on_reconnect(self, reconnect):
        self.resyncing.add(reconnect.symbol)
        self.seen["halts" if reconnect.reason == "halt" else "reconnects"] += 1
    def counters(self):
        return self.seen
build = Target
"""


def test_a_target_is_told_of_reconnects_and_gets_a_snapshot_after_each(soaks: Soaks) -> None:
    soaks.target(FOLLOWER)
    faults = "[market.faults]\nreconnects_per_hour = 60\nhalts_per_hour = 30\nhalt_s = 2.5\n[configs.only]\n"
    ended = soaks.soak("run", soaks.scenario(faults, factory="mine:build", seeds=2), "--quiet")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for seed in (1, 2):
        seen = soaks.facts("only", seed)["counters"]
        assert seen["deltas"] > 10_000 * 0.1 * 0.9
        # of six minutes and twelve seconds of five symbols; a halt may fall into the silence before a reconnect
        assert 28 <= seen["reconnects"] <= 35
        assert 12 <= seen["halts"] <= 20
        assert seen["resynced"] == seen["reconnects"] + seen["halts"]


FORGETFUL = """\
import asyncio
class Target:
    def __init__(self, params, environment):
        self.forgets, self.kept = params["forgets"], []
    async def start(self):
        self.task = asyncio.create_task(self.pump())
        self.file = open("/dev/zero", "rb")
    async def pump(self):
        while True:
            await asyncio.sleep(1)
    def on_candle(self, candle):
        self.kept.append(bytearray(100_000))
    def stop(self):
        self.task.cancel()
        self.file.close()
        if self.forgets:
            self.task = asyncio.create_task(self.pump())
            self.file = open("/dev/zero", "rb")
        else:
            self.kept.clear()
build = Target
"""


def test_a_target_is_started_and_stopped_in_one_process_and_what_stop_forgets_is_noted(soaks: Soaks) -> None:
    soaks.target(FORGETFUL)
    text = "[configs.tidy]\nforgets = false\n[configs.untidy]\nforgets = true\n"
    path = soaks.scenario(text, factory="mine:build", hours=0.5)
    path.write_text(path.read_text().replace("sample_every_s = 5", "sample_every_s = 5\nstarts = 5"))
    ended = soaks.soak("run", path, "--quiet")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    tidy, untidy = soaks.facts("tidy"), soaks.facts("untidy")
    assert list(tidy["restarts"]) == list(untidy["restarts"]) == ["1", "2", "3", "4", "5"]
    grown = {
        config: {
            name: facts["restarts"]["4"][name] - facts["restarts"]["1"][name]
            for name in ("live_bytes", "tasks", "open_files")
        }
        for config, facts in (("tidy", tidy), ("untidy", untidy))
    }
    assert grown["tidy"]["live_bytes"] < 100_000
    assert (grown["tidy"]["tasks"], grown["tidy"]["open_files"]) == (0, 0)
    # three lives of six minutes, five symbols, a candle a minute
    assert grown["untidy"]["live_bytes"] == pytest.approx(3 * 6 * 5 * 100_000, rel=0.02)
    assert (grown["untidy"]["tasks"], grown["untidy"]["open_files"]) == (3, 0)  # the file was replaced, and closed
    assert tidy["outlives"] == {"tasks": [], "timers": [], "threads": [], "open_files": []}
    assert untidy["outlives"] == {
        "tasks": ["Target.pump"] * 5,
        "timers": [],
        "threads": [],
        "open_files": ["/dev/zero"],
    }


def test_a_config_has_its_own_environment_and_is_left_out_where_a_library_is_missing(soaks: Soaks) -> None:
    text = """\
[configs.python]
[configs.glibc]
env = { PYTHONMALLOC = "malloc" }
[configs.absent]
env = { LD_PRELOAD = "libnosuchallocator.so.9" }
"""
    ended = soaks.soak("run", soaks.scenario(text, factory="harness.null_target:build"), "--quiet")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Left out: absent: libnosuchallocator.so.9 cannot be loaded here" in ended.stdout
    assert {run["config"] for run in soaks.verdict()["runs"]} == {"python", "glibc"}
    assert soaks.samples("python")["pymalloc_bytes"].notna().any()
    glibc = soaks.samples("glibc")
    assert glibc["pymalloc_bytes"].isna().all()
    assert glibc["live_bytes"].notna().any()
    assert soaks.facts("glibc")["env"] == {"PYTHONMALLOC": "malloc"}


def test_a_module_in_the_current_folder_does_not_hide_the_standard_library(soaks: Soaks) -> None:
    (soaks.folder / "queue.py").write_text("raise RuntimeError('the wrong queue')\n")
    environment = {**soaks.environment(), "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [Path(sys.executable).parent / "soak", "run", soaks.scenario(hours=0.05), "--quiet"],
        cwd=soaks.folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


REACHING_OUTSIDE = """\
import asyncio, os
import telegramme
TOKEN = os.environ["BOT_TOKEN"]
class Bot(telegramme.Bot):
    def __init__(self):
        super().__init__(TOKEN)
        self.sent = 0
    async def tell(self, text):
        await self.send_message(text)
        self.sent += 1
class Target:
    def __init__(self, params, environment):
        self.bot, self.received = Bot(), 0
        self.file = open("told.jsonl", "a")
    async def start(self):
        self.task = asyncio.create_task(self.receive())
    async def receive(self):
        while True:
            await self.bot.get_updates()
            self.received += 1
    async def on_candle(self, candle):
        await self.bot.tell(candle.symbol)
        print(1, file=self.file)
    def stop(self):
        self.task.cancel()
        self.file.close()
        open(os.path.expanduser("~/state.jsonl"), "w").close()
    def counters(self):
        return {"collected": self.bot.sent, "received": self.received}
build = Target
"""


@pytest.mark.long
def test_a_program_that_reaches_outside_is_soaked_unmodified_with_stand_ins(soaks: Soaks) -> None:
    soaks.target(REACHING_OUTSIDE)
    told = 'stand_ins = ["telegramme"]\nenvironment = { BOT_TOKEN = "none" }\nown_folder = true\n'
    told += 'persisted = "told.jsonl"\n'
    ended = soaks.soak("run", soaks.scenario(f"{told}[configs.old]\n", factory="mine:build"), "--quiet")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    facts = soaks.facts()
    assert facts["counters"]["collected"] == facts["on_disk"]["rows"] > 10
    assert 1000 < facts["counters"]["received"] < 100_000  # it goes on, and time does, too
    assert (facts["status"], facts["stand_ins"]) == ("complete", ["telegramme"])
    assert sorted(file.name for file in (soaks.run_folder() / "data").iterdir()) == ["state.jsonl", "told.jsonl"]
    assert not list(soaks.folder.glob("*.jsonl"))
