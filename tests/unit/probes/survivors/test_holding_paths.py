"""What holds an object from outside is named, and nothing of its own is."""

from __future__ import annotations

import asyncio
import atexit
import contextvars
import functools
import signal
import sys
import threading
import types
from collections.abc import Iterator
from typing import Any

import pytest

from harness.probes.survivors.holding_paths import MOST_PATHS, TOO_MANY, holding_paths


class Sought:
    """Refers to itself and to much that refers to it, as targets do."""

    def __init__(self) -> None:
        self.me = self
        self.children = [Child(self) for _ in range(100)]
        self.callbacks = [self.on_book]

    def on_book(self, *_: object) -> None:
        """A handler."""


class Child:
    def __init__(self, parent: Sought) -> None:
        self.parent = parent


class Slotted:
    __slots__ = ("value",)


@pytest.fixture
def module() -> Iterator[Any]:
    """A module of the target's own."""
    module = types.ModuleType("mine_of_holding_paths")
    sys.modules[module.__name__] = module
    yield module
    del sys.modules[module.__name__]


def paths_to(sought: Any) -> list[str]:
    """The paths, from beside a loop that does nothing; no closure may hold what is sought."""
    loop = asyncio.new_event_loop()
    try:
        return holding_paths(sought, loop)
    finally:
        loop.close()


def put(module: Any, **names: Any) -> None:
    vars(module).update(names)


@pytest.mark.parametrize(
    ("hold", "path"),
    [
        (lambda sought: {"BOT": sought}, ".BOT"),
        (lambda sought: {"SEEN": {"a": [sought]}}, ".SEEN[*][*]"),
        (lambda sought: {"HANDLERS": [sought.on_book]}, ".HANDLERS[*].__self__"),
        (lambda sought: {"call": lambda: sought}, ".call.<closure sought>"),
        (lambda sought: {"Registry": type("Registry", (), {"instances": [sought]})}, ".Registry.instances[*]"),
        (lambda sought: {"later": functools.partial(print, sought)}, ".later.args[*]"),
    ],
    ids=["global", "containers", "bound method", "closure", "class attribute", "partial"],
)
def test_what_a_module_holds_has_its_shortest_path(module: Any, hold: Any, path: str) -> None:
    sought = Sought()
    put(module, **hold(sought))
    assert paths_to(sought) == [module.__name__ + path]


def test_a_task_is_named_after_its_coroutine() -> None:
    async def pump(held: Sought) -> None:
        await asyncio.Event().wait()

    async def begin() -> list[str]:
        own = asyncio.all_tasks()
        sought = Sought()
        tasks = [asyncio.create_task(pump(sought)) for _ in range(3)]
        await asyncio.sleep(0)
        found = holding_paths(sought, asyncio.get_running_loop(), ignore=own)
        for task in tasks:
            task.cancel()
        return found

    (path,) = asyncio.run(begin())
    assert path.startswith("<task test_a_task_is_named_after_its_coroutine.<locals>.pump>")
    assert path.endswith(".held")


def test_a_thread_is_named_with_the_variable_that_holds() -> None:
    begun, end = threading.Event(), threading.Event()

    def work(held: Sought) -> None:
        begun.set()
        end.wait()

    sought = Sought()
    thread = threading.Thread(target=work, args=(sought,), name="flusher")
    thread.start()
    try:
        assert begun.wait(60)
        assert paths_to(sought) == ["<thread flusher>.held"]
    finally:
        end.set()
        thread.join()


def test_a_timer_of_the_loop_is_named() -> None:
    async def begin() -> list[str]:
        own = asyncio.all_tasks()
        sought = Sought()
        loop = asyncio.get_running_loop()
        timer = loop.call_later(3600, sought.on_book)
        found = holding_paths(sought, loop, ignore=own)
        timer.cancel()
        return found

    (path,) = asyncio.run(begin())
    assert path.startswith("<timer Sought.on_book>._callback")


def test_variables_of_the_context_and_handlers_of_signals_are_named() -> None:
    sought = Sought()
    variable: contextvars.ContextVar[Any] = contextvars.ContextVar("session")
    token = variable.set([sought])
    assert paths_to(sought) == ["<context session>[*]"]
    variable.reset(token)
    before = signal.signal(signal.SIGUSR2, sought.on_book)
    try:
        assert paths_to(sought) == ["<signal SIGUSR2>.__self__"]
    finally:
        signal.signal(signal.SIGUSR2, before)


def test_thread_locals_are_looked_into(module: Any) -> None:
    sought = Sought()
    put(module, LOCAL=threading.local())
    module.LOCAL.session = sought
    (path,) = paths_to(sought)
    assert path.startswith(f"{module.__name__}.LOCAL.")


def test_what_c_code_holds_is_told_by_its_type() -> None:
    sought = Sought()
    handler = sought.on_book
    atexit.register(handler)
    try:
        del handler
        assert paths_to(sought) == ["<builtins.method held by C code>.__self__"]
    finally:
        atexit.unregister(sought.on_book)


def test_several_holders_are_told_up_to_a_bound(module: Any) -> None:
    sought = Sought()
    put(module, **{f"HOLDER_{number}": [sought] for number in range(MOST_PATHS + 3)})
    found = paths_to(sought)
    assert len(set(found)) == len(found) == MOST_PATHS


def test_what_nobody_holds_has_no_path() -> None:
    assert paths_to(Sought()) == []


def test_objects_without_a_dictionary_are_found_too(module: Any) -> None:
    sought = Slotted()
    put(module, KEPT=(sought,))
    assert paths_to(sought) == [f"{module.__name__}.KEPT[*]"]


def test_the_search_ends_at_its_limit(module: Any) -> None:
    sought = Sought()
    put(module, DEEP=[[[[sought]]]])
    loop = asyncio.new_event_loop()
    try:
        assert holding_paths(sought, loop, limit=10) == [TOO_MANY]
        assert holding_paths(sought, loop, patience_s=0.0) == [TOO_MANY]
    finally:
        loop.close()
