"""cryptofeed on Bybit (linear) or Binance (spot): the books, trades, tickers and candles of all symbols."""

from __future__ import annotations

import asyncio
from typing import Any

from cryptofeed import FeedHandler
from cryptofeed.connection import RestEndpoint, Routes, WebsocketEndpoint
from cryptofeed.defines import CANDLES, L2_BOOK, TICKER, TRADES
from cryptofeed.exchanges import Binance, Bybit

from harness.target import Environment

KINDS = {L2_BOOK: "book", TRADES: "trade", TICKER: "ticker", CANDLES: "candle"}
INSTRUMENTS = "/v5/market/instruments-info?category="


class Client:
    """One feed handler with one feed. It takes TLS only: its feed connects without, to this machine."""

    def __init__(self, params: dict[str, Any], environment: Environment) -> None:
        assert environment.exchange is not None, "the scenario needs an [exchange]"
        self.wire, self.calls, bybit = environment.exchange, 0, environment.exchange.venue == "bybit"
        books = {"l2book": "/api/v3/depth?symbol={}&limit={}"}
        lists = (
            Routes([f"{INSTRUMENTS}linear", f"{INSTRUMENTS}spot"]) if bybit else Routes("/api/v3/exchangeInfo", **books)
        )
        stream = self.wire.ws_url.replace("ws:", "wss:") + ("/v5/public/linear" if bybit else "")
        ends = {
            "websocket_endpoints": [WebsocketEndpoint(stream)],
            "rest_endpoints": [RestEndpoint(self.wire.rest_url, routes=lists)],
        }
        self.feed: Any = type("Local", (Bybit if bybit else Binance,), {**ends, "connect": _without_tls})

    async def start(self) -> None:
        await asyncio.to_thread(self.feed.symbol_mapping, True)  # it blocks
        self.handler = FeedHandler(config={"uvloop": False, "log": {"disabled": True}})
        told = {channel: self._told(kind) for channel, kind in KINDS.items()}
        self.handler.add_feed(self.feed(symbols=self.feed.symbols(), channels=list(KINDS), callbacks=told))
        self.handler.run(start_loop=False, install_signal_handlers=False)

    def _told(self, kind: str) -> Any:
        async def tell(event: Any, received_s: float) -> None:
            self.calls += 1
            self.wire.delivered(kind, event.symbol)

        return tell

    async def stop(self) -> None:
        await self.handler.stop_async()

    def counters(self) -> dict[str, int]:
        return {"calls": self.calls}


def _without_tls(feed: Any) -> Any:
    made = super(type(feed), feed).connect()
    for connection, *_ in made:
        connection.address = connection.address.replace("wss:", "ws:")
    return made


build = Client
