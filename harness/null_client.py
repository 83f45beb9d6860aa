"""A client of an exchange that keeps nothing: it subscribes to all streams of all symbols, reads, and drops.

What a run with it holds and grows by is the exchange's own, and the harness's.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Ping, Request, TextMessage

from harness.target import Environment, Wire


class NullClient:
    """One WebSocket to either venue. It connects again at once where it is dropped."""

    def __init__(self, params: dict[str, Any], environment: Environment) -> None:
        if environment.exchange is None:
            raise ValueError("the null client connects to an exchange: the scenario needs an [exchange]")
        self.exchange = environment.exchange
        self.symbols = environment.symbols[: int(params.get("symbols", len(environment.symbols)))]
        self.minutes = environment.candle_s // 60
        self.connections = 0
        self.task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect, and stay connected."""
        self.task = asyncio.create_task(self._stay(), name="null client")

    async def stop(self) -> None:
        """Disconnect."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
            self.task = None
            await asyncio.sleep(0)  # its connection is lost in the next turn

    def counters(self) -> dict[str, int]:
        """How often it connected."""
        return {"connections": self.connections}

    async def _stay(self) -> None:
        loop = asyncio.get_running_loop()
        address = urlsplit(self.exchange.ws_url)
        while True:
            lost: asyncio.Future[None] = loop.create_future()
            host, port = address.hostname, address.port
            transport, _ = await loop.create_connection(partial(_Reading, self, lost), host or "", port or 0)
            self.connections += 1
            try:
                await lost
            finally:
                transport.abort()

    @property
    def path(self) -> str:
        """Where it connects to."""
        return "/v5/public/linear" if self.exchange.venue == "bybit" else "/stream"

    def subscription(self) -> str:
        """What it says first."""
        if self.exchange.venue == "bybit":
            kinds = ("orderbook.50", "publicTrade", "tickers", f"kline.{self.minutes}")
            return json.dumps(
                {"op": "subscribe", "args": [f"{kind}.{name}" for name in self.symbols for kind in kinds]}
            )
        streams = ("depth@100ms", "trade", "bookTicker", f"kline_{self.minutes}m")
        params = [f"{name.lower()}@{stream}" for name in self.symbols for stream in streams]
        return json.dumps({"method": "SUBSCRIBE", "params": params, "id": 1})


_BYBIT = {"orderbook": "book", "publicTrade": "trade", "tickers": "ticker", "kline": "candle"}
_BINANCE = {"depth@100ms": "book", "trade": "trade", "bookTicker": "ticker"}


def told_of(wire: Wire, text: str) -> None:
    """Tell the exchange of a message of a stream."""
    message = json.loads(text)
    if "topic" in message:
        parts = message["topic"].split(".")
        wire.delivered(_BYBIT[parts[0]], parts[-1], text)
    elif "stream" in message or "e" in message or "u" in message:
        symbol, _, stream = message["stream"].partition("@")
        wire.delivered(_BINANCE.get(stream, "candle"), symbol, text)


class _Reading(asyncio.Protocol):
    def __init__(self, client: NullClient, lost: asyncio.Future[None]) -> None:
        self._client = client
        self._lost = lost
        self._socket = WSConnection(ConnectionType.CLIENT)
        self._unfinished: deque[str] = deque()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        host = urlsplit(self._client.exchange.ws_url).netloc
        transport.write(self._socket.send(Request(host=host, target=self._client.path)))

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._socket.receive_data(data)
        for event in self._socket.events():
            match event:
                case AcceptConnection():
                    self._transport.write(self._socket.send(TextMessage(data=self._client.subscription())))
                case TextMessage():
                    self._unfinished.append(event.data)
                    if event.message_finished:
                        told_of(self._client.exchange, "".join(self._unfinished))
                        self._unfinished.clear()
                case Ping():
                    self._transport.write(self._socket.send(event.response()))
                case CloseConnection():
                    self._transport.close()

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None
        if not self._lost.done():
            self._lost.set_result(None)


build = NullClient
