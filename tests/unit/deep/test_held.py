"""From an owner's path back to what it holds: the same places and the same bytes as the walk that named it."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections import Counter
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from harness.deep import held
from harness.deep.held import Holdings
from harness.probes.owners import find_roots, walk

MODULE = """
from collections import deque
from functools import lru_cache
import numpy as np

SEEN = {}

def remember():
    seen = []
    def handler(item):
        seen.append(item)
    return handler

@lru_cache(maxsize=None)
def parse(number):
    return [float(number + place) for place in range(40)]

class Part:
    def __init__(self):
        self.rows = []

class Link:
    def __init__(self, rows, after):
        self.rows = rows
        self.next = after

class Target:
    history = []
    def __init__(self):
        self.keep = remember()
        self.recent = deque(([] for _ in range(16)), maxlen=16)
        self.parts = {symbol: Part() for symbol in "AB"}
        self.vectors = []
        self.head = None
        self.kinds = []
    def default(self, item, known=[]):
        known.append(item)
    async def pump(self, queue):
        received = []
        while True:
            received.append(await queue.get())
"""


def item(number: int) -> list[float]:
    return [float(number + place) for place in range(40)]


@pytest.fixture
def mine() -> Iterator[Any]:
    module = ModuleType("mine_held")
    sys.modules["mine_held"] = module
    exec(compile(MODULE, "mine_held.py", "exec"), vars(module))
    yield module
    del sys.modules["mine_held"]
    vars(module).clear()
    gc.collect()  # a class that outlives its module counts as made at run time


def fill(where: str, module: Any, target: Any) -> None:
    for number in range(400):
        kept = item(number)
        match where:
            case "closure":
                target.keep(kept)
            case "class":
                target.history.append(kept)
            case "default":
                target.default(kept)
            case "module":
                module.SEEN[number] = kept
            case "cache":
                module.parse(number)
            case "deque":
                target.recent[number % 16].extend(kept)
            case "part":
                target.parts["A"].rows.append(kept)
            case "views":
                target.vectors.append(np.zeros(100)[:1])
            case "chain":
                target.head = module.Link(kept, target.head)
            case "made":
                target.kinds.append(type(f"Row{number}", (), {"__module__": "mine_held", "rows": [kept]}))


@pytest.mark.parametrize(
    ("where", "path"),
    [
        ("closure", "keep.<closure seen>[*]"),
        ("class", "mine_held.Target.history[*]"),
        ("default", "mine_held.Target.default.<default>[*]"),
        ("module", "mine_held.SEEN[*]"),
        ("cache", "mine_held.parse.<cache>[*]"),
        ("deque", "recent[*][*]"),
        ("part", "parts[*].rows[*]"),
        ("views", "vectors[*]"),
        ("chain", "head.next.rows[*]"),
        ("made", "kinds[*]"),
    ],
)
def test_what_a_hidden_place_holds_weighs_what_the_walk_says(mine, where: str, path: str) -> None:
    target = mine.Target()
    fill(where, mine, target)
    roots = find_roots(target, "mine_held:Target")
    owner = walk(roots, seed=1)[0]
    assert owner.path == path
    paths = [one.path for one in walk(roots, seed=1)]
    holdings = Holdings(roots, paths)
    assert holdings.elements(path)
    assert sum(size for _, _, size in Holdings(roots, paths).weigh(path)) == pytest.approx(owner.bytes, rel=0.05)


def test_what_the_frame_of_a_task_holds(mine) -> None:
    async def pumped() -> tuple[float, float]:
        target, queue = mine.Target(), asyncio.Queue[list[float]]()
        task = asyncio.create_task(target.pump(queue))
        for number in range(400):
            queue.put_nowait(item(number))
        await asyncio.sleep(0)
        roots = find_roots(target, "mine_held:Target", ignore=[asyncio.current_task()])
        owner = walk(roots, seed=1)[0]
        assert owner.path.startswith("<task Target.pump>.")
        weighed = sum(size for _, _, size in Holdings(roots, [owner.path]).weigh(owner.path))
        task.cancel()
        return weighed, owner.bytes

    weighed, walked = asyncio.run(pumped())
    assert weighed == pytest.approx(walked, rel=0.05)


class Holder:
    def __init__(self, rows: list[Any], other: Any = None) -> None:
        self.rows = rows
        self.other = other


def test_what_belongs_to_another_owner_is_left_to_it() -> None:
    roots = {"": Holder([], Holder([item(number) for number in range(100)]))}
    alone = sum(size for _, _, size in Holdings(roots).weigh("other"))
    apart = sum(size for _, _, size in Holdings(roots, ["other", "other.rows[*]"]).weigh("other"))
    assert alone > 100_000
    assert apart < 1000


def test_an_object_that_two_refer_to_counts_half_and_the_way_back_up_not_at_all() -> None:
    shared = bytearray(8000)
    target = Holder([], shared)
    target.rows.append([shared, target])
    del shared
    found = Counter[str]()
    for _, obj, size in Holdings({"": target}).weigh("rows[*]"):
        found[type(obj).__name__] += round(size)
    assert found["bytearray"] == pytest.approx(4000, rel=0.03)
    assert "Holder" not in found


def test_a_path_that_is_gone_or_only_begins_alike_holds_nothing() -> None:
    roots = {"": Holder([item(1)])}
    assert Holdings(roots).elements("row[*]") == []
    assert Holdings(roots).elements("rows[*].x") == []
    assert len(Holdings(roots).elements("rows[*]")) == 1
    assert Holdings(roots).elements("(unattributed)") == []


def test_of_many_elements_a_part_stands_for_all_and_the_table_counts_as_much(monkeypatch) -> None:
    target = Holder([[float(number)] for number in range(5000)])
    roots = {"": target}

    def shares() -> Counter[str]:
        found = Counter[str]()
        for element, _, size in Holdings(roots).weigh("rows[*]"):
            found["table" if element is target.rows else "rows"] += size  # type: ignore[assignment]
        return found

    whole = shares()
    monkeypatch.setattr(held, "MOST_ELEMENTS", 1000)
    monkeypatch.setattr(held, "MOST_OBJECTS", 500)
    part = shares()
    assert part["rows"] < 0.1 * whole["rows"]
    assert part["table"] / part["rows"] == pytest.approx(whole["table"] / whole["rows"], rel=0.05)
