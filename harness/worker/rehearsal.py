"""Before the first measurement: exercise on throwaway objects everything that allocates on first use."""

from __future__ import annotations

import contextlib
import gc
import shutil
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from harness.clock import Clock, VirtualClock
from harness.worker.calling import PATIENCE_S, build_target, find_handlers, give_up, maybe_await, patiently
from harness.worker.failures import Unending
from harness.worker.job import Job

EVENTS = 500
"""What a rehearsal sees of the feed: enough that most symbols have a book, too little to leave a mark of its own."""

FED_S = 3600.0
"""Virtual seconds of feed that a rehearsal looks through for its events, at the most."""


def rehearse(job: Job, folder: Path, probe: Callable[[Any], None], doing: Callable[[str], None]) -> None:
    """Build a target of `job` in `folder`, start it, feed it a little, `probe` it, have it rehearse, and stop it.

    It has a clock and a feed of its own; once it is built, `doing` is told so. Raises what the target raises, and
    RunEnded where it does not return.
    """
    clock = VirtualClock(start_ms=job.start_ms, stall_s=job.stall_s)
    with contextlib.suppress(Unending):  # the run itself will meet it again, and say so
        clock.run(_rehearsal(job, folder / "rehearsal", clock, probe, doing))
    gc.collect()


async def _rehearsal(
    job: Job, folder: Path, clock: Clock, probe: Callable[[Any], None], doing: Callable[[str], None]
) -> None:
    folder.mkdir()
    feed = job.feed(start_ms=clock.start_ms)
    target = build_target(job, clock, feed, folder, _ignore)
    doing("in its rehearsal")
    await patiently(target.start(), "start()")
    handlers = find_handlers(target)
    for event in islice(feed.stream(FED_S, tuple(handlers)), EVENTS):
        await maybe_await(handlers[type(event)](event))
    for _ in range(2):
        probe(target)
    if hasattr(target, "rehearse"):
        await patiently(target.rehearse(), "rehearse()")
    await patiently(target.stop(), "stop()")
    shutil.rmtree(folder)
    clock.call_first_at(clock.now_s() + PATIENCE_S, give_up)


def _ignore(kind: str, **facts: Any) -> None:
    """The events of a rehearsal are nobody's."""
