"""How a target is built and called: which of its methods take the feed, sync or async, and how long they may take."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import target as targets
from harness.clock import Clock
from harness.errors import UsageError
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

_WITHOUT_ARGUMENTS = ("start", "stop", "counters", "roots", "rehearse")

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
    table: Callable[[Mapping[str, Any]], dict[str, Any]] = dict,
) -> Any:
    """The target of `job`, built by its factory, which gets free parameters as a `table` of them.

    Raises UsageError where that cannot be loaded or called, or the target has no start().
    """
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
    factory = targets.load_factory(job.factory)
    refuse_call(factory, "the factory", "params", "environment")
    return targets.build(factory, job.params, environment, table=table)


def refuse_call(function: Callable[..., Any], name: str, *arguments: str) -> None:
    """Raise UsageError where `function`, called `name`, cannot take so many `arguments`: with its line and why."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # of C code, or of what answers everything: neither tells
        return
    try:
        signature.bind(*arguments)
    except TypeError as error:
        called = f"{name} is called with ({', '.join(arguments)}) and takes {signature}"
        raise UsageError(f"{_where(function)}{called}: {error}") from None


def _where(function: Any) -> str:
    """File and line of a function, a method or a class, before a colon; empty where that is not known."""
    made = function.__init__ if inspect.isclass(function) else inspect.unwrap(function)
    code = getattr(getattr(made, "__func__", made), "__code__", None)
    return "" if code is None else f"{os.path.basename(code.co_filename)}:{code.co_firstlineno}: "


def find_handlers(target: Any) -> dict[type[Event], Callable[[Any], Any]]:
    """What the target wants of the feed."""
    return {kind: getattr(target, name) for kind, name in HANDLERS.items() if callable(getattr(target, name, None))}


def refuse_signatures(target: Any) -> None:
    """Raise UsageError where a method of the target cannot be called as a run does."""
    for name in (*HANDLERS.values(), *_WITHOUT_ARGUMENTS):
        method = getattr(target, name, None)
        if callable(method):
            refuse_call(method, name, *([name.removeprefix("on_")] if name in HANDLERS.values() else []))


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


def unread(names: Sequence[str]) -> list[str]:
    """What there is to say of parameters that nothing read, one line each."""
    return [f"the target does not read its parameter {name}: is it misspelt?" for name in names]


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
