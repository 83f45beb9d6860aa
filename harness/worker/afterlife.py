"""Whether the target lives on once the last reference to it was dropped, and who holds it."""

from __future__ import annotations

import asyncio
import gc
import math
import weakref
from collections.abc import Collection
from typing import Any

from harness.probes.survivors.holding_paths import holding_paths

UNNAMED = "(nothing that Python can name)"
"""In place of a path: C code holds it, or what the collector is not told of."""


class Afterlife:
    """A target that is going to be dropped, seen without holding it.

    It takes a weak reference of 72 bytes. Of a class that allows none, its address and its class.
    """

    def __init__(self, target: Any) -> None:
        self._kind = type(target)
        self._address = id(target)
        self._target: weakref.ref[Any] | None = None
        try:
            self._target = weakref.ref(target)
        except TypeError:  # a class with slots, and none for weak references
            return

    @property
    def lives(self) -> bool:
        """Whether the target is seen to live; False as well where its class allows no weak reference."""
        return self._target is not None and self._target() is not None

    def holders(
        self, loop: asyncio.AbstractEventLoop, *, ignore: Collection[asyncio.Task[Any]], patience_s: float = math.inf
    ) -> list[str]:
        """The paths by which the target is held; empty where it is gone. It takes a second or two where it is not.

        For when nothing is measured any more. `ignore` are tasks of the `loop` that are the harness's own. It takes no
        more than `patience_s` real seconds.
        """
        gc.collect()  # what let go of it since may have left it in a cycle
        target = self._now()
        if target is None:
            return []
        return holding_paths(target, loop, ignore=ignore, patience_s=patience_s) or [UNNAMED]

    def _now(self) -> Any:
        if self._target is not None:
            return self._target()
        address, kind = self._address, self._kind
        return next((one for one in gc.get_objects() if id(one) == address and type(one) is kind), None)
