"""What a process opens beside its own folder: files that it writes, sockets, programs; heard by an audit hook."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Final

from harness.command_line import short_command

MOST: Final = 50
"""So many names of a kind are kept; more are counted only."""

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
_NO_FILES = ("/dev/", "/proc/", "/sys/")


class ReachedOut:
    """Counts by kind and name, from `listen` to `over`: ``{"written": {"/tmp/x": 2}, "connected": {...}}``.

    What lies below `own` counts for nothing.
    """

    def __init__(self, own: Path) -> None:
        self._own = os.path.join(os.path.abspath(own), "")
        self._on = False
        self.counts: dict[str, dict[str, int]] = {}

    def listen(self) -> None:
        """From now on hear. Python has no way to take a hook out again: `over` makes it deaf."""
        self._on = True
        sys.addaudithook(self._hear)

    def over(self) -> None:
        """Hear no more."""
        self._on = False

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._on:
            return
        try:
            self._count(event, arguments)
        except Exception:  # noqa: BLE001 - what is raised here would forbid the target what it does
            return

    def _count(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            self._opened(*arguments)
        elif event == "sqlite3.connect":
            if not _is_in_memory(os.fsdecode(arguments[0])):
                self._wrote(arguments[0])
        elif event in ("socket.connect", "socket.bind"):
            self._add("connected" if event == "socket.connect" else "bound", _address(arguments[1]))
        elif event == "socket.getaddrinfo":
            self._add("looked up", str(arguments[0]))
        elif event == "subprocess.Popen":
            self._add("started", short_command([str(word) for word in arguments[1]]))
        elif event in ("os.fork", "os.forkpty", "os.posix_spawn", "os.system"):
            self._add("started", event)

    def _opened(self, path: Any, mode: Any, flags: Any) -> None:
        writes = bool(flags & _WRITES) if isinstance(flags, int) else isinstance(mode, str) and not mode.startswith("r")
        if writes and not isinstance(path, int):
            self._wrote(path)

    def _wrote(self, path: Any) -> None:
        name = os.path.abspath(os.fsdecode(path))
        if not name.startswith((self._own, *_NO_FILES)) and not name.endswith(".pyc") and "__pycache__" not in name:
            self._add("written", name)

    def _add(self, kind: str, name: str) -> None:
        names = self.counts.setdefault(kind, {})
        if name in names or len(names) < MOST:
            names[name] = names.get(name, 0) + 1


def _is_in_memory(database: str) -> bool:
    """Whether what SQLite opens is no file: one in memory, or one that it makes for a while."""
    return database == "" or ":memory:" in database or "mode=memory" in database


def _address(address: Any) -> str:
    return f"{address[0]}:{address[1]}" if isinstance(address, tuple) and len(address) > 1 else str(address)
