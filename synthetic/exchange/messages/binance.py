"""Binance spot: diff. depth, trades and candles as its market streams send them, depth and candles as REST answers.

===========  ==================  ======================================================================
event        stream              message
===========  ==================  ======================================================================
Delta        symbol@depth        "depthUpdate": what changed of what was sent before, also across a Reconnect
Book         symbol@depth20      its best levels, without a type, as REST answers to /api/v3/depth
Trade        symbol@trade        "trade"; or symbol@aggTrade, "aggTrade", each of one trade
Candle       symbol@kline_1m     "kline", closed
Reconnect    none                None: a connection that broke says nothing
===========  ==================  ======================================================================

A stream has no snapshots: a client takes one by REST, :meth:`Binance.depth`, and applies what comes later. `u` is the
sequence of the event and `U` the same: one that is not one more than the last tells a client that it missed some.

With `market.faults.deltas_before_snapshot` the first delta after a Reconnect is not the whole book; it is taken for it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthetic.events import Book, Candle, Delta, Event, Reconnect, Trade
from synthetic.exchange.messages.forms import Message, eight, minutes_of, rows_of, traded_value
from synthetic.recorded.held_books import HeldSide

INTERVALS = {1: "1m", 3: "3m", 5: "5m", 15: "15m", 30: "30m", 60: "1h", 120: "2h", 240: "4h", 360: "6h", 480: "8h"}
"""Binance's names of candles, by their minutes."""


class Symbol:
    """What is remembered of one symbol: its book as it was sent, and the trades since its last candle."""

    __slots__ = ("bids_asks", "bought", "first_trade", "fresh", "sequence", "trades")

    def __init__(self) -> None:
        self.bids_asks = HeldSide(-1), HeldSide(1)
        self.fresh = True
        self.sequence = 0
        self.trades = 0
        self.first_trade = 1
        self.bought = 0.0

    def change(self, event: Delta) -> list[NDArray[np.float64]]:
        """Take a delta; returns what changed of each side. A whole book takes away what it has not."""
        changed = [
            side.replace(levels[:, 0], levels[:, 1], known=True)
            if self.fresh
            else side.change(levels[:, 0], levels[:, 1])
            for side, levels in zip(self.bids_asks, (event.bids, event.asks), strict=True)
        ]
        self.fresh = False
        self.sequence = event.sequence
        return changed


class Binance:
    """Makes messages of events: ``message(event)``. Trades are "trade", or "aggTrade" where they are `aggregated`."""

    def __init__(self, *, aggregated: bool = False) -> None:
        self.aggregated = aggregated
        self._symbols: dict[str, Symbol] = {}

    def message(self, event: Event) -> Message | None:
        """The message of an event; None of a Reconnect. Raises ValueError where a candle is of no named interval."""
        symbol = self._symbol(event.symbol)
        match event:
            case Delta():
                bids, asks = map(_texts, symbol.change(event))
                told = {"U": event.sequence, "u": event.sequence, "b": bids, "a": asks}
                return {"e": "depthUpdate", "E": event.timestamp_ms, "s": event.symbol, **told}
            case Book():
                return depth_of(event.sequence, event.bids[:20], event.asks[:20])
            case Trade():
                return self._trade(event, symbol)
            case Candle():
                return self._candle(event, symbol)
            case Reconnect():
                symbol.fresh = True
                return None

    def combined(self, event: Event) -> Message | None:
        """The message as a combined stream has it: with the name of its stream."""
        message = self.message(event)
        return None if message is None else {"stream": f"{event.symbol.lower()}@{self._stream(event)}", "data": message}

    def depth(self, symbol: str, limit: int = 100) -> Message:
        """The answer to GET /api/v3/depth: the best `limit` levels of a symbol, after the deltas that were sent."""
        known = self._symbol(symbol)
        bids, asks = (side.top(limit) for side in known.bids_asks)
        return depth_of(known.sequence, bids, asks)

    def _stream(self, event: Event) -> str:
        match event:
            case Delta():
                return "depth"
            case Book():
                return "depth20"
            case Trade():
                return self._trade_stream
            case Candle():
                return f"kline_{_interval(event)}"
            case Reconnect():
                return ""

    def _symbol(self, name: str) -> Symbol:
        if name not in self._symbols:
            self._symbols[name] = Symbol()
        return self._symbols[name]

    def _trade(self, event: Trade, symbol: Symbol) -> Message:
        symbol.trades += 1
        symbol.bought += event.quantity if event.side == "buy" else 0.0
        number = symbol.trades
        ids = {"a": number, "f": number, "l": number} if self.aggregated else {"t": number}
        return {
            "e": self._trade_stream,
            "E": event.timestamp_ms,
            "s": event.symbol,
            **ids,
            "p": eight(event.price),
            "q": eight(event.quantity),
            "T": event.timestamp_ms,
            "m": event.side == "sell",
            "M": True,
        }

    @property
    def _trade_stream(self) -> str:
        return "aggTrade" if self.aggregated else "trade"

    def _candle(self, event: Candle, symbol: Symbol) -> Message:
        count = symbol.trades + 1 - symbol.first_trade
        value = traded_value(event)
        bought = min(symbol.bought, event.volume)
        candle = {
            "t": event.open_ms,
            "T": event.timestamp_ms - 1,
            "s": event.symbol,
            "i": _interval(event),
            "f": symbol.first_trade if count else -1,
            "L": symbol.trades if count else -1,
            "o": eight(event.open),
            "c": eight(event.close),
            "h": eight(event.high),
            "l": eight(event.low),
            "v": eight(event.volume),
            "n": count,
            "x": True,
            "q": eight(value),
            "V": eight(bought),
            "Q": eight(value * bought / event.volume if event.volume else 0.0),
            "B": "0",
        }
        symbol.first_trade, symbol.bought = symbol.trades + 1, 0.0
        return {"e": "kline", "E": event.timestamp_ms, "s": event.symbol, "k": candle}


def klines(candles: NDArray[np.float64]) -> list[list[int | str]]:
    """The answer to GET /api/v3/klines: `candles` as `Environment.past_candles` gives them, the oldest first.

    The market does not say by whom they were traded: half of the volume counts as bought, in no trades.
    """
    return [
        [
            candle.open_ms,
            *map(eight, candle[3:]),
            candle.timestamp_ms - 1,
            eight(traded_value(candle)),
            0,
            eight(candle.volume / 2),
            eight(traded_value(candle) / 2),
            "0",
        ]
        for candle in rows_of(candles)
    ]


def _interval(event: Candle) -> str:
    minutes = minutes_of(event.timestamp_ms - event.open_ms)
    if minutes not in INTERVALS:
        raise ValueError(f"market.candle_s = {minutes * 60}: Binance has candles of {', '.join(INTERVALS.values())}")
    return INTERVALS[minutes]


def depth_of(sequence: int, bids: NDArray[np.float64], asks: NDArray[np.float64]) -> Message:
    """A book as REST answers it, and a stream of its best levels sends it: sides of shape (levels, 2)."""
    return {"lastUpdateId": sequence, "bids": _texts(bids), "asks": _texts(asks)}


def _texts(levels: NDArray[np.float64]) -> list[list[str]]:
    return [[eight(price), eight(quantity)] for price, quantity in levels.tolist()]
