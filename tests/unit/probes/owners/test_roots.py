"""Where a walk begins: the target, its own roots, the modules it came from, its tasks; and what hides in those."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import importlib
import logging
import queue
import sys
import threading
import weakref
from collections.abc import Sequence
from logging.handlers import MemoryHandler
from pathlib import Path
from typing import Any

import pytest

from harness.collector import BotController
from harness.probes.owners import find_roots, walk
from harness.probes.owners.roots import LOGGERS
from tests.unit.probes.owners.test_paths import texts

TARGET = """
import asyncio
import functools
import itertools

SEEN = []


class Base:
    history = {}


class Collector(Base):
    made_of = dict
    limits = [0]

    def __init__(self):
        self.last = None

    def handle(self, book, kept=[]):
        kept.append(book)

    @staticmethod
    def note(book, *, notes={}):
        notes[len(notes)] = book

    async def _pump(self, books):
        backlog = [f"{book:0200}" for book in books]
        await self._wait(books)
        return backlog

    async def _wait(self, books):
        pending = [f"{book:0100}" for book in books]
        await asyncio.sleep(3600)
        return pending

    def roots(self):
        return {"books": SEEN, "": "ignored"}


@functools.lru_cache(None)
def parse(number):
    return f"{number:0200}"


def feed():
    seen = []

    def on_tick(tick):
        seen.append(tick)

    return on_tick


on_tick = feed()


LATEST = []


class Latest:
    pass


def gather(inbox, done):
    batches = [f"{number:0200}" for number in range(1000, 1050)]
    latest = Latest()
    LATEST.append(latest)
    add(inbox, done)
    latest = None
    done.put(True)
    inbox.get()
    return batches, latest


def add(inbox, done):
    notes = [f"{number:0200}" for number in range(2000, 2050)]
    shared = [f"{number:0200}" for number in range(3000, 3050)]

    def wait():
        done.put(True)
        return inbox.get(), shared

    wait()
    return notes


def remember(text):
    remember.calls = getattr(remember, "calls", [])
    remember.calls.append(text)
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "hiding_target.py").write_text(TARGET, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("hiding_target")
    del sys.modules["hiding_target"]


def by_path(roots: dict[str, Any]) -> dict[str, float]:
    return {owner.path: owner.bytes for owner in walk(roots, seed=1)}


def test_every_hiding_place_of_a_module_is_named(module: Any) -> None:
    target = module.Collector()
    roots = find_roots(target, "hiding_target:Collector", ignore=())
    before = by_path(roots)
    for number in range(1000, 1100):
        text = [f"{number + 10_000 * place:0200}" for place in range(8)]
        target.handle(text[0])
        module.Collector.note(text[1])
        module.Base.history[number] = text[2]
        module.Collector.limits.append(text[3])
        module.parse(number)
        module.on_tick(text[5])
        module.remember(text[6])
        module.SEEN.append(text[7])
    after = by_path(roots)
    grown = {path: after[path] - before.get(path, 0.0) for path in after}
    for path in (
        "hiding_target.Collector.handle.<default>[*]",
        "hiding_target.Collector.note.<default>[*]",
        "hiding_target.Base.history[*]",
        "hiding_target.Collector.limits[*]",
        "hiding_target.parse.<cache>[*]",
        "hiding_target.on_tick.<closure seen>[*]",
        "hiding_target.remember.calls[*]",
        "books[*]",  # the name that the target gives it goes before that of the module
    ):
        assert 25_600 <= grown[path] <= 25_600 + 16_000, (path, grown)


def test_the_locals_of_a_task_and_of_what_it_awaits_are_found_without_a_frame_object(module: Any) -> None:
    async def main() -> tuple[dict[str, float], dict[str, Any]]:
        target = module.Collector()
        own, others = asyncio.current_task(), asyncio.create_task(asyncio.sleep(3600))
        assert own is not None
        tasks = [asyncio.create_task(target._pump(range(1000, 1050))) for _ in range(2)]
        await asyncio.sleep(0)
        roots = find_roots(target, "hiding_target:Collector", ignore=[own, others])
        found = by_path(roots)
        for task in [*tasks, others]:
            task.cancel()
        await asyncio.wait([*tasks, others])
        return found, roots

    found, roots = asyncio.run(main())
    assert [name for name in roots if name.startswith("<task")] == ["<task Collector._pump>"]
    assert found["<task Collector._pump>.<local>[*]"] == pytest.approx(2 * 50 * 264, rel=0.1)
    nested = "<task Collector._pump>.<await Collector._wait>.<local>[*]"
    assert found[nested] == pytest.approx(2 * 50 * 168, rel=0.1)


def test_a_cancelled_task_that_is_kept_keeps_what_its_frame_held(module: Any) -> None:
    async def main() -> dict[str, float]:
        target = module.Collector()
        target.last = task = asyncio.create_task(target._pump(range(1000, 1050)))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return by_path(find_roots(target, "hiding_target:Collector", ignore=[asyncio.current_task()]))

    found = asyncio.run(main())
    assert sum(size for path, size in found.items() if path.startswith("last")) > 50 * 256


def test_what_a_thread_works_with_is_found_and_lives_no_longer_for_it(module: Any) -> None:
    inbox, done = queue.SimpleQueue[bool](), queue.SimpleQueue[bool]()
    thread = threading.Thread(target=module.gather, args=(inbox, done))
    thread.start()
    try:
        done.get(timeout=60)
        found = by_path(find_roots(module.Collector(), "hiding_target:Collector"))
        forgotten = weakref.ref(module.LATEST[0])
        module.LATEST.clear()
        inbox.put(True)
        done.get(timeout=60)
        alive = forgotten()
        fewer = by_path(find_roots(module.Collector(), "hiding_target:Collector"))
    finally:
        inbox.put(False)
        thread.join(timeout=60)
    assert found["<thread gather>"] >= 4096  # its stack
    assert found["<thread gather>.<local batches>[*]"] == pytest.approx(50 * 264, rel=0.1)
    assert found["<thread gather>.<call add>.<local notes>[*]"] == pytest.approx(50 * 264, rel=0.1)
    assert found["<thread gather>.<call add>.<local shared>[*]"] == pytest.approx(50 * 264, rel=0.1)
    assert alive is None
    assert "<thread gather>.<call add>.<local notes>[*]" not in fewer
    assert "<thread gather>" not in find_roots(module.Collector(), "hiding_target:Collector")


def test_a_thread_that_is_in_nothing_of_the_program_is_no_root(module: Any) -> None:
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        roots = find_roots(module.Collector(), "hiding_target:Collector")
    finally:
        over.set()
        thread.join(timeout=60)
    assert not any(name.startswith("<thread") for name in roots)


def test_modules_of_a_target(module: Any) -> None:
    target = module.Collector()
    for factory in ("hiding_target:Collector", module.Collector):
        found = find_roots(target, factory, ignore=())
        assert {name for name in found if not name.startswith("<")} == {"", "books", "hiding_target", LOGGERS}
    reference = find_roots(BotController.__new__(BotController), "harness.collector:build", ignore=())
    assert {"", "harness.collector", "harness.collector.pipeline"} <= set(reference)
    own = [name for name in reference if name not in ("", "<context>", LOGGERS)]
    assert all(name.startswith(("harness.collector", "<class ")) for name in own)


def test_a_module_of_ones_own_beside_the_target_is_a_root_and_a_library_is_not(
    tmp_path: Path, monkeypatch: Any
) -> None:
    library = tmp_path / "venv" / "site-packages"
    library.mkdir(parents=True)
    (tmp_path / "my_helper.py").write_text("SEEN = []\n", encoding="utf-8")
    (library / "a_library.py").write_text("SEEN = []\n", encoding="utf-8")
    vendored = tmp_path / "vendored"  # pip install --target
    (vendored / "another_library-1.0.dist-info").mkdir(parents=True)
    (vendored / "another_library.py").write_text("SEEN = []\n", encoding="utf-8")
    monkeypatch.syspath_prepend(vendored)
    (tmp_path / "my_target.py").write_text("class Target: pass\n", encoding="utf-8")
    monkeypatch.syspath_prepend(library)
    monkeypatch.syspath_prepend(tmp_path)
    names = ("my_helper", "a_library", "another_library", "my_target")
    try:
        helper, *_, own = map(importlib.import_module, names)
        helper.SEEN += texts()
        roots = find_roots(own.Target(), "my_target:Target")
    finally:
        for name in names:
            sys.modules.pop(name, None)
    assert {name for name in roots if not name.startswith("<")} == {"", "my_helper", "my_target", LOGGERS}
    assert by_path(roots)["my_helper.SEEN[*]"] >= 50 * 256


def test_a_large_library_of_ones_own_is_told_of_in_a_few_rows(module: Any) -> None:
    names = [f"method_{number}" for number in range(1000)]
    source = "".join(f"    def {name}(self, symbol, params={{}}): return symbol\n" for name in names)
    source += "".join(f"    entry_{number} = Entry()\n" for number in range(1000))
    exec("class Entry:\n    def __init__(self): self.path = ['a', 'b']\nclass Venue:\n" + source, vars(module))
    module.Venue.method_7.memo = texts()
    module.Venue.method_8.__defaults__[0].update(enumerate(texts()))
    found = by_path({"hiding_target": module})
    assert found["hiding_target.Venue.method_7.memo[*]"] >= 50 * 256
    assert found["hiding_target.Venue.method_8.<default>[*]"] >= 50 * 256
    assert found["hiding_target"] >= 998 * sys.getsizeof(module.Venue.method_1)
    assert found["hiding_target.Venue[*].path[*]"] >= 1000 * sys.getsizeof(["a", "b"])
    assert sum(path.startswith("hiding_target.Venue") for path in found) < 10


def test_a_class_that_was_made_at_run_time_a_named_logger_and_the_context_are_roots(module: Any) -> None:
    target = module.Collector()
    made = [type(f"Row{number}", (), {"__module__": "hiding_target", "texts": texts()}) for number in range(2)]
    kept = contextvars.ContextVar[list[str]]("kept")
    logging.getLogger("hiding_target.BTC").handlers = [MemoryHandler(10**6)]
    logging.getLogger("hiding_target.BTC").handlers[0].buffer = texts()  # type: ignore[attr-defined]

    def weighed() -> dict[str, float]:
        kept.set(texts())
        return by_path(find_roots(target, "hiding_target:Collector"))

    try:
        found = contextvars.copy_context().run(weighed)
    finally:
        logging.Logger.manager.loggerDict.pop("hiding_target.BTC")
    assert found["<class Row0>.texts[*]"] == found["<class Row1>.texts[*]"] >= 50 * 256
    assert found["<class Row0>"] >= type.__sizeof__(made[0])
    assert found["<context>.<context kept>[*]"] >= 50 * 256
    assert found[f"{LOGGERS}[*].handlers[*].buffer[*]"] >= 50 * 256


def made_rows(module: Any, names: Sequence[str]) -> list[type]:
    """Classes as a program makes them while it runs, with 13,250 bytes of texts each; none of an earlier test lives."""
    gc.collect()
    return [type(name, (module.Base,), {"__module__": "hiding_target", "texts": texts()}) for name in names]


@pytest.mark.parametrize(("count", "path"), [(20, "{}[*].texts[*]"), (300, "{}[*]")])
def test_classes_made_at_run_time_belong_to_what_holds_them(module: Any, count: int, path: str) -> None:
    rows = made_rows(module, [f"Held{number}" for number in range(count)])
    module.Base.history.update(zip(map(str, range(count)), rows, strict=True))
    target = module.Collector()
    target.last = rows
    target.kinds = [dict, list, Path] * 200
    target.rows = [row() for row in rows]
    tables = sys.getsizeof(target.kinds) + sys.getsizeof(target.rows)
    del rows
    found = by_path(find_roots(target, "hiding_target:Collector"))
    assert found[path.format("last")] >= count * 50 * 256
    held = sum(size for name, size in found.items() if name.startswith("last"))
    assert held == pytest.approx(count * (50 * 265 + 1_800), rel=0.03)
    assert tables <= found["<list>[*]"] <= tables + count * 128  # the classes of objects, and those of others, are not
    assert not any(name.startswith(("<class Held", "<classes")) or "type>" in name for name in found)
    del target.last
    found = by_path(find_roots(target, "hiding_target:Collector"))
    assert found[path.format("hiding_target.Base.history")] >= count * 50 * 256


def test_many_classes_that_nobody_holds_are_told_by_their_base(module: Any) -> None:
    rows = made_rows(module, [f"Loose{number}" for number in range(20)])
    found = by_path(find_roots(module.Collector(), "hiding_target:Collector"))
    assert found["<classes of Base>.texts[*]"] >= 20 * 50 * 256
    assert len(rows) == 20


def test_the_world_of_a_target_is_not_its_own(module: Any) -> None:
    from harness.clock import VirtualClock

    target = module.Collector()
    target.clock = VirtualClock(start_ms=0)
    target.loop = asyncio.new_event_loop()
    try:
        assert sum(size for path, size in by_path({"": target}).items()) < 2000
    finally:
        target.loop.close()
