"""Bybit v5, linear, public: order books, trades and candles as its WebSocket sends them, candles as REST answers.

===========  ===================  =====================================================================
event        topic                message
===========  ===================  =====================================================================
Delta        orderbook.50.SYMBOL  a symbol's first, and the first after a Reconnect: "snapshot", else "delta"
Book         orderbook.50.SYMBOL  "snapshot"
Trade        publicTrade.SYMBOL   "snapshot" with one trade
Candle       kline.1.SYMBOL       "snapshot" with one closed candle
Reconnect    none                 None: a connection that broke says nothing
===========  ===================  =====================================================================

`u` is the sequence of the event, so that it is continuous where nothing was missed; `seq` rises with it, with gaps.

With `market.faults.deltas_before_snapshot` the first delta after a Reconnect is not the whole book; it is taken for it.
"""

from __future__ import annotations

import zlib
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from synthetic.events import Book, Candle, Delta, Event, Reconnect, Trade
from synthetic.exchange.messages.forms import Message, minutes_of, rows_of, shortest, traded_value

_SEQ_STEP = 7


class Symbol:
    """What is remembered of one symbol: whether a snapshot is due, and its last trade."""

    __slots__ = ("direction", "fresh", "name", "price", "trades")

    def __init__(self, name: str) -> None:
        self.name = name
        self.fresh = True
        self.trades = 0
        self.price = 0.0
        self.direction = "PlusTick"

    def tick_direction(self, price: float) -> str:
        """The tick direction of a trade at `price`, after the trade before."""
        if price != self.price:
            self.direction = "PlusTick" if price > self.price else "MinusTick"
            said = self.direction
        else:
            said = f"Zero{self.direction}"
        self.price = price
        return said


class Bybit:
    """Makes messages of events: ``message(event)``. `depth` is that of the topic, 1, 50, 200 or 1000."""

    def __init__(self, depth: int = 50) -> None:
        self.depth = depth
        self._symbols: dict[str, Symbol] = {}

    def message(self, event: Event) -> Message | None:
        """The message of an event; None of a Reconnect, after which the next delta is a snapshot.

        Raises ValueError where a candle has no whole minutes.
        """
        symbol = self._symbols.get(event.symbol)
        if symbol is None:
            symbol = self._symbols[event.symbol] = Symbol(event.symbol)
        match event:
            case Delta():
                kind = "snapshot" if symbol.fresh else "delta"
                symbol.fresh = False
                return self.levels(event, kind)
            case Book():
                return self.levels(event, "snapshot")
            case Trade():
                return self._trade(event, symbol)
            case Candle():
                return self._candle(event)
            case Reconnect():
                symbol.fresh = True
                return None

    def levels(self, event: Book | Delta, kind: str) -> Message:
        """The message of a book, or of what changed of one, as a `kind` of "snapshot" or "delta"."""
        data = {
            "s": event.symbol,
            "b": _texts(event.bids),
            "a": _texts(event.asks),
            "u": event.sequence,
            "seq": _SEQ_STEP * event.sequence,
        }
        topic = f"orderbook.{self.depth}.{event.symbol}"
        return {"topic": topic, "type": kind, "ts": event.timestamp_ms, "data": data, "cts": event.timestamp_ms}

    def _trade(self, event: Trade, symbol: Symbol) -> Message:
        symbol.trades += 1
        trade = {
            "T": event.timestamp_ms,
            "s": event.symbol,
            "S": event.side.capitalize(),
            "v": shortest(event.quantity),
            "p": shortest(event.price),
            "L": symbol.tick_direction(event.price),
            "i": trade_id(symbol.name, symbol.trades),
            "BT": False,
            "RPI": False,
            "seq": trade_seq(symbol.trades),
        }
        return {"topic": f"publicTrade.{event.symbol}", "type": "snapshot", "ts": event.timestamp_ms, "data": [trade]}

    def _candle(self, event: Candle) -> Message:
        interval = str(minutes_of(event.timestamp_ms - event.open_ms))
        candle = {
            "start": event.open_ms,
            "end": event.timestamp_ms - 1,
            "interval": interval,
            "open": shortest(event.open),
            "close": shortest(event.close),
            "high": shortest(event.high),
            "low": shortest(event.low),
            "volume": shortest(event.volume),
            "turnover": shortest(traded_value(event)),
            "confirm": True,
            "timestamp": event.timestamp_ms,
        }
        topic = f"kline.{interval}.{event.symbol}"
        return {"topic": topic, "type": "snapshot", "ts": event.timestamp_ms, "data": [candle]}


def trade_id(symbol: str, number: int) -> str:
    """The id of a symbol's trade, the first of which has the number 1."""
    return str(UUID(int=zlib.crc32(symbol.encode()) << 64 | number))


def trade_seq(number: int) -> int:
    """The `seq` of that trade."""
    return _SEQ_STEP * number


def klines(symbol: str, candles: NDArray[np.float64], time_ms: int) -> Message:
    """The answer to GET /v5/market/kline: `candles` as `Environment.past_candles` gives them, the newest first."""
    rows = [
        [str(candle.open_ms), *map(shortest, candle[3:]), shortest(traded_value(candle))]
        for candle in reversed(rows_of(candles))
    ]
    result = {"symbol": symbol, "category": "linear", "list": rows}
    return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": time_ms}


def _texts(levels: NDArray[np.float64]) -> list[list[str]]:
    return [[shortest(price), shortest(quantity)] for price, quantity in levels.tolist()]
