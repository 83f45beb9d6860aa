"""Bybit v5, linear, public, as clients see it: its WebSockets, and its answers by REST.

=======================  ==============================================================================
orderbook.N.SYMBOL       N of 1, 50, 200, 1000; a snapshot at once, then a delta for each update, of N = 1
                         always a snapshot; no deeper than the market
publicTrade.SYMBOL       each trade
kline.I.SYMBOL           closed candles; I is that of the market
tickers.SYMBOL           a snapshot at once, then what changed, every 100 ms
=======================  ==============================================================================
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

from synthetic.events import Candle, Event, Trade
from synthetic.exchange.connections import Request
from synthetic.exchange.messages.bybit import Bybit
from synthetic.exchange.messages.forms import Message
from synthetic.exchange.streams import Client, Outlet, Relayed, Stream
from synthetic.exchange.venues.bybit.requests import LinearRequests
from synthetic.exchange.venues.bybit.streams import BookStream, TickerStream, TopStream

DEPTHS = (1, 50, 200, 1000)
SOCKET_PATH = "/v5/public/linear"
CONNECTION_ID = "c0ffee00-0000-4000-8000-000000000000"


class BybitLinear:
    """The venue, for a market with candles of `candle_s` seconds."""

    def __init__(self, outlet: Outlet, candle_s: int) -> None:
        self._outlet = outlet
        self._builder = Bybit()
        self._interval = str(candle_s // 60) if candle_s % 60 == 0 else ""
        self.requests = LinearRequests(outlet, self._interval)
        self._made: Message = {}

    def take(self, event: Event) -> None:
        if isinstance(event, Trade) or (isinstance(event, Candle) and self._interval):
            self._made = self._builder.message(event) or {}

    # WebSocket

    def opens(self, request: Request) -> bool:
        return request.path == SOCKET_PATH

    def connected(self, client: Client, request: Request) -> None:
        pass

    def framed(self, client: Client, topic: str, text: str) -> str:
        return text

    def stream(self, topic: str) -> Stream | None:
        made = self._maker(topic)
        return None if made is None else made()

    def _maker(self, topic: str) -> Callable[[], Stream] | None:
        """What makes the stream of a topic; None where there is none of that name."""
        name, _, rest = topic.partition(".")
        detail, _, symbol = rest.rpartition(".")
        outlet = self._outlet
        if symbol not in outlet.market.instruments:
            return None
        match name, detail:
            case "orderbook", _ if detail.isdigit() and int(detail) in DEPTHS:
                made = TopStream if int(detail) < outlet.market.depth else BookStream
                return partial(made, topic, symbol, outlet, int(detail))
            case "publicTrade", "":
                return partial(Relayed, topic, "trade", symbol, outlet, takes=Trade, made=lambda: self._made)
            case "kline", _ if detail and detail == self._interval:
                return partial(Relayed, topic, "candle", symbol, outlet, takes=Candle, made=lambda: self._made)
            case "tickers", "":
                return partial(TickerStream, topic, symbol, outlet)
        return None

    def said(self, client: Client, text: str) -> None:
        try:
            asked = json.loads(text)
            operation, topics = asked.get("op"), list(asked.get("args") or ())
        except (ValueError, AttributeError, TypeError):
            self._outlet.say(client, {"success": False, "ret_msg": "error:invalid request", "op": ""})
            return
        acknowledged = {"conn_id": CONNECTION_ID, "req_id": asked.get("req_id", ""), "op": operation}
        if operation == "ping":
            self._outlet.say(client, {"success": True, "ret_msg": "pong", **acknowledged})
        elif operation == "subscribe":
            self._subscribe(client, topics, acknowledged)
        elif operation == "unsubscribe":
            for topic in topics:
                self._outlet.unsubscribe(client, topic)
            self._outlet.say(client, {"success": True, "ret_msg": "", **acknowledged})
        else:
            self._outlet.say(client, {"success": False, "ret_msg": f"error:unknown op {operation}", **acknowledged})

    def _subscribe(self, client: Client, topics: list[str], acknowledged: Message) -> None:
        unknown = [topic for topic in topics if not isinstance(topic, str) or self._maker(topic) is None]
        if unknown:
            refused = f"error:handler not found,topic:{unknown[0]}"
            self._outlet.say(client, {"success": False, "ret_msg": refused, **acknowledged})
            return
        self._outlet.say(client, {"success": True, "ret_msg": "", **acknowledged})
        for topic in topics:
            self._outlet.subscribe(client, topic)
