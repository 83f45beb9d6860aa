"""An exchange without a run around it: a feed in real time, for whoever connects."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.clock import Clock
from harness.worker.on_the_wire import exchange_of
from synthetic.exchange.wire_faults import WireFaults
from synthetic.recipe import FeedRecipe

if TYPE_CHECKING:
    from synthetic.exchange.serving import Exchange

TELL_EVERY_S = 60.0
HORIZON_S = 366 * 86_400.0
"""How long it lives where nobody ends it."""


async def serve(
    recipe: FeedRecipe,
    clock: Clock,
    *,
    venue: str,
    active_symbols: int,
    faults: WireFaults | None,
    port: int,
    until_s: float | None,
    say: Callable[[str], None],
) -> None:
    """Serve the feed of a recipe from now on, for `until_s` seconds, and `say` where, and what was sent.

    Raises OSError where the port is taken.
    """
    feed = recipe.feed(start_ms=clock.start_ms)
    exchange = exchange_of(recipe, feed, clock, venue=venue, active_symbols=active_symbols, faults=faults)
    names = [instrument.name for instrument in recipe.instruments]
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    say(f"{venue}, seed {recipe.seed}, {len(names)} symbols: {shown}")
    say(f"opens 127.0.0.1:{port or 'a free port'}, for this machine only; Ctrl-C ends it")
    await exchange.open(port)
    say(f"REST      {exchange.rest_url}")
    say(f"WebSocket {exchange.ws_url}")
    telling = asyncio.create_task(_tell(exchange, say))
    late_s = clock.now_s()  # what the opening took: the market begins where it is now
    end_s = HORIZON_S if until_s is None else until_s
    try:
        for event in feed.stream(end_s, exchange.events):
            t_s = late_s + (event.timestamp_ms - clock.start_ms) / 1000
            if not clock.try_jump(t_s):
                await clock.sleep_until(t_s)
            exchange.take(event)
        await clock.sleep_until(late_s + end_s)
    finally:
        telling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await telling
        say(_said(exchange))
        exchange.close()


async def _tell(exchange: Exchange, say: Callable[[str], None]) -> None:
    while True:
        await asyncio.sleep(TELL_EVERY_S)
        say(_said(exchange))


def _said(exchange: Exchange) -> str:
    facts = exchange.facts()
    sent: dict[str, int] = {}
    for row in facts["streams"]:
        sent[row["kind"]] = sent.get(row["kind"], 0) + row["sent"]
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sent.items()) or "nothing"
    happened = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in facts["faults"].items() if count)
    return f"{exchange.sockets} connected; sent: {kinds}" + (f"; faults: {happened}" if happened else "")
