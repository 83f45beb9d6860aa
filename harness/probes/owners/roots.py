"""Where a walk begins: the target, what it names itself, the modules it was loaded from, and its tasks."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Collection, Iterator
from typing import Any

from harness.probes.owners.parts import Together


def find_roots(target: Any, factory: Any, *, ignore: Collection[asyncio.Task[Any]] = ()) -> dict[str, Any]:
    """Roots by path: the target under "", its ``roots()``, its modules by name, unfinished tasks as ``<task NAME>``.

    `factory` is the reference "module:name" that the target was made by, or the callable itself. `ignore` are tasks
    that are not the target's. Outside a running loop there are no tasks.
    """
    roots: dict[str, Any] = {"": target}
    offered = getattr(target, "roots", None)
    if callable(offered):
        roots.update({str(name): root for name, root in dict(offered()).items() if name})
    for name in sorted(_module_names(target, factory)):
        roots.setdefault(name, sys.modules[name])
    for name, tasks in _tasks(ignore).items():
        roots[name] = tasks
    return roots


def _module_names(target: Any, factory: Any) -> Iterator[str]:
    own = factory.partition(":")[0] if isinstance(factory, str) else getattr(factory, "__module__", "")
    names = {own} | {cls.__module__ for cls in type(target).__mro__ if _is_foreign(cls.__module__)}
    prefixes = {_prefix(name) for name in names if name in sys.modules}
    for name in list(sys.modules):
        if any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes):
            yield name


def _prefix(name: str) -> str:
    """The package whose modules belong to the target: its top-level one, in the harness the second level."""
    parts = name.split(".")
    return ".".join(parts[:2]) if parts[0] == "harness" else parts[0]


def _is_foreign(name: str) -> bool:
    top = name.partition(".")[0]
    return top not in sys.stdlib_module_names and top not in ("harness", "synthetic")


def _tasks(ignore: Collection[asyncio.Task[Any]]) -> dict[str, Any]:
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return {}
    named: dict[str, Any] = {}
    for task in asyncio.all_tasks(loop):
        if any(task is ignored for ignored in ignore):
            continue
        name = getattr(task.get_coro(), "__qualname__", type(task.get_coro()).__name__)
        named.setdefault(f"<task {name}>", Together()).append(task)
    return named
