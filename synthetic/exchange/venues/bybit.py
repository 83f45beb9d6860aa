"""Bybit v5, linear, public: its topics and REST answers.

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
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from synthetic.events import Book, Candle, Delta, Event, Reconnect, Trade
from synthetic.exchange.connections import Answer, Request
from synthetic.exchange.messages.bybit import Bybit, klines, trade_id, trade_seq
from synthetic.exchange.messages.forms import Message, shortest
from synthetic.exchange.streams import Client, Outlet, Paced, Relayed, Stream
from synthetic.exchange.venues.names import base_and_quote, within
from synthetic.recorded.held_books import HeldSide

DEPTHS = (1, 50, 200, 1000)
SOCKET_PATH = "/v5/public/linear"
TICKER_MS = 100
CONNECTION_ID = "c0ffee00-0000-4000-8000-000000000000"


class BookStream(Stream):
    """orderbook.N of a market that is no deeper: its updates as they are."""

    takes = (Delta, Reconnect)

    def __init__(self, topic: str, symbol: str, outlet: Outlet, depth: int) -> None:
        super().__init__(topic, "book", symbol, outlet)
        self._builder = Bybit(depth)
        self._depth = depth
        self._fresh = not outlet.market.has_book(symbol)

    def opening(self) -> Message | None:
        market = self.outlet.market
        if not market.has_book(self.symbol):
            return None
        return self._builder.levels(market.book(self.symbol, self._depth), "snapshot")

    def take(self, event: Event) -> None:
        if isinstance(event, Delta):
            kind = "snapshot" if self._fresh else "delta"
            self._fresh = False
            self.outlet.publish(self, self._builder.levels(event, kind))
        else:
            self._fresh = True


class TopStream(Stream):
    """orderbook.N of a market that is deeper: what changed of the best N levels, where something did.

    Its `u` counts its own messages, and jumps where the market's sequence does.
    """

    takes = (Book, Reconnect)

    def __init__(self, topic: str, symbol: str, outlet: Outlet, depth: int) -> None:
        super().__init__(topic, "book", symbol, outlet)
        self._builder = Bybit(depth)
        self._depth = depth
        self._sides = HeldSide(-1), HeldSide(1)
        self._fresh = True
        self._sequence = self._number = 0
        self._known = False
        if outlet.market.has_book(symbol):
            self._hold(outlet.market.book(symbol, depth))
            self._number, self._fresh = self._sequence, False

    def opening(self) -> Message | None:
        market = self.outlet.market
        if not market.has_book(self.symbol):
            return None
        held = market.book(self.symbol, self._depth)
        return self._builder.levels(held._replace(sequence=self._number), "snapshot")

    def take(self, event: Event) -> None:
        if not isinstance(event, Book):
            self._fresh = True
            return
        step = event.sequence - self._sequence
        changed = self._hold(event)
        if not self._fresh and not any(map(len, changed)):
            return
        whole = self._fresh or self._depth == 1
        self._number += step if self._fresh else 1
        self._fresh = False
        bids, asks = (event.bids[: self._depth], event.asks[: self._depth]) if whole else changed
        told = Book(event.symbol, event.timestamp_ms, self._number, bids, asks)
        self.outlet.publish(self, self._builder.levels(told, "snapshot" if whole else "delta"))

    def _hold(self, book: Book) -> list[NDArray[np.float64]]:
        """Take in a book; what changed of each side."""
        known, self._known, self._sequence = self._known, True, book.sequence
        return [
            side.replace(levels[: self._depth, 0], levels[: self._depth, 1], known=known)
            for side, levels in zip(self._sides, (book.bids, book.asks), strict=True)
        ]


class TickerStream(Paced):
    """tickers: a snapshot at first, then the fields that changed."""

    takes = (Book, Trade)

    def __init__(self, topic: str, symbol: str, outlet: Outlet) -> None:
        super().__init__(topic, "ticker", symbol, outlet, every_ms=TICKER_MS)
        self._told = ticker_of(outlet, symbol)
        self._count = 1

    def opening(self) -> Message | None:
        return self._message("snapshot", ticker_of(self.outlet, self.symbol))

    def take(self, event: Event) -> None:
        self.gathered()

    def flush(self) -> None:
        now = ticker_of(self.outlet, self.symbol)
        changed = {key: value for key, value in now.items() if self._told[key] != value}
        if changed:
            self._told = now
            self._count += 1
            self.outlet.publish(self, self._message("delta", {"symbol": self.symbol, **changed}))

    def _message(self, kind: str, data: Message) -> Message:
        return {"topic": self.topic, "type": kind, "data": data, "cs": self._count, "ts": self.outlet.now_ms()}


def ticker_of(outlet: Outlet, symbol: str) -> Message:
    """What a ticker tells now; what it tells of 24 hours is that of the candles that are kept."""
    market = outlet.market
    bid, bid_size, ask, ask_size = market.best(symbol)
    last = market.last_price(symbol)
    middle = shortest((bid + ask) / 2 if bid and ask else last)
    return {
        "symbol": symbol,
        "lastPrice": shortest(last),
        "markPrice": middle,
        "indexPrice": middle,
        "bid1Price": shortest(bid),
        "bid1Size": shortest(bid_size),
        "ask1Price": shortest(ask),
        "ask1Size": shortest(ask_size),
    }


class BybitLinear:
    """The venue, for a market with candles of `candle_s` seconds."""

    def __init__(self, outlet: Outlet, candle_s: int) -> None:
        self._outlet = outlet
        self._builder = Bybit()
        self._interval = str(candle_s // 60) if candle_s % 60 == 0 else ""
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
        name, _, rest = topic.partition(".")
        detail, _, symbol = rest.rpartition(".")
        outlet = self._outlet
        if symbol not in outlet.market.instruments:
            return None
        match name, detail:
            case "orderbook", _ if detail.isdigit() and int(detail) in DEPTHS:
                make = TopStream if int(detail) < outlet.market.depth else BookStream
                return make(topic, symbol, outlet, int(detail))
            case "publicTrade", "":
                return Relayed(topic, "trade", symbol, outlet, takes=Trade, made=lambda: self._made)
            case "kline", _ if detail and detail == self._interval:
                return Relayed(topic, "candle", symbol, outlet, takes=Candle, made=lambda: self._made)
            case "tickers", "":
                return TickerStream(topic, symbol, outlet)
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
        unknown = [topic for topic in topics if not isinstance(topic, str) or self.stream(topic) is None]
        if unknown:
            refused = f"error:handler not found,topic:{unknown[0]}"
            self._outlet.say(client, {"success": False, "ret_msg": refused, **acknowledged})
            return
        self._outlet.say(client, {"success": True, "ret_msg": "", **acknowledged})
        for topic in topics:
            self._outlet.subscribe(client, topic)

    # REST

    def answer(self, request: Request) -> Answer:
        query = request.query
        name = request.path.removeprefix("/v5/market/")
        if request.path == name or name not in self._answers:
            return Answer({"retCode": 10404, "retMsg": f"no such path: {request.path}"}, status=404)
        if name != "time" and query.get("category", "linear") != "linear":
            return self._ok({"category": query["category"], "list": [], "nextPageCursor": ""})
        if name in ("orderbook", "kline", "recent-trade") or "symbol" in query:
            symbol = query.get("symbol", "")
            if symbol not in self._outlet.market.instruments:
                return self._refused("params error: Symbol Invalid")
        return self._answers[name](self, query)

    def unavailable(self) -> Answer:
        return Answer({"retCode": 10016, "retMsg": "Service is restarting"}, status=503)

    def limited(self, limit: int, wait_s: int) -> Answer:
        reset_ms = self._outlet.now_ms() + wait_s * 1000
        headers = [("Retry-After", wait_s), ("X-Bapi-Limit", limit), ("X-Bapi-Limit-Status", 0)]
        headers.append(("X-Bapi-Limit-Reset-Timestamp", reset_ms))
        told = {"retCode": 10006, "retMsg": "Too many visits!", "time": self._outlet.now_ms()}
        return Answer(told, status=429, headers=tuple((name, str(value)) for name, value in headers))

    def _ok(self, result: Message) -> Answer:
        now_ms = self._outlet.now_ms()
        return Answer({"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": now_ms})

    def _refused(self, text: str) -> Answer:
        told = {"retCode": 10001, "retMsg": text, "result": {}, "retExtInfo": {}, "time": self._outlet.now_ms()}
        return Answer(told)

    def _time(self, _: dict[str, str]) -> Answer:
        now_ms = self._outlet.now_ms()
        return self._ok({"timeSecond": str(now_ms // 1000), "timeNano": str(now_ms * 1_000_000)})

    def _instruments(self, query: dict[str, str]) -> Answer:
        names = [query["symbol"]] if "symbol" in query else list(self._outlet.market.instruments)
        begin, limit = within(query.get("cursor"), 0, len(names), 0), within(query.get("limit"), 1, 1000, 500)
        cursor = str(begin + limit) if begin + limit < len(names) else ""
        rows = [self._instrument(name) for name in names[begin : begin + limit]]
        return self._ok({"category": "linear", "list": rows, "nextPageCursor": cursor})

    def _instrument(self, name: str) -> Message:
        instrument = self._outlet.market.instruments[name]
        base, quote = base_and_quote(name)
        tick, lot = shortest(instrument.tick), shortest(instrument.lot)
        return {
            "symbol": name,
            "contractType": "LinearPerpetual",
            "status": "Trading",
            "baseCoin": base,
            "quoteCoin": quote,
            "launchTime": "1585526400000",
            "deliveryTime": "0",
            "deliveryFeeRate": "",
            "priceScale": str(len(tick.partition(".")[2])),
            "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
            "priceFilter": {"minPrice": tick, "maxPrice": shortest(instrument.tick * 1e9), "tickSize": tick},
            "lotSizeFilter": {
                "maxOrderQty": shortest(instrument.lot * 1e6),
                "minOrderQty": lot,
                "qtyStep": lot,
                "postOnlyMaxOrderQty": shortest(instrument.lot * 1e6),
                "maxMktOrderQty": shortest(instrument.lot * 1e5),
                "minNotionalValue": "5",
            },
            "unifiedMarginTrade": True,
            "fundingInterval": 480,
            "settleCoin": quote,
            "copyTrading": "none",
            "upperFundingRate": "0.00375",
            "lowerFundingRate": "-0.00375",
            "isPreListing": False,
            "preListingInfo": None,
            "displayName": "",
        }

    def _orderbook(self, query: dict[str, str]) -> Answer:
        book = self._outlet.market.book(query["symbol"], within(query.get("limit"), 1, 500, 25))
        message = self._builder.levels(book, "snapshot")
        return self._ok({**message["data"], "ts": self._outlet.now_ms(), "cts": message["cts"]})

    def _kline(self, query: dict[str, str]) -> Answer:
        symbol = query["symbol"]
        if not self._interval or query.get("interval") != self._interval:
            return self._refused("Invalid period!")
        candles = self._outlet.market.last_candles(symbol, within(query.get("limit"), 1, 1000, 200))
        if len(candles) < 2:
            return self._ok({"symbol": symbol, "category": "linear", "list": []})
        return Answer(klines(symbol, candles, self._outlet.now_ms()))

    def _recent_trade(self, query: dict[str, str]) -> Answer:
        symbol = query["symbol"]
        count, trades = self._outlet.market.last_trades(symbol, within(query.get("limit"), 1, 1000, 500))
        rows = [
            {
                "execId": trade_id(symbol, count - back),
                "symbol": symbol,
                "price": shortest(price),
                "size": shortest(quantity),
                "side": "Buy" if bought else "Sell",
                "time": str(int(time_ms)),
                "isBlockTrade": False,
                "isRPITrade": False,
                "seq": str(trade_seq(count - back)),
            }
            for back, (time_ms, price, quantity, bought) in enumerate(reversed(trades.tolist()))
        ]
        return self._ok({"category": "linear", "list": rows})

    def _tickers(self, query: dict[str, str]) -> Answer:
        names = [query["symbol"]] if "symbol" in query else list(self._outlet.market.instruments)
        return self._ok({"category": "linear", "list": [ticker_of(self._outlet, name) for name in names]})

    _answers: ClassVar[dict[str, Callable[[BybitLinear, dict[str, str]], Answer]]] = {
        "time": _time,
        "instruments-info": _instruments,
        "orderbook": _orderbook,
        "kline": _kline,
        "recent-trade": _recent_trade,
        "tickers": _tickers,
    }
