"""A small world with an exchange in virtual time, and a client of sockets as plain as can be."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, Ping, Request, TextMessage

from harness.clock import VirtualClock
from synthetic.exchange.opening import opening_books
from synthetic.exchange.serving import SOUND, Exchange
from synthetic.faults.kinds import Faults
from synthetic.market import Market
from synthetic.symbols import instruments

START_MS = 1_736_121_600_000

Scene = Callable[[Exchange], Awaitable[None]]


def play(
    venue: str, scene: Scene, *, seconds: float, symbols: int = 2, depth: int = 20, seed: int = 1, **more: Any
) -> Exchange:
    """Run a market behind an exchange for so many virtual seconds, beside a scene of clients; the exchange after it."""
    clock = VirtualClock(start_ms=START_MS, stall_s=30)
    traded = instruments(symbols, seed)
    faults: Faults | None = more.pop("faults", None)
    of_wire = more.pop("faults_of_wire", SOUND)

    def market() -> Market:
        kept = {"depth": depth, "books_per_second": 2.0, "faults": faults}
        return Market(traded, seed=seed, start_ms=START_MS, **kept)

    feed = market()
    exchange = Exchange(
        venue,
        traded,
        depth=depth,
        candle_s=60,
        past_candles=feed.past_candles,
        start_ms=START_MS,
        now_s=clock.now_s,
        opening=opening_books(market(), [one.name for one in traded]),
        faults=of_wire,
        seed=seed,
        **more,
    )

    async def live() -> None:
        await exchange.open()
        acting = asyncio.ensure_future(scene(exchange))
        for event in feed.stream(seconds, exchange.events):
            await clock.sleep_until((event.timestamp_ms - START_MS) / 1000)
            exchange.take(event)
        await clock.sleep_until(seconds)
        acting.cancel()
        outcome = (await asyncio.gather(acting, return_exceptions=True))[0]
        exchange.close()
        await asyncio.sleep(0.1)
        if isinstance(outcome, Exception):
            raise outcome

    clock.run(live())
    return exchange


async def ask(exchange: Exchange, target: str) -> tuple[int, dict[str, str], Any]:
    """GET: the status, the headers in small letters, what the JSON says."""
    reader, writer = await asyncio.open_connection("127.0.0.1", exchange.port)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(first.split()[1]), headers, json.loads(body)


class Socket(asyncio.Protocol):
    """A WebSocket to an exchange. ConnectionError where it is refused, closed, or lost."""

    def __init__(self, exchange: Exchange, path: str) -> None:
        self.exchange = exchange
        self._path = path
        self._socket = WSConnection(ConnectionType.CLIENT)
        self._messages: asyncio.Queue[str | None] = asyncio.Queue()
        self._text = ""

    async def open(self) -> Socket:
        await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self.exchange.port)
        if await self._messages.get() is None:
            raise ConnectionError("refused")
        return self

    async def say(self, message: Any) -> None:
        self._transport.write(self._socket.send(TextMessage(data=json.dumps(message))))

    async def next(self) -> Any:
        text = await self._messages.get()
        if text is None:
            raise ConnectionError("lost")
        return json.loads(text)

    def close(self) -> None:
        self._transport.abort()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.write(self._socket.send(Request(host="x", target=self._path)))

    def connection_lost(self, error: Exception | None) -> None:
        self._messages.put_nowait(None)

    def data_received(self, data: bytes) -> None:
        self._socket.receive_data(data)
        for event in self._socket.events():
            if isinstance(event, AcceptConnection):
                self._messages.put_nowait("open")
            elif isinstance(event, Ping):
                self._transport.write(self._socket.send(event.response()))
            elif isinstance(event, TextMessage):
                self._text += event.data
                if event.message_finished:
                    self._messages.put_nowait(self._text)
                    self._text = ""
            else:
                self._transport.close()
