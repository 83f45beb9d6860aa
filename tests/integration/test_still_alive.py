"""A target that something else still holds after it was dropped is said to be alive, and by which path."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Soaks

pytestmark = pytest.mark.soak

HEAD = """\
import asyncio
import threading

class Base:
    def __init__(self, params, environment):
        self.kept = []
        self.prepare()
    def prepare(self): pass
    def start(self): pass
    def stop(self): pass
    def on_book(self, book):
        if len(self.kept) < 3000:
            self.kept.append(bytearray(b"1") * 20_000)
"""

HELD = {
    "module global": (
        """
REGISTRY = {}
class Target(Base):
    def prepare(self):
        REGISTRY["bot"] = self
""",
        "mine.REGISTRY[*]",
    ),
    "closure": (
        """
HANDLERS = []
class Target(Base):
    def prepare(self):
        HANDLERS.append(lambda item: self.kept.append(item))
""",
        "mine.HANDLERS[*].<closure self>",
    ),
    "task": (
        """
class Target(Base):
    def start(self):
        self.task = asyncio.get_running_loop().create_task(self.watch())
    async def watch(self):
        while True:
            await asyncio.sleep(60)
""",
        "<task Target.watch>.self",
    ),
    "thread": (
        """
class Target(Base):
    def start(self):
        self.ended = threading.Event()
        threading.Thread(target=self.flush, name="flusher", daemon=True).start()
    def flush(self):
        self.ended.wait()
""",
        "<thread flusher>.self",
    ),
}

FREED = """
class Target(Base):
    def prepare(self):
        self.me = self
    def start(self):
        self.task = asyncio.get_running_loop().create_task(self.watch())
    async def watch(self):
        while True:
            await asyncio.sleep(60)
    async def stop(self):
        self.task.cancel()
        await asyncio.wait([self.task])
"""
"""Refers to itself and had a task; nothing outside of it is left."""

LATE = """
class Target(Base):
    def start(self):
        self.task = asyncio.get_running_loop().create_task(self.watch())
        self.stopped = asyncio.Event()
    async def watch(self):
        await self.stopped.wait()
        await asyncio.sleep(20)
    def stop(self):
        self.stopped.set()
"""
"""Its task goes on for twenty seconds after stop()."""


def run(soaks: Soaks, code: str) -> None:
    soaks.target(HEAD + code + "\nbuild = Target\n")
    ended = soaks.soak("run", soaks.scenario("[configs.only]\n", factory="mine:build", hours=0.05), "--quiet")
    assert soaks.facts("only")["status"] == "complete", ended.stdout + ended.stderr


@pytest.mark.long
@pytest.mark.parametrize("place", HELD)
def test_what_holds_the_target_is_named_where_dropping_it_is_told(soaks: Soaks, place: str) -> None:
    code, path = HELD[place]
    run(soaks, code)
    facts = soaks.facts("only")
    assert (facts["still_alive"], facts["outlived_drop"]) == ([path], True)
    steps = facts["stop"]
    assert steps["after_drop"]["live_bytes"] > 0.9 * steps["before"]["live_bytes"]  # it gave nothing back
    said = f"still alive after every reference to it was dropped: held by {path}"
    for command in (("explain", "latest"), ("report", "latest")):
        assert said in " ".join(soaks.soak(*command).stdout.split()), command
    assert soaks.verdict()["runs"][0]["still_alive"] == [path]


def test_of_a_target_that_is_gone_nothing_is_said(soaks: Soaks) -> None:
    run(soaks, FREED)
    assert (soaks.facts("only")["still_alive"], soaks.facts("only")["outlived_drop"]) == ([], False)
    assert "still alive" not in soaks.soak("explain", "latest").stdout


def test_a_target_that_goes_later_is_told_as_that(soaks: Soaks) -> None:
    run(soaks, LATE)
    assert (soaks.facts("only")["still_alive"], soaks.facts("only")["outlived_drop"]) == ([], True)
    said = "held by something that ended in the minutes after"
    assert said in " ".join(soaks.soak("explain", "latest").stdout.split())
