"""Any target with a leak of known size in it: the standing control that shows whether a leak is found."""

from __future__ import annotations

import asyncio
import inspect
import sys
from typing import Any

from harness import target as targets
from harness.target import Environment

LEAKED = "retained"
"""The attribute that holds what leaks."""

OWNER = f"{LEAKED}[*]"
"""The owner by which it is to be found."""

SMALLEST_BYTES = 4096
"""Nothing smaller is retained at once: so large a block has its own memory and pins no arena of small objects."""

_EMPTY_BYTES = sys.getsizeof(b"")


class LeakingTarget:
    """`target`, which also retains `bytes_per_s` per second of the world's time, from start() to stop().

    Whatever else is asked of it (handlers of the feed, counters, rehearse, roots) is the target's own. What leaked
    stays until this object is dropped.
    """

    def __init__(self, target: Any, bytes_per_s: float, environment: Environment) -> None:
        self.target = target
        self.retained: list[bytes] = []
        self._bytes_per_s = bytes_per_s
        self._cycle_s = environment.cycle_s
        self._clock = environment.clock
        self._leaking: asyncio.Task[None] | None = None

    def __getattr__(self, name: str) -> Any:
        if name == "target":  # not yet there: it cannot be asked
            raise AttributeError(name)
        return getattr(self.target, name)

    async def start(self) -> None:
        """Start the target, and the leak."""
        started = self.target.start()
        if inspect.isawaitable(started):
            await started
        self._leaking = asyncio.create_task(self._leak())

    async def stop(self) -> None:
        """End the leak, and stop the target; what leaked is kept."""
        if self._leaking is not None:
            self._leaking.cancel()
            self._leaking = None
        stopped = self.target.stop()
        if inspect.isawaitable(stopped):
            await stopped

    async def _leak(self) -> None:
        """Retain what is due once a cycle, where that is enough to be retained."""
        began_s, held = self._clock.now_s(), 0
        while True:
            await asyncio.sleep(self._cycle_s)
            due = int((self._clock.now_s() - began_s) * self._bytes_per_s) - held
            if due >= SMALLEST_BYTES:
                self.retained.append(b"\x01" * (due - _EMPTY_BYTES))
                held += due


def build(params: dict[str, Any], environment: Environment) -> LeakingTarget:
    """The target of ``params["factory"]`` with its ``params["params"]``, and the leak of ``params["bytes_per_s"]``.

    All of them are taken as they are, at the scale of the world.
    """
    target = targets.build(targets.load_factory(params["factory"]), params["params"], environment)
    return LeakingTarget(target, float(params["bytes_per_s"]), environment)
