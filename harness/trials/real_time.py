"""Who asks for real time in a process whose time is virtual: clocks that stay real, loops of its own, uvloop."""

from __future__ import annotations

import asyncio
import os
import sys
import sysconfig
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

import harness
import synthetic

CLOCKS: Final = ("perf_counter", "perf_counter_ns")
"""Functions of `time` that are not virtual: what is measured by them is real, whoever decides by it errs."""

_OWN_ROOMS = ("worker", "clock", "probes", "trials", "guarding")
_NOT_TARGET = (
    *(os.path.join(folder, room, "") for folder in harness.__path__ for room in _OWN_ROOMS),
    *(os.path.join(folder, "") for folder in synthetic.__path__),
    *(os.path.join(sysconfig.get_path(name), "") for name in ("stdlib", "purelib", "platlib")),
    "<frozen",
)


class RealTime:
    """Counts, by function, who called it: ``{"time.perf_counter": {"bot.py:12": 30}}``. A target is imported later."""

    def __init__(self) -> None:
        self.calls: dict[str, dict[str, int]] = {}

    def watch(self) -> None:
        """From now on count. It is for the life of the process."""
        for name in CLOCKS:
            setattr(time, name, self._counting(f"time.{name}", getattr(time, name)))
        for name in ("run", "new_event_loop"):
            setattr(asyncio, name, self._counting(f"asyncio.{name}", getattr(asyncio, name)))

    def facts(self) -> dict[str, Any]:
        """What was counted, and whether uvloop was imported, whose loops know no virtual time."""
        return {"calls": self.calls, "uvloop": "uvloop" in sys.modules}

    def _counting(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            place = place_of(sys._getframe(1))
            if place is not None:
                places = self.calls.setdefault(name, {})
                places[place] = places.get(place, 0) + 1
            return function(*arguments, **options)

        return counted


def place_of(frame: FrameType) -> str | None:
    """File and line of the target's code, ``bot.py:12``; None for the harness and libraries."""
    file = frame.f_code.co_filename
    return None if file.startswith(_NOT_TARGET) else f"{os.path.basename(file)}:{frame.f_lineno}"
