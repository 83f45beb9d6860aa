"""By which paths from outside one object is held: a task, a thread, the loop, a global of a module, C code.

For the end of a judged process, when nothing is measured any more: it may walk all objects.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import math
import signal
import sys
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import FrameType, ModuleType
from typing import Any

from harness.probes.process import timers
from harness.probes.survivors.reachable import LEAVES, ObjectGraph, children, namespace_of, root_name

MOST_PATHS = 5

LIMIT = 1_500_000
"""Objects that are looked at, some 200 bytes each."""

TOO_MANY = "(not found among so many objects)"
"""In place of paths, where not all objects were looked at."""

_LOOKED_AT = 4096
"""Objects between two looks at the clock."""

_MOST_CLIMBED = 2000
"""Objects that are followed upwards where no root leads to the one that is sought."""


def holding_paths(
    sought: Any,
    loop: asyncio.AbstractEventLoop,
    *,
    ignore: Collection[asyncio.Task[Any]] = (),
    limit: int = LIMIT,
    patience_s: float = math.inf,
) -> list[str]:
    """Paths to `sought` that do not lead through itself, at most MOST_PATHS; empty where none is found.

    They begin with ``<task NAME>``, ``<timer NAME>``, ``<thread NAME>``, ``<context NAME>``, ``<signal NAME>``,
    ``<event loop>``, the name of a module, or else with what only C code holds. Of what begins alike but with a module
    there is one.
    `ignore` are tasks of the `loop` that are passed over. The caller must be no coroutine that holds `sought`. Where
    none is found among `limit` objects, or in `patience_s` real seconds, it is [TOO_MANY].
    """
    graph = _PathsTo(sought, limit, time.perf_counter() + patience_s)
    outside = {
        **_tasks(loop, ignore),
        **_timers(loop),
        **_threads(),
        **_variables(),
        **_signals(),
        "<event loop>": [loop],
    }
    try:
        return graph.ways(outside, ignore)
    finally:
        graph.let_go()


class _PathsTo(ObjectGraph):
    """The ways to one object. `ends` are the numbers under which it was met."""

    def __init__(self, sought: Any, limit: int, until_s: float) -> None:
        super().__init__(limit)
        self._until_s = until_s
        self.ends: list[int] = []
        self._sought = sought
        self._seen.add(id(self.ends))
        self._modules = dict(sys.modules)
        self._pass_over([self._modules, *self._modules.values(), *map(namespace_of, self._modules.values())])

    def ways(self, outside: Mapping[str, Sequence[Any]], ignore: Iterable[Any]) -> list[str]:
        """The paths from these roots by name, then from the modules; else from what only C code holds."""
        for roots in (ignore, *outside.values()):
            self._pass_over(roots)
        for name, roots in outside.items():
            self._walk_from(name, roots)
        self._walk_modules()
        if not self.ends and self.truncated:
            return [TOO_MANY]
        if not self.ends:
            self._climb()
        return list(dict.fromkeys("".join(self.path(end)) for end in self.ends))[:MOST_PATHS]

    def let_go(self) -> None:
        """Hold nothing any more: what was walked may lead back to here."""
        self._sought = None
        for held in (self.objects, self._parents, self._modules, self._roots, self._names, self._paths, self._seen):
            held.clear()

    def _pass_over(self, objects: Iterable[Any]) -> None:
        """Do not walk into these but as the roots that they are."""
        self._seen.update(map(id, objects))

    def _walk_from(self, name: str, roots: Iterable[Any]) -> None:
        """Walk all that hangs on these roots and is not reached by a class or a module; keep the first way."""
        begin, known = len(self.objects), len(self.ends)
        for root in roots:
            self._add(root, name)
        self._search(begin, narrow=True)
        del self.ends[known + 1 :]

    def _walk_modules(self) -> None:
        """Walk all that hangs on modules, all of them at once, so that every way is the shortest."""
        begin = len(self.objects)
        for name, module in self._modules.items():
            number = self._add(module, name)
            if issubclass(type(module), ModuleType) and module is not self._sought:
                self._add(namespace_of(module), parent=number)
        self._search(begin, narrow=False)

    def _climb(self) -> None:
        """Follow what refers to the object upwards, to something that nothing refers to but C code."""
        level: list[Any] = [self._sought]
        above: list[Any] = []
        below: dict[int, Any] = {id(self._sought): None}
        while level and len(below) < _MOST_CLIMBED:
            lower = {id(one): one for one in level}
            own = {*map(id, (self, self.objects, level, above, below, lower))}
            mark = object()  # from 3.13 on the arguments of the call are among what refers to them
            above = [
                one
                for one in gc.get_referrers(*level, mark)
                if id(one) not in own
                and type(one) is not FrameType
                and not (type(one) is tuple and one and one[-1] is mark)
            ]
            referred: set[int] = set()
            fresh = []
            for one in above:
                parts = [part for part in gc.get_referents(one) if id(part) in lower]
                referred.update(map(id, parts))
                if parts and id(one) not in below:
                    below[id(one)] = parts[0]
                    fresh.append(one)
            for top in level:
                if id(top) not in referred and top is not self._sought:
                    self._add_chain(top, below)
                    return
            level = fresh

    def _add_chain(self, top: Any, below: dict[int, Any]) -> None:
        number = self._add(top, root_name(top))
        while top is not self._sought:
            top = below[id(top)]
            number = self._add(top, parent=number)

    def _add(self, item: Any, root: str = "", *, parent: int = -1) -> int:
        """Add an object under its parent, or as a root; return its number."""
        number = len(self.objects)
        self.objects.append(item)
        self._parents.append(parent)
        if parent < 0:
            self._roots[number] = root
        if item is self._sought:
            self.ends.append(number)
        return number

    def _search(self, number: int, *, narrow: bool) -> None:
        """Add what can be reached from the objects from `number` on, but not through the one that is sought."""
        objects, seen, sought = self.objects, self._seen, self._sought
        while number < len(objects):
            item = objects[number]
            number += 1
            if number % _LOOKED_AT == 0 and time.perf_counter() > self._until_s:
                self.truncated = True
                return
            if item is sought or type(item) in LEAVES:
                continue
            for child in children(item):
                if child is sought:
                    self._add(child, parent=number - 1)
                elif id(child) not in seen and not (narrow and issubclass(type(child), type)):
                    if len(objects) >= self._limit:
                        self.truncated = True
                        return
                    seen.add(id(child))
                    self._add(child, parent=number - 1)


def _tasks(loop: asyncio.AbstractEventLoop, ignore: Collection[asyncio.Task[Any]]) -> dict[str, list[Any]]:
    """The unfinished tasks by name, each after its coroutine, whose frame says how it holds something."""
    named: dict[str, list[Any]] = {}
    for task in asyncio.all_tasks(loop):
        if not any(task is ignored for ignored in ignore):
            coroutine = task.get_coro()
            name = getattr(coroutine, "__qualname__", type(coroutine).__name__)
            named.setdefault(f"<task {name}>", []).extend((coroutine, task))
    return named


def _timers(loop: asyncio.AbstractEventLoop) -> dict[str, list[Any]]:
    """What the loop will call at some time, by name."""
    named: dict[str, list[Any]] = {}
    for name, timer in timers(loop):
        named.setdefault(f"<timer {name}>", []).append(timer)
    return named


def _threads() -> dict[str, list[Any]]:
    """The other threads by name: what they execute, innermost first, then the objects that stand for them."""
    named: dict[str, list[Any]] = {}
    frames = sys._current_frames()
    for thread in threading.enumerate():
        running = [] if thread is threading.current_thread() else list(_upwards(frames.get(thread.ident or 0)))
        named.setdefault(f"<thread {thread.name}>", []).extend((*running, thread))
    return named


def _upwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _variables() -> dict[str, list[Any]]:
    return {f"<context {variable.name}>": [value] for variable, value in contextvars.copy_context().items()}


def _signals() -> dict[str, list[Any]]:
    handlers = {number.name: signal.getsignal(number) for number in signal.Signals}
    return {f"<signal {name}>": [handler] for name, handler in handlers.items() if callable(handler)}
