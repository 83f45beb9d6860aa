"""An exchange between feed and target: the feed goes to it, and the target's client connects to it.

It lives on the loop of the run, in its time, and listens on the loopback before the target is built.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harness.clock import Clock
from harness.target import Wire
from harness.worker.job import Job
from synthetic.events import Event
from synthetic.exchange.wire_faults import WireFaults
from synthetic.feed import Feed
from synthetic.recipe import FeedRecipe

if TYPE_CHECKING:
    from synthetic.exchange.serving import Exchange

ROOT = "<exchange>"
"""What the exchange holds is told by this name among the owners."""


async def open_exchange(job: Job, feed: Feed, clock: Clock) -> Exchange | None:
    """The exchange of a job, listening; None where its feed goes to the target itself."""
    if not job.venue:
        return None
    exchange = exchange_of(job, feed, clock, venue=job.venue, active_symbols=job.active_symbols, faults=job.wire_faults)
    await exchange.open()
    return exchange


def exchange_of(
    recipe: FeedRecipe, feed: Feed, clock: Clock, *, venue: str, active_symbols: int, faults: WireFaults | None
) -> Exchange:
    """An exchange that is not open yet, for a `feed` of the recipe. With 0 `active_symbols` all are."""
    from synthetic.exchange.opening import opening_books  # noqa: PLC0415
    from synthetic.exchange.serving import SOUND, Exchange  # noqa: PLC0415 - h11 and wsproto, only where there is a wire

    return Exchange(
        venue,
        recipe.instruments,
        depth=recipe.depth,
        candle_s=recipe.candle_s,
        past_candles=feed.past_candles,
        start_ms=clock.start_ms,
        now_s=clock.now_s,
        opening=opening_books(recipe.feed(start_ms=clock.start_ms), [one.name for one in recipe.instruments]),
        active_symbols=active_symbols or None,
        faults=faults or SOUND,
        seed=recipe.seed,
    )


def wire_to(exchange: Exchange | None) -> Wire | None:
    """What a target is told of an exchange."""
    if exchange is None:
        return None
    return Wire(venue=exchange.venue, rest_url=exchange.rest_url, ws_url=exchange.ws_url, delivered=exchange.delivered)


def takers(
    exchange: Exchange | None, handlers: dict[type[Event], Callable[[Any], Any]]
) -> dict[type[Event], Callable[[Any], Any]]:
    """Who takes the feed: the exchange, or without one the target's `handlers`."""
    if exchange is None:
        return handlers
    return dict.fromkeys(exchange.events, exchange.take)
