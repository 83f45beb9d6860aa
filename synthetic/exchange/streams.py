"""What clients subscribe to: a topic of one symbol, whom it is sent to, and how its messages are made of events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from synthetic.events import Event
from synthetic.exchange.connections import Answer, Connection, Request
from synthetic.exchange.known_market import KnownMarket
from synthetic.exchange.messages.forms import Message


class Client:
    """A client's WebSocket: its streams by topic. `combined`: its messages name their stream, as Binance offers."""

    __slots__ = ("combined", "connection", "pinging", "streams")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.combined = False
        self.streams: dict[str, Stream] = {}
        self.pinging: Any = None


class Outlet(Protocol):
    """What streams and venues ask of the exchange."""

    market: KnownMarket

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""

    def later(self, delay_s: float, callback: Callable[[], None]) -> Any:
        """Call `callback` after that time; gives a handle with ``cancel()``."""

    def publish(self, stream: Stream, message: Message) -> None:
        """Send a message to all who listen to a stream."""

    def say(self, client: Client, message: Message) -> None:
        """Send a message to one client: an acknowledgement, an answer."""

    def subscribe(self, client: Client, topic: str) -> None:
        """Have a client listen to a topic, which exists; it is sent what the stream opens with."""

    def unsubscribe(self, client: Client, topic: str) -> None:
        """Have a client no longer listen to a topic."""


class Stream:
    """One topic. `takes` are the kinds of events that it is made from.

    It is `wanted` until nobody wants it any more; a stream that `skips` leaves its next message out.
    """

    takes: tuple[type[Event], ...] = ()

    def __init__(self, topic: str, kind: str, symbol: str, outlet: Outlet) -> None:
        self.topic = topic
        self.kind = kind
        self.symbol = symbol
        self.outlet = outlet
        self.listeners: dict[Client, None] = {}
        self.wanted = True
        self.skips = False

    def opening(self) -> Message | None:
        """What a new listener is sent at once."""
        return None

    def take(self, event: Event) -> None:
        """Take an event of its symbol; publish what it makes of it, now or later."""
        raise NotImplementedError


class Relayed(Stream):
    """A stream whose messages a venue makes once for all, of one kind of event."""

    def __init__(
        self, topic: str, kind: str, symbol: str, outlet: Outlet, *, takes: type[Event], made: Callable[[], Message]
    ) -> None:
        super().__init__(topic, kind, symbol, outlet)
        self.takes = (takes,)
        self._made = made

    def take(self, event: Event) -> None:
        self.outlet.publish(self, self._made())


class Paced(Stream):
    """A stream that gathers what happened and sends it at whole multiples of `every_ms`."""

    def __init__(self, topic: str, kind: str, symbol: str, outlet: Outlet, *, every_ms: int) -> None:
        super().__init__(topic, kind, symbol, outlet)
        self._every_ms = every_ms
        self._due = False

    def flush(self) -> None:
        """Publish what has gathered."""
        raise NotImplementedError

    def gathered(self) -> None:
        """Something has gathered: it is sent at the next multiple."""
        if not self._due:
            self._due = True
            wait_ms = self._every_ms - self.outlet.now_ms() % self._every_ms
            self.outlet.later(wait_ms / 1000, self._flush)

    def _flush(self) -> None:
        self._due = False
        self.flush()


class Requests(Protocol):
    """What a venue answers by HTTP."""

    def answer(self, request: Request) -> Answer:
        """The answer to a request."""

    def unavailable(self) -> Answer:
        """What is answered to any request while nothing works."""

    def limited(self, limit: int, wait_s: int) -> Answer:
        """What is answered to more than `limit` requests within a minute, of which `wait_s` seconds are left."""


class Venue(Protocol):
    """What a venue is on the wire: its addresses, its topics, its words."""

    @property
    def requests(self) -> Requests:
        """What it answers by HTTP."""

    def take(self, event: Event) -> None:
        """Take an event that the market has taken in, before the streams of its symbol do."""

    def stream(self, topic: str) -> Stream | None:
        """The stream of a topic, made anew; None where there is none of that name."""

    def opens(self, request: Request) -> bool:
        """Whether there is a WebSocket at this address."""

    def connected(self, client: Client, request: Request) -> None:
        """A WebSocket is open."""

    def said(self, client: Client, text: str) -> None:
        """A client said something."""

    def framed(self, client: Client, topic: str, text: str) -> str:
        """A stream's message as this client gets it."""
