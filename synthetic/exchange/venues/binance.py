"""Binance spot: its market streams and REST answers.

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
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from synthetic.events import Book, Candle, Delta, Event, Reconnect, Trade
from synthetic.exchange.connections import Answer, Request
from synthetic.exchange.messages.binance import INTERVALS, Binance, depth_of, klines
from synthetic.exchange.messages.forms import Message, eight
from synthetic.exchange.streams import Client, Outlet, Paced, Relayed, Stream
from synthetic.exchange.venues.names import base_and_quote, within

PING_EVERY_S = 20.0
LIMIT_MOST = 1000


class DepthStream(Paced):
    """depth: the levels that changed, each with its last quantity; a gap in the market's sequence is one here, too."""

    takes = (Delta, Reconnect)

    def __init__(self, topic: str, symbol: str, outlet: Outlet, *, every_ms: int) -> None:
        super().__init__(topic, "book", symbol, outlet, every_ms=every_ms)
        self._changed: tuple[dict[float, float], dict[float, float]] = ({}, {})
        self._first = self._last = 0
        self._fresh = False

    def take(self, event: Event) -> None:
        if not isinstance(event, Delta):
            self._fresh = True
            return
        if self._last and event.sequence > self._last + 1:
            self.flush()
        if self._fresh:
            self._forget_levels()
        late = event.sequence < self._last
        for changed, levels in zip(self._changed, (event.bids, event.asks), strict=True):
            for price, quantity in levels.tolist():
                if not (late and price in changed):
                    changed[price] = quantity
        self._first = min(self._first or event.sequence, event.sequence)
        self._last = max(self._last, event.sequence)
        self.gathered()

    def _forget_levels(self) -> None:
        """The delta that comes is a whole book: what was known before it goes, unless it says otherwise."""
        self._fresh = False
        for side, changed in enumerate(self._changed):
            for price in self.outlet.market.side(self.symbol, side, self.outlet.market.depth)[:, 0].tolist():
                changed[price] = 0.0

    def flush(self) -> None:
        bids, asks = self._changed
        if not (bids or asks):
            return
        message = {
            "e": "depthUpdate",
            "E": self.outlet.now_ms(),
            "s": self.symbol,
            "U": self._first,
            "u": self._last,
            "b": [[eight(price), eight(quantity)] for price, quantity in sorted(bids.items(), reverse=True)],
            "a": [[eight(price), eight(quantity)] for price, quantity in sorted(asks.items())],
        }
        bids.clear()
        asks.clear()
        self._first = 0
        self.outlet.publish(self, message)


class PartialStream(Paced):
    """depth5, depth10, depth20: the best levels, where the book was updated."""

    takes = (Book,)

    def __init__(self, topic: str, symbol: str, outlet: Outlet, *, levels: int, every_ms: int) -> None:
        super().__init__(topic, "book", symbol, outlet, every_ms=every_ms)
        self._levels = levels

    def take(self, event: Event) -> None:
        self.gathered()

    def flush(self) -> None:
        book = self.outlet.market.book(self.symbol, self._levels)
        self.outlet.publish(self, depth_of(book.sequence, book.bids, book.asks))


class BookTickerStream(Stream):
    """bookTicker: the best bid and ask, at once."""

    takes = (Book,)

    def __init__(self, topic: str, symbol: str, outlet: Outlet) -> None:
        super().__init__(topic, "ticker", symbol, outlet)
        self._told = (0.0, 0.0, 0.0, 0.0)

    def take(self, event: Event) -> None:
        best = self.outlet.market.best(self.symbol)
        if best != self._told:
            self._told = best
            number = self.outlet.market.sequence(self.symbol)
            self.outlet.publish(self, {"u": number, **best_of(self.symbol, best, "sbBaA")})


def best_of(symbol: str, best: tuple[float, float, float, float], keys: Any) -> Message:
    """The best bid and ask by these five names: symbol, price and quantity bid, price and quantity asked."""
    return dict(zip(keys, (symbol, *map(eight, best)), strict=True))


class BinanceSpot:
    """The venue, for a market with candles of `candle_s` seconds."""

    def __init__(self, outlet: Outlet, candle_s: int) -> None:
        self._outlet = outlet
        self._interval = INTERVALS.get(candle_s // 60, "") if candle_s % 60 == 0 else ""
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

    # REST

    def answer(self, request: Request) -> Answer:
        name = request.path.removeprefix("/api/v3/")
        if request.path == name or name not in self._answers:
            return Answer({"code": -1, "msg": f"no such path: {request.path}"}, status=404)
        query = request.query
        if name in ("depth", "klines", "trades", "aggTrades"):
            if "symbol" not in query:
                return _refused(-1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.")
            if query["symbol"] not in self._outlet.market.instruments:
                return _refused(-1121, "Invalid symbol.")
        return self._answers[name](self, query)

    def unavailable(self) -> Answer:
        return Answer({"code": -1000, "msg": "Service unavailable."}, status=503)

    def limited(self, limit: int, wait_s: int) -> Answer:
        text = f"Too much request weight used; current limit is {limit} request weight per 1 MINUTE."
        headers = (("Retry-After", str(wait_s)), ("X-MBX-USED-WEIGHT-1M", str(limit + 1)))
        return Answer({"code": -1003, "msg": text}, status=429, headers=headers)

    def _ping_answer(self, _: dict[str, str]) -> Answer:
        return Answer({})

    def _time(self, _: dict[str, str]) -> Answer:
        return Answer({"serverTime": self._outlet.now_ms()})

    def _symbols(self, query: dict[str, str]) -> list[str] | None:
        """The symbols that are asked for, all of them without a word; None where one is unknown."""
        known = self._outlet.market.instruments
        names = list(known)
        if "symbol" in query:
            names = [query["symbol"]]
        elif "symbols" in query:
            names = re.findall(r"[A-Z0-9]+", query["symbols"])
        return names if all(name in known for name in names) else None

    def _exchange_info(self, query: dict[str, str]) -> Answer:
        names = self._symbols(query)
        if names is None:
            return _refused(-1121, "Invalid symbol.")
        limits = [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000}]
        rows = [self._instrument(name) for name in names]
        now_ms = self._outlet.now_ms()
        told = {"serverTime": now_ms, "rateLimits": limits, "exchangeFilters": [], "symbols": rows}
        return Answer({"timezone": "UTC", **told})

    def _instrument(self, name: str) -> Message:
        instrument = self._outlet.market.instruments[name]
        base, quote = base_and_quote(name)
        tick, lot = eight(instrument.tick), eight(instrument.lot)
        most = eight(instrument.lot * 1e6)
        return {
            "symbol": name,
            "status": "TRADING",
            "baseAsset": base,
            "baseAssetPrecision": 8,
            "quoteAsset": quote,
            "quotePrecision": 8,
            "quoteAssetPrecision": 8,
            "baseCommissionPrecision": 8,
            "quoteCommissionPrecision": 8,
            "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
            "icebergAllowed": True,
            "ocoAllowed": True,
            "quoteOrderQtyMarketAllowed": True,
            "allowTrailingStop": False,
            "cancelReplaceAllowed": True,
            "isSpotTradingAllowed": True,
            "isMarginTradingAllowed": False,
            "filters": [
                {
                    "filterType": "PRICE_FILTER",
                    "minPrice": tick,
                    "maxPrice": eight(instrument.tick * 1e9),
                    "tickSize": tick,
                },
                {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": most, "stepSize": lot},
                {"filterType": "MARKET_LOT_SIZE", "minQty": lot, "maxQty": most, "stepSize": lot},
                {
                    "filterType": "NOTIONAL",
                    "minNotional": "5.00000000",
                    "applyMinToMarket": True,
                    "maxNotional": "9000000.00000000",
                    "applyMaxToMarket": False,
                    "avgPriceMins": 5,
                },
            ],
            "permissions": [],
            "permissionSets": [["SPOT"]],
            "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
            "allowedSelfTradePreventionModes": ["EXPIRE_MAKER"],
        }

    def _depth(self, query: dict[str, str]) -> Answer:
        book = self._outlet.market.book(query["symbol"], within(query.get("limit"), 1, 5000, 100))
        return Answer(depth_of(book.sequence, book.bids, book.asks))

    def _klines(self, query: dict[str, str]) -> Answer:
        if not self._interval or query.get("interval") != self._interval:
            return _refused(-1120, "Invalid interval.")
        return Answer(self._rows(query))

    def _rows(self, query: dict[str, str]) -> list[list[int | str]]:
        candles = self._outlet.market.last_candles(query["symbol"], LIMIT_MOST)
        begin, end = (within(query.get(key), 0, 1 << 53, default) for key, default in _TIMES)
        candles = candles[(candles[:, 0] >= begin) & (candles[:, 0] <= end)]
        limit = within(query.get("limit"), 1, LIMIT_MOST, 500)
        chosen: NDArray[np.float64] = candles[:limit] if "startTime" in query else candles[-limit:]
        return klines(chosen) if len(chosen) > 1 else []

    def _trades(self, query: dict[str, str]) -> Answer:
        count, trades = self._outlet.market.last_trades(query["symbol"], within(query.get("limit"), 1, 1000, 500))
        first = count - len(trades) + 1
        rows = [
            {
                "id": first + place,
                "price": eight(price),
                "qty": eight(quantity),
                "quoteQty": eight(price * quantity),
                "time": int(time_ms),
                "isBuyerMaker": not bought,
                "isBestMatch": True,
            }
            for place, (time_ms, price, quantity, bought) in enumerate(trades.tolist())
        ]
        return Answer(rows)

    def _aggregated_trades(self, query: dict[str, str]) -> Answer:
        count, trades = self._outlet.market.last_trades(query["symbol"], within(query.get("limit"), 1, 1000, 500))
        rows = []
        for number, (time_ms, price, quantity, bought) in enumerate(trades.tolist(), count - len(trades) + 1):
            ids = dict.fromkeys("afl", number)
            rows.append({**ids, "p": eight(price), "q": eight(quantity), "T": int(time_ms), "m": not bought, "M": True})
        return Answer(rows)

    def _book_ticker(self, query: dict[str, str]) -> Answer:
        names = self._symbols(query)
        if names is None:
            return _refused(-1121, "Invalid symbol.")
        keys = ("symbol", "bidPrice", "bidQty", "askPrice", "askQty")
        rows = [best_of(name, self._outlet.market.best(name), keys) for name in names]
        return Answer(rows[0] if "symbol" in query else rows)

    _answers: ClassVar[dict[str, Callable[[BinanceSpot, dict[str, str]], Answer]]] = {
        "ping": _ping_answer,
        "time": _time,
        "exchangeInfo": _exchange_info,
        "depth": _depth,
        "klines": _klines,
        "trades": _trades,
        "aggTrades": _aggregated_trades,
        "ticker/bookTicker": _book_ticker,
    }


_TIMES = (("startTime", 0), ("endTime", 1 << 53))


def _refused(code: int, text: str) -> Answer:
    return Answer({"code": code, "msg": text}, status=400)
