"""Where a walk begins: the target, its modules, tasks and threads, loggers, classes made at run time."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import sys
import sysconfig
import types
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from harness.probes.owners.kinds import module_of
from harness.probes.owners.running import running_threads
from harness.probes.owners.stand_ins import MadeClass, Together

LOGGERS = "logging.Logger.manager.loggerDict"

MOST_CLASSES = 16
"""Of more classes with names of their own that were made from one base, none is told by its name."""

_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_PYTHON = tuple(os.path.join(sysconfig.get_paths()[key], "") for key in ("stdlib", "platstdlib"))


def find_roots(target: Any, factory: Any, *, ignore: Collection[asyncio.Task[Any]] = ()) -> dict[str, Any]:
    """Roots by path: the target under "", its ``roots()``, its modules by name, unfinished tasks as ``<task NAME>``,
    what functions of its modules hold that other threads run, as ``<thread FUNCTION>``.

    Its modules are those of its package, and what else was loaded from the folder that this lies in, unless that is
    where libraries are installed.

    Beside them what a process keeps for a program: loggers by name, the variables of the current context, and classes
    that say to be of its modules and do not stand there, as ``<class NAME>``.

    `factory` is the reference "module:name" that the target was made by, or the callable itself. `ignore` are tasks
    that are not the target's. Outside a running loop there are no tasks.
    """
    roots: dict[str, Any] = {LOGGERS: logging.Logger.manager.loggerDict, "": target}  # a logger is nobody's attribute
    offered = getattr(target, "roots", None)
    if callable(offered):
        roots.update({str(name): root for name, root in dict(offered()).items() if name})
    modules = sorted(_module_names(target, factory))
    for name in modules:
        roots.setdefault(name, sys.modules[name])
    if context := contextvars.copy_context():
        roots["<context>"] = context
    roots.update(_tasks(ignore))
    own = frozenset(modules)
    roots.update({name: Together(threads) for name, threads in running_threads(own).items()})
    roots.update(_made_classes(own))
    return roots


def _made_classes(modules: Collection[str]) -> dict[str, Any]:
    """Classes of `modules` that do not stand there by name, from what every class knows of its subclasses.

    Where many names were made of one base they are ``<classes of BASE>``.
    """
    by_base: dict[str, dict[str, Together]] = {}
    left: list[tuple[type, str]] = [(object, "object")]
    met = {id(object)}
    while left:
        base, named = left.pop()
        for cls in list[type](type.__subclasses__(base)):
            if id(cls) in met:
                continue
            met.add(id(cls))
            is_made = module_of(cls) in modules and not _is_named(cls)
            left.append((cls, named if is_made else cls.__qualname__))
            if is_made:
                by_base.setdefault(named, {}).setdefault(cls.__qualname__, Together()).append(MadeClass(cls))
    made: dict[str, Any] = {}
    for named, classes in by_base.items():
        for name, same in classes.items():
            path = f"<class {name}>" if len(classes) <= MOST_CLASSES else f"<classes of {named}>"
            made.setdefault(path, Together()).extend(same)
    return made


def _is_named(cls: type) -> bool:
    held: Any = sys.modules.get(module_of(cls))
    for part in cls.__qualname__.split("."):
        held = vars(held).get(part) if isinstance(held, types.ModuleType | type) else None
    return held is cls


def _module_names(target: Any, factory: Any) -> Iterator[str]:
    own = factory.partition(":")[0] if isinstance(factory, str) else getattr(factory, "__module__", "")
    names = {own} | {cls.__module__ for cls in type(target).__mro__ if _is_foreign(cls.__module__)}
    prefixes = {_prefix(name) for name in names if name in sys.modules}
    folders = tuple({folder for prefix in prefixes if _is_foreign(prefix) and (folder := _folder_around(prefix))})
    libraries: dict[str, bool] = {}
    for name, module in list(sys.modules.items()):
        within = any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes)
        if within:
            yield name
        elif folders and name != "__main__" and _is_foreign(name) and _is_in(module, folders):
            place = _folder_around(_prefix(name))
            if place not in libraries:
                libraries[place] = place not in folders and _holds_installed(place)
            if not libraries[place]:
                yield name


def _holds_installed(folder: str) -> bool:
    """Whether an installer put something into `folder`, as ``pip install --target`` does: its record lies there."""
    try:
        with os.scandir(folder) as entries:
            return any(entry.name.endswith(".dist-info") for entry in entries)
    except OSError:
        return False


def _folder_around(prefix: str) -> str:
    """The folder that a top-level package or module lies in, with a separator behind; "" where it has no file."""
    names = _names_in(sys.modules.get(prefix))
    file = names.get("__file__")
    if type(file) is not str:
        return ""
    folder = os.path.dirname(os.path.abspath(file))
    return os.path.join(os.path.dirname(folder) if "__path__" in names else folder, "")


def _is_in(module: Any, folders: tuple[str, ...]) -> bool:
    """Whether a module was loaded from one of `folders`, and is no library there nor a part of Python."""
    file = _names_in(module).get("__file__")
    return (
        type(file) is str
        and file.startswith(folders)
        and not file.startswith(_PYTHON)
        and not any(place in file for place in _INSTALLED)
    )


def _names_in(module: Any) -> Mapping[str, Any]:
    """The globals of a module; nothing of one that loads itself when it is asked."""
    return vars(module) if type(module) is types.ModuleType else {}


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
