"""What Bybit's linear market answers by REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from synthetic.exchange.connections import Answer, Request
from synthetic.exchange.messages.bybit import Bybit, klines, trade_id, trade_seq
from synthetic.exchange.messages.forms import Message, shortest
from synthetic.exchange.streams import Outlet
from synthetic.exchange.venues.bybit.streams import ticker_of
from synthetic.exchange.venues.names import base_and_quote, within


class LinearRequests:
    """Its REST, for a market with candles of `interval` minutes; "" where it has no name for them."""

    def __init__(self, outlet: Outlet, interval: str) -> None:
        self._outlet = outlet
        self._interval = interval
        self._builder = Bybit()

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

    _answers: ClassVar[dict[str, Callable[[LinearRequests, dict[str, str]], Answer]]] = {
        "time": _time,
        "instruments-info": _instruments,
        "orderbook": _orderbook,
        "kline": _kline,
        "recent-trade": _recent_trade,
        "tickers": _tickers,
    }
