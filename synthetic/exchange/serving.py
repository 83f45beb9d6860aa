"""An exchange on this machine's loopback: the events of a market, sent to whoever has subscribed to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

from synthetic.events import Book, Candle, Delta, Event, Reconnect, Trade
from synthetic.exchange.connections import Answer, Connection, Request, as_json
from synthetic.exchange.known_market import F64, KnownMarket
from synthetic.exchange.messages.forms import Message
from synthetic.exchange.streams import Client, Stream
from synthetic.exchange.tally import Tally
from synthetic.exchange.trouble_making import TroubleMaker
from synthetic.exchange.venues import VENUES
from synthetic.exchange.wire_faults import WireFaults
from synthetic.instrument import Instrument

HOST = "127.0.0.1"

SOUND = WireFaults()
"""A wire without faults."""

_NO_BOOKS: Mapping[str, Book] = MappingProxyType({})

EVENTS: tuple[type[Event], ...] = (Book, Delta, Trade, Candle, Reconnect)
"""What it must be given of a feed."""


class Exchange:
    """One venue with one market, on the loop that runs when it is opened.

    `now_s` gives the seconds since the start, `start_ms` is the epoch time of that; `past_candles` are those before it,
    `opening` the books that it opens with. Of `instruments` only the first `active_symbols` are ever heard of again,
    by default all. The wire has the `faults`, by `seed`. Raises ValueError for an unknown venue.
    """

    def __init__(
        self,
        venue: str,
        instruments: Sequence[Instrument],
        *,
        depth: int,
        candle_s: int,
        past_candles: Callable[[str, int], F64],
        start_ms: int,
        now_s: Callable[[], float],
        opening: Mapping[str, Book] = _NO_BOOKS,
        active_symbols: int | None = None,
        faults: WireFaults = SOUND,
        seed: int = 0,
    ) -> None:
        if venue not in VENUES:
            raise ValueError(f'venue = "{venue}": the venues are {", ".join(sorted(VENUES))}')
        self.venue = venue
        self.market = KnownMarket(instruments, depth=depth, past_candles=past_candles)
        for book in opening.values():
            self.market.take(book._replace(timestamp_ms=start_ms))
        self._quiet = frozenset(i.name for i in instruments[active_symbols:]) if active_symbols is not None else ()
        self.tally = Tally([instrument.name for instrument in instruments])
        self._start_ms = start_ms
        self._now_s = now_s
        self._venue = VENUES[venue](self, candle_s)
        self._trouble = TroubleMaker(faults, self.market.instruments, seed=seed, now_s=now_s, later=self.later)
        self._streams: dict[str, Stream] = {}
        self._by_event: dict[tuple[type[Event], str], list[Stream]] = {}
        self._clients: dict[Connection, Client] = {}
        self._connections: dict[Connection, None] = {}
        self._server: asyncio.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.port = 0
        self.events = EVENTS

    @property
    def rest_url(self) -> str:
        """Where it is asked by REST, without a path."""
        return f"http://{HOST}:{self.port}"

    @property
    def ws_url(self) -> str:
        """Where its WebSockets are, without a path."""
        return f"ws://{HOST}:{self.port}"

    @property
    def sockets(self) -> int:
        """How many WebSockets are open."""
        return len(self._clients)

    async def open(self, port: int = 0) -> None:
        """Listen, on `port` or on any that is free. Raises OSError where that is taken."""
        self._loop = asyncio.get_running_loop()
        self._server = await self._loop.create_server(partial(Connection, self), HOST, port)
        self.port = self._server.sockets[0].getsockname()[1]
        self._trouble.begin(disconnect=self._disconnect, silence=self._silence, skip=self._skip)

    def close(self) -> None:
        """Drop all connections and listen no more."""
        for stream in self._streams.values():
            stream.wanted = False
        for connection in list(self._connections):
            connection.abort()
        if self._server is not None:
            self._server.close()
            self._server = None

    def take(self, event: Event) -> None:
        """Send an event of the market, which happens now."""
        if event.symbol in self._quiet:
            return
        self.market.take(event)
        self._venue.take(event)
        for stream in self._by_event.get((type(event), event.symbol), ()):
            stream.take(event)

    def delivered(self, kind: str, symbol: str, message: str = "") -> None:
        """The client was called back. Raises ValueError where there is no such kind."""
        self.tally.delivered(kind, symbol, message, self._now_s())

    def facts(self) -> dict[str, Any]:
        """What was due, sent and delivered, as JSON can say it."""
        return {"venue": self.venue, "faults": self._trouble.told(), **self.tally.told()}

    # What streams and venues ask for

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return self._start_ms + round(self._now_s() * 1000)

    def later(self, delay_s: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        """Call `callback` after that time."""
        assert self._loop is not None
        return self._loop.call_later(delay_s, callback)

    def publish(self, stream: Stream, message: Message) -> None:
        """Send a message to all who listen to a stream."""
        if not stream.wanted:
            return
        if stream.skips:
            stream.skips = False
            return
        text, sent = as_json(message), 0
        for client in list(stream.listeners):
            sent += self._send(client, self._venue.framed(client, stream.topic, text))
        self.tally.due(stream.kind, stream.symbol, self._now_s(), sent=sent)

    def say(self, client: Client, message: Message) -> None:
        """Send a message to one client."""
        self._send(client, as_json(message))

    def subscribe(self, client: Client, topic: str) -> None:
        """Have a client listen to a topic; nothing where there is none of that name."""
        if topic in client.streams:
            return
        stream = self._streams.get(topic) or self._make(topic)
        if stream is None:
            return
        stream.wanted = True
        stream.listeners[client] = None
        client.streams[topic] = stream
        opening = stream.opening()
        if opening is not None:
            sent = self._send(client, self._venue.framed(client, topic, as_json(opening)))
            self.tally.due(stream.kind, stream.symbol, self._now_s(), sent=sent)

    def unsubscribe(self, client: Client, topic: str) -> None:
        """Have a client no longer listen to a topic."""
        stream = client.streams.pop(topic, None)
        if stream is not None:
            del stream.listeners[client]
            stream.wanted = bool(stream.listeners)

    def _disconnect(self, reset: bool) -> None:
        for connection in list(self._clients):
            if reset:
                connection.abort()
            else:
                connection.close(1001, "going away")

    def _silence(self) -> None:
        for connection in self._clients:
            connection.mute = True

    def _skip(self, symbol: str) -> None:
        for stream in self._streams.values():
            if stream.symbol == symbol and stream.kind == "book":
                stream.skips = True

    def _make(self, topic: str) -> Stream | None:
        stream = self._venue.stream(topic)
        if stream is not None:
            self._streams[topic] = stream
            for kind in stream.takes:
                self._by_event.setdefault((kind, stream.symbol), []).append(stream)
        return stream

    def _send(self, client: Client, text: str) -> bool:
        sent = client.connection.send(text)
        if sent:
            self.tally.written(self._now_s(), text)
        return sent

    # What connections tell

    def arrived(self, connection: Connection) -> None:
        """A connection is made."""
        self._connections[connection] = None

    def answer(self, request: Request) -> Answer:
        """The answer to a request by HTTP."""
        requests = self._venue.requests
        answer = self._trouble.answered(requests.answer(request), requests)
        self.tally.answered(self._now_s(), f"{request.path} {answer.status}")
        return answer

    def opens(self, connection: Connection, request: Request) -> bool:
        """Whether there is a WebSocket at this address."""
        return self._venue.opens(request)

    def connected(self, connection: Connection, request: Request) -> None:
        """A WebSocket is open."""
        client = self._clients[connection] = Client(connection)
        self._venue.connected(client, request)

    def said(self, connection: Connection, text: str) -> None:
        """A text message from a client."""
        client = self._clients.get(connection)
        if client is not None:
            self._venue.said(client, text)

    def gone(self, connection: Connection) -> None:
        """A connection is closed or lost; its streams go on without it."""
        self._connections.pop(connection, None)
        client = self._clients.pop(connection, None)
        if client is None:
            return
        if client.pinging is not None:
            client.pinging.cancel()
        for stream in client.streams.values():
            del stream.listeners[client]
        client.streams.clear()
