"""When runs are done that start in their order as cores and memory allow, and what they hold together."""

from __future__ import annotations

import heapq
from collections.abc import Sequence


def schedule(tasks: Sequence[tuple[float, float]], at_once: int, room_bytes: float) -> tuple[float, float]:
    """Seconds until all tasks, (seconds, bytes), are done in their order; the most bytes that they hold together."""
    running: list[tuple[float, float]] = []
    now_s = held = most = 0.0
    for seconds, wanted in tasks:
        need = min(wanted, room_bytes)
        while running and (len(running) >= at_once or held + need > room_bytes):
            now_s, freed = heapq.heappop(running)
            held -= freed
        heapq.heappush(running, (now_s + seconds, need))
        held += need
        most = max(most, held)
    return max((end_s for end_s, _ in running), default=0.0), most
