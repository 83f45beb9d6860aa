"""How a target is built and called: which of its methods take the feed, sync or async, and how long they may take."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import target as targets
from harness.clock import Clock
from harness.worker.failures import RunEnded, Unending
from harness.worker.job import Job
from harness.worker.on_the_wire import wire_to
from synthetic.events import Book, Candle, Delta, Event, Reconnect, Trade
from synthetic.feed import Feed

if TYPE_CHECKING:
    from synthetic.exchange.serving import Exchange

HANDLERS: dict[type[Event], str] = {
    Book: "on_book",
    Delta: "on_delta",
    Trade: "on_trade",
    Candle: "on_candle",
    Reconnect: "on_reconnect",
}

PATIENCE_S = 3600.0
"""Virtual seconds that start() and stop() may take."""


def build_target(
    job: Job,
    clock: Clock,
    feed: Feed,
    data_dir: Path,
    emit: Callable[..., None],
    *,
    exchange: Exchange | None = None,
) -> Any:
    """The target of `job`, built by its factory. Raises UsageError where that cannot be loaded or has no start()."""
    environment = targets.Environment(
        clock=clock,
        data_dir=data_dir,
        memory_scale=job.memory_scale,
        emit=emit,
        symbols=tuple(instrument.name for instrument in job.instruments),
        cycle_s=job.cycle_s,
        candle_s=job.candle_s,
        past_candles=feed.past_candles,
        exchange=wire_to(exchange),
    )
    return targets.build(targets.load_factory(job.factory), job.params, environment)


def find_handlers(target: Any) -> dict[type[Event], Callable[[Any], Any]]:
    """What the target wants of the feed."""
    return {kind: getattr(target, name) for kind, name in HANDLERS.items() if callable(getattr(target, name, None))}


def doubts(target: Any, *, on_wire: bool = False) -> list[str]:
    """What looks like a slip in a target, one line each: nothing is taken of the feed, a handler has no event.

    Of one that is `on_wire`: a handler, which is not called.
    """
    unknown = sorted(name for name in dir(target) if name.startswith("on_") and name not in HANDLERS.values())
    known = ", ".join(HANDLERS.values())
    slips = [f"the target has {name}, which nothing calls; the handlers of the feed are {known}" for name in unknown]
    if on_wire:
        uncalled = ", ".join(HANDLERS[kind] for kind in find_handlers(target))
        return [f"the target has {uncalled}: with an [exchange] the feed goes over its wire only"] if uncalled else []
    if not find_handlers(target):
        slips.append(f"the target takes nothing of the feed: it has none of {known}")
    return slips


async def patiently(outcome: Any, what: str) -> None:
    """Await what a target's method returned, for PATIENCE_S. Raises RunEnded("failed") where it takes longer."""
    try:
        async with asyncio.timeout(PATIENCE_S) as patience:
            await maybe_await(outcome)
    except TimeoutError:
        if not patience.expired():
            raise
        raise RunEnded("failed", f"{what} of the target did not return within {PATIENCE_S:.0f} s") from None


async def maybe_await(outcome: Any) -> None:
    """Await what a target's method returned, if it can be awaited."""
    if inspect.isawaitable(outcome):
        await outcome


_UNENDING: list[asyncio.Task[Any]] = []
"""Tasks that would not end: kept, since to destroy one is to ask it to end once more."""


def give_up() -> None:
    """End the process's loop over the tasks that go on after they were cancelled. Raises Unending."""
    _UNENDING.extend(asyncio.all_tasks())
    raise Unending
