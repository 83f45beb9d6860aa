"""When this process may have children: noticed where Python starts one, and asked of the kernel now and then."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# Where a process begins, by the names that the standard library calls: `subprocess` and `multiprocessing` use them all.
_BIRTHPLACES = (
    ("subprocess", "_fork_exec"),
    ("_posixsubprocess", "fork_exec"),
    ("os", "fork"),
    ("os", "forkpty"),
    ("os", "posix_spawn"),
    ("os", "posix_spawnp"),
)


def has_children() -> bool:
    """Whether this process has a child, dead and not waited for included. One system call, which reaps nothing."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


@contextmanager
def births_noticed(notice: Callable[[], None]) -> Iterator[None]:
    """Call `notice` whenever this process has started another, from any of its threads. Undone at the end."""
    former: list[tuple[Any, str, Any]] = []
    for module_name, name in _BIRTHPLACES:
        module = sys.modules.get(module_name)
        start = getattr(module, name, None)
        if start is not None:
            former.append((module, name, start))
            setattr(module, name, _noticing(start, notice))
    try:
        yield
    finally:
        for module, name, start in reversed(former):
            setattr(module, name, start)


def _noticing(start: Callable[..., Any], notice: Callable[[], None]) -> Callable[..., Any]:
    @functools.wraps(start)
    def start_and_notice(*args: Any, **options: Any) -> Any:
        child = start(*args, **options)
        notice()
        return child

    return start_and_notice
