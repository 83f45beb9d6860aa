"""Leaks in the places where nobody looks: each is named by its owner, or said to be unattributed, without any help."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.integration.conftest import Soaks

pytestmark = pytest.mark.soak

HEAD = """\
import asyncio
import ctypes
import gc
from collections import deque
from functools import lru_cache

class Base:
    def __init__(self, params, environment):
        self.books = 0
        self.prepare()
    def prepare(self): pass
    def start(self): pass
    def stop(self): pass
    def on_book(self, book):
        self.books += 1
        self.keep([float(self.books + place) for place in range(40)])
"""

LEAKS = {
    "closure": (
        """
def remember():
    seen = []
    def handler(item):
        seen.append(item)
    return handler
class Target(Base):
    def prepare(self):
        self.keep = remember()
""",
        "keep.<closure seen>[*]",
    ),
    "class attribute": (
        """
class Target(Base):
    history = []
    def keep(self, item):
        self.history.append(item)
""",
        "mine.Target.history[*]",
    ),
    "default argument": (
        """
class Target(Base):
    def keep(self, item, known=[]):
        known.append(item)
""",
        "mine.Target.keep.<default>[*]",
    ),
    "module global": (
        """
SEEN = {}
class Target(Base):
    def keep(self, item):
        SEEN[self.books] = item
""",
        "mine.SEEN[*]",
    ),
    "lru_cache": (
        """
@lru_cache(maxsize=None)
def parse(number):
    return [float(number + place) for place in range(40)]
class Target(Base):
    def keep(self, item):
        parse(self.books)
""",
        "mine.parse.<cache>[*]",
    ),
    "frame of a task": (
        """
class Target(Base):
    def prepare(self):
        self.queue = asyncio.Queue()
        self.keep = self.queue.put_nowait
    def start(self):
        self.task = asyncio.get_running_loop().create_task(self.pump())
    async def pump(self):
        received = []
        while True:
            received.append(await self.queue.get())
    def stop(self):
        self.task.cancel()
""",
        "<task Target.pump>.<local>[*]",
    ),
    "bounded deque of growing items": (
        """
class Target(Base):
    def prepare(self):
        self.recent = deque(([] for _ in range(16)), maxlen=16)
    def keep(self, item):
        self.recent.rotate(1)
        self.recent[0].extend(item)
""",
        "recent[*][*]",
    ),
}

UNATTRIBUTED = {
    "cycles with the collector off": """
class Node:
    pass
class Target(Base):
    def prepare(self):
        gc.disable()
    def keep(self, item):
        node = Node()
        node.item, node.me = item, node
    def stop(self):
        gc.enable()
""",
    "C memory": """
malloc = ctypes.CDLL(None).malloc
malloc.restype = ctypes.c_void_p
class Target(Base):
    def keep(self, item):
        malloc(ctypes.c_size_t(1500))
""",
}


def grown(soaks: Soaks, code: str) -> pd.Series:
    """Bytes by which each owner grew over the run, most first, and in all as live bytes tell it."""
    soaks.target(HEAD + code + "\nbuild = Target\n")
    # 20 a second and symbol at full scale are 10 in all: 10,800 books in 18 minutes, each keeps some 1.3 kB
    path = soaks.scenario("[configs.only]\n", factory="mine:build", hours=0.3, symbols=5)
    ended = soaks.soak("run", path, "--quiet")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    walks = pd.read_parquet(soaks.run_folder("only") / "owners.parquet")
    totals = walks[walks["symbol"] == ""]
    by_step = {step: found.groupby("path")["bytes"].sum() for step, found in totals.groupby("step")}
    return by_step["before"].sub(by_step["start"], fill_value=0).sort_values(ascending=False)


@pytest.mark.long
@pytest.mark.parametrize("place", LEAKS)
def test_a_hidden_leak_is_named(soaks: Soaks, place: str) -> None:
    code, owner = LEAKS[place]
    owners = grown(soaks, code)
    assert owners.index[0] == owner, owners.head()
    assert owners.sum() > 10_000_000
    assert owners.iloc[0] > 0.9 * owners.sum(), owners.head()


@pytest.mark.parametrize("place", UNATTRIBUTED)
def test_what_nothing_reaches_is_said_to_be_unattributed(soaks: Soaks, place: str) -> None:
    owners = grown(soaks, UNATTRIBUTED[place])
    assert owners.index[0] == "(unattributed)", owners.head()
    assert owners.sum() > 10_000_000
    assert owners.iloc[0] > 0.9 * owners.sum(), owners.head()
    words = soaks.soak("explain", "latest")
    assert words.returncode == 0, words.stderr
    assert "unattributed" in words.stdout
