"""What Binance spot answers by REST."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from synthetic.exchange.connections import Answer, Request
from synthetic.exchange.messages.binance import depth_of, klines
from synthetic.exchange.messages.forms import Message, eight
from synthetic.exchange.streams import Outlet
from synthetic.exchange.venues.binance.streams import best_of
from synthetic.exchange.venues.names import base_and_quote, within

LIMIT_MOST = 1000


class SpotRequests:
    """Its REST, for a market with candles of `interval`; "" where it has no name for them."""

    def __init__(self, outlet: Outlet, interval: str) -> None:
        self._outlet = outlet
        self._interval = interval

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

    _answers: ClassVar[dict[str, Callable[[SpotRequests, dict[str, str]], Answer]]] = {
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
