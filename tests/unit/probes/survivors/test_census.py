"""What keeps arenas mapped is named, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.probes.survivors.census import _survivors
from harness.probes.survivors.reachable import CODE, ELEMENT, KEY

ROOT = Path(__file__).parents[4]

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is judged on Linux")

# -- names -------------------------------------------------------------------------------------------------------------


def test_elements_and_what_they_hold_are_one_survivor() -> None:
    tuples, floats = ("app", ".SEEN", ELEMENT), ("app", ".SEEN", ELEMENT, ELEMENT)
    assert _survivors([tuples, floats], [748, 1496]) == ["app.SEEN[*]"] * 2


def test_a_survivor_is_named_where_nearly_all_of_it_lies() -> None:
    pipelines, cache = ("app", ".pipelines", ELEMENT), ("app", ".pipelines", ELEMENT, "._cache", ELEMENT)
    assert _survivors([pipelines, cache, (*cache, ELEMENT)], [5, 400, 600]) == ["app.pipelines[*]._cache[*]"] * 3
    history = ("app", ".pipelines", ELEMENT, ".history", ELEMENT)
    assert _survivors([cache, history], [500, 500]) == ["app.pipelines[*]"] * 2


def test_keys_are_told_from_values() -> None:
    assert _survivors([("app", ".SEEN", KEY), ("app", ".LAST")], [10, 1]) == ["app.SEEN.keys()", "app.LAST"]


def test_functions_and_classes_count_under_their_module() -> None:
    paths = [("app", ".f", CODE), ("app", ".C", CODE, ELEMENT), ("app", ".f", ".<default>", ELEMENT)]
    assert _survivors(paths, [1, 2, 3]) == ["app (code)", "app (code)", "app.f.<default>[*]"]


# -- processes ---------------------------------------------------------------------------------------------------------

BEGIN = """\
import asyncio, functools, gc, json, sys
from harness.probes.allocators.statistics import Allocators
from harness.probes.resident.breakdown import BREAKDOWN, Breakdown
from harness.probes.process import rss_reader
from harness.probes.survivors.census import census
allocators, rss = Allocators(), rss_reader()
breakdown = Breakdown(allocators)
breakdown.read(rss(), None)
def small(count):
    return [(float(number), str(number)) for number in range(count)]
"""

END = """
gc.collect()
allocators.trim()
breakdown.read(rss(), None)
free = dict(zip(BREAKDOWN, breakdown.values.tolist()))["pymalloc_free_bytes"]
print(json.dumps({"free": free, **census()}))
"""


def survivors(code: str, **environment: str) -> dict[str, Any]:
    """The census of a process that ran `code`, and what the breakdown says is free in pymalloc."""
    process = subprocess.run(
        [sys.executable, "-c", BEGIN + code + END],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    found: dict[str, Any] = json.loads(process.stdout)
    return found


def first(found: dict[str, Any]) -> dict[str, Any]:
    survivor: dict[str, Any] = found["survivors"][0]
    return survivor


@linux
@pytest.mark.soak
def test_one_object_in_a_hundred_keeps_everything_and_is_named() -> None:
    found = survivors("objects = small(1_900_000); KEPT = objects[::100]; del objects")
    assert found["arenas"] > 250
    assert first(found)["name"] == "__main__.KEPT[*]"
    assert first(found)["arenas"] >= 0.98 * found["arenas"]
    assert first(found)["sole_arenas"] >= 0.95 * found["arenas"]
    assert first(found)["blocks"] == pytest.approx(3 * 19_000, rel=0.01)  # a tuple, a float, a string
    assert found["free_bytes"] == pytest.approx(found["free"], rel=0.1)
    assert found["unnamed_arenas"] <= 2
    assert not found["truncated"]


@linux
@pytest.mark.soak
def test_where_nothing_survives_hardly_an_arena_is_pinned() -> None:
    found = survivors("objects = small(1_000_000); del objects")
    # they had filled some 150; strays of the interpreter's own keep a few
    assert found["arenas"] <= 12
    assert found["free_bytes"] < 12e6


@linux
@pytest.mark.soak
def test_a_list_of_748_tuples_that_keeps_hundreds_of_arenas_is_named() -> None:
    found = survivors(
        "class Feed: pass\n"
        "feed = Feed()\n"
        "feed.books = [{'levels': None}]\n"
        "objects = small(1_500_000); feed.books[0]['levels'] = objects[::2003][:748]; del objects"
    )
    assert found["arenas"] > 200
    assert first(found)["name"] == "__main__.feed.books[*][*][*]"
    assert first(found)["arenas"] >= 0.95 * found["arenas"]
    assert first(found)["bytes"] < 300_000


@linux
@pytest.mark.soak
def test_survivors_are_named_wherever_they_hide() -> None:
    found = survivors(
        """
class Collector:
    history = []
    def __init__(self):
        self.rows = {}
def handle(item, seen=[]):
    seen.append(item)
def closure():
    kept = []
    def on_tick(item):
        kept.append(item)
    return on_tick
on_tick = closure()
@functools.lru_cache(maxsize=None)
def parse(number):
    return (float(number), str(number))
async def pump(waiting):
    pending = []
    while True:
        pending.append(await waiting.get())
KEYS, collector = {}, Collector()
async def live():
    queue = asyncio.Queue()
    task = asyncio.create_task(pump(queue))
    objects = small(400_000)
    for number in range(0, 399_000, 300):
        Collector.history.append(objects[number])
        collector.rows[number] = objects[number + 20]
        handle(objects[number + 40])
        on_tick(objects[number + 60])
        KEYS[objects[number + 80]] = None
        queue.put_nowait(objects[number + 100])
    del objects
    others = small(100_000)
    for number in range(2_000):
        parse(number)
        del others[-40:]
    await asyncio.sleep(0.01)
    return task
loop = asyncio.new_event_loop()
TASK = loop.run_until_complete(live())
"""
    )
    names = {survivor["name"]: survivor["blocks"] for survivor in found["survivors"]}
    count = 1330
    for name in (
        "__main__.Collector.history[*]",
        "__main__.collector.rows[*]",
        "__main__.handle.<default>[*]",
        "__main__.on_tick.<closure kept>[*]",
        "__main__.KEYS.keys()",
        "__main__.TASK.pending[*]",
    ):
        assert names.get(name, 0) == pytest.approx(3 * count, rel=0.05), f"{name}: {names}"
    assert any(name.startswith("__main__.parse.<cache>") for name in names)


@linux
@pytest.mark.soak
def test_names_in_the_type_attribute_cache_are_told() -> None:
    found = survivors(
        """
class Feed: pass
for number in range(1000):
    objects = small(200)
    getattr(Feed, "".join(["fie", "ld"]), None)  # a string of its own each time, kept by the cache alone
    KEPT = objects
del objects, KEPT
others = small(300_000)
for number in range(0, 300_000, 100):
    others[number] = getattr(Feed, "".join(["la", "tency"]), None)
del others
"""
    )
    assert any(survivor["name"].startswith("type attribute cache: name") for survivor in found["survivors"])


@linux
@pytest.mark.soak
def test_what_only_c_code_holds_is_said_to_be_unreachable() -> None:
    found = survivors(
        """
import ctypes
objects = small(400_000)
for item in objects[::500]:
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(item[0]))
del objects, item
"""
    )
    assert found["arenas"] > 50
    assert first(found)["name"] == "float unreachable from Python (held by C code)"
    assert found["unnamed_arenas"] >= 0.85 * found["arenas"]


@linux
@pytest.mark.soak
def test_a_walk_that_was_cut_short_says_so() -> None:
    found = survivors("objects = small(100_000)\ncensus = functools.partial(census, limit=20_000)")
    assert found["truncated"]


@linux
@pytest.mark.soak
def test_without_pymalloc_there_is_no_census() -> None:
    process = subprocess.run(
        [sys.executable, "-c", "from harness.probes.survivors.census import census; print(census())"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONMALLOC": "malloc"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout == "None\n"
