"""Binance spot as clients see it: its WebSockets, and its answers by REST.

==========================  ===========================================================================
symbol@depth, @depth@100ms  what changed in the last second, or 100 ms, with the numbers of its updates
symbol@depthN(@100ms)       the best N levels of 5, 10, 20, as often, where anything changed
symbol@trade, @aggTrade     each trade
symbol@bookTicker           the best bid and ask whenever one of them changes
symbol@kline_I              closed candles; I is that of the market
==========================  ===========================================================================

Streams stand in the address (/ws/a/b, /stream?streams=a/b) or are asked for by SUBSCRIBE. A stream that does not exist
is silent, as the venue's are. Every 20 s a client is pinged.
"""

from __future__ import annotations

import json
import re
from functools import partial
from typing import Any

from synthetic.events import Candle, Event, Trade
from synthetic.exchange.connections import Request
from synthetic.exchange.messages.binance import INTERVALS, Binance
from synthetic.exchange.messages.forms import Message
from synthetic.exchange.streams import Client, Outlet, Relayed, Stream
from synthetic.exchange.venues.binance.requests import SpotRequests
from synthetic.exchange.venues.binance.streams import BookTickerStream, DepthStream, PartialStream

PING_EVERY_S = 20.0


class BinanceSpot:
    """The venue, for a market with candles of `candle_s` seconds."""

    def __init__(self, outlet: Outlet, candle_s: int) -> None:
        self._outlet = outlet
        self._interval = INTERVALS.get(candle_s // 60, "") if candle_s % 60 == 0 else ""
        self.requests = SpotRequests(outlet, self._interval)
        self._builder = Binance()
        self._made: dict[str, Message] = {}
        self._names = {name.lower(): name for name in outlet.market.instruments}

    def take(self, event: Event) -> None:
        if isinstance(event, Trade):
            self._made["trade"] = self._builder.message(event) or {}
        elif isinstance(event, Candle) and self._interval:
            self._made["kline"] = self._builder.message(event) or {}

    # WebSocket

    def opens(self, request: Request) -> bool:
        return request.path in ("/stream", "/ws") or request.path.startswith("/ws/")

    def connected(self, client: Client, request: Request) -> None:
        client.combined = request.path == "/stream"
        asked = request.query.get("streams", "") if client.combined else request.path.removeprefix("/ws").strip("/")
        self._ping_later(client)
        for topic in asked.split("/"):
            self._outlet.subscribe(client, topic)

    def _ping_later(self, client: Client) -> None:
        client.pinging = self._outlet.later(PING_EVERY_S, partial(self._ping, client))

    def _ping(self, client: Client) -> None:
        client.connection.ping(b"%d" % self._outlet.now_ms())
        self._ping_later(client)

    def framed(self, client: Client, topic: str, text: str) -> str:
        return f'{{"stream":"{topic}","data":{text}}}' if client.combined else text

    def stream(self, topic: str) -> Stream | None:
        name, _, rest = topic.partition("@")
        symbol, outlet = self._names.get(name), self._outlet
        if symbol is None:
            return None
        if depth := re.fullmatch(r"depth(5|10|20)?(@100ms|@1000ms)?", rest):
            every_ms = 100 if depth[2] == "@100ms" else 1000
            if depth[1]:
                return PartialStream(topic, symbol, outlet, levels=int(depth[1]), every_ms=every_ms)
            return DepthStream(topic, symbol, outlet, every_ms=every_ms)
        if rest == "bookTicker":
            return BookTickerStream(topic, symbol, outlet)
        return self._relayed(topic, symbol, rest)

    def _relayed(self, topic: str, symbol: str, rest: str) -> Stream | None:
        if rest == "trade":
            return Relayed(topic, "trade", symbol, self._outlet, takes=Trade, made=lambda: self._made["trade"])
        if rest == "aggTrade":
            return Relayed(topic, "trade", symbol, self._outlet, takes=Trade, made=self._aggregated)
        if self._interval and rest == f"kline_{self._interval}":
            return Relayed(topic, "candle", symbol, self._outlet, takes=Candle, made=lambda: self._made["kline"])
        return None

    def _aggregated(self) -> Message:
        """The trade that was made last as one that is aggregated of itself alone."""
        trade = self._made["trade"]
        ids = dict.fromkeys("afl", trade["t"])
        head, rest = ({key: trade[key] for key in keys} for keys in ("Es", "pqTmM"))
        return {"e": "aggTrade", **head, **ids, **rest}

    def said(self, client: Client, text: str) -> None:
        number: Any = None
        try:
            asked = json.loads(text)
            number, method, params = asked.get("id"), asked["method"], list(asked.get("params") or ())
            result = self._do(client, method, params)
        except (ValueError, AttributeError, TypeError, KeyError, IndexError):
            refused = {"code": 2, "msg": "Invalid request: it must be a method, params and an id"}
            self._outlet.say(client, {"error": refused, "id": number})
            return
        self._outlet.say(client, {"result": result, "id": number})
        if method == "SUBSCRIBE":
            for topic in params:
                self._outlet.subscribe(client, topic)

    def _do(self, client: Client, method: str, params: list[Any]) -> Any:
        """Do what is answered once it is done. Raises ValueError where there is no such method."""
        match method:
            case "SUBSCRIBE":
                if not all(isinstance(topic, str) for topic in params):
                    raise ValueError(params)
            case "UNSUBSCRIBE":
                for topic in params:
                    self._outlet.unsubscribe(client, topic)
            case "LIST_SUBSCRIPTIONS":
                return list(client.streams)
            case "SET_PROPERTY":
                client.combined = bool(params[1])
            case _:
                raise ValueError(method)
        return None
