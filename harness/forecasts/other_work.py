"""What else this machine has to do: a forecast is told for what is left of its cores."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Final

import psutil

from harness.soaks.plan import cores

LOOK_S: Final = 0.3
"""Real seconds of looking; nothing of this project's runs meanwhile."""

_BUSY: Final = 0.9
"""From this share on cores may have more to do than they can, which only the load average tells."""


def busy_cores(wait: Callable[[float], object] = time.sleep) -> float:
    """How many cores others want just now: it waits for LOOK_S."""
    before = _busy_s()
    began_s = time.perf_counter()
    wait(LOOK_S)
    took_s = max(time.perf_counter() - began_s, 1e-3)
    there = os.cpu_count() or 1
    busy = min(max((_busy_s() - before) / took_s, 0.0), float(there))
    return max(busy, os.getloadavg()[0]) if busy > _BUSY * there else busy


def slowed(others: float, at_once: int, there: int | None = None) -> float:
    """How many times as long `at_once` processes take where others want so many of the cores that are `there`."""
    return max((others + at_once) / (cores() if there is None else there), 1.0) if others else 1.0


def _busy_s() -> float:
    """Seconds that all cores worked since the machine began; work that yields to this process's does not count."""
    times = psutil.cpu_times()._asdict()
    yielding = times.get("nice", 0.0) if os.nice(0) > 0 else 0.0
    return float(times["user"] + times["system"] + yielding)
