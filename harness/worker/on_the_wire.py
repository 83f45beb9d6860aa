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
from synthetic.feed import Feed

if TYPE_CHECKING:
    from synthetic.exchange.serving import Exchange

ROOT = "<exchange>"
"""What the exchange holds is told by this name among the owners."""


async def open_exchange(job: Job, feed: Feed, clock: Clock) -> Exchange | None:
    """The exchange of a job, listening; None where its feed goes to the target itself."""
    if not job.venue:
        return None
    from synthetic.exchange.opening import opening_books  # noqa: PLC0415
    from synthetic.exchange.serving import SOUND, Exchange  # noqa: PLC0415 - h11 and wsproto, only where there is a wire

    exchange = Exchange(
        job.venue,
        job.instruments,
        depth=job.depth,
        candle_s=job.candle_s,
        past_candles=feed.past_candles,
        start_ms=clock.start_ms,
        now_s=clock.now_s,
        opening=opening_books(job.feed(start_ms=clock.start_ms), [one.name for one in job.instruments]),
        active_symbols=job.active_symbols or None,
        faults=job.wire_faults or SOUND,
        seed=job.seed,
    )
    await exchange.open()
    return exchange


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
