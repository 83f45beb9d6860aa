"""cryptofeed on Bybit (linear) or Binance (spot): the books, trades, tickers and candles of all symbols."""

from __future__ import annotations

import asyncio
from typing import Any

from cryptofeed import FeedHandler
from cryptofeed.connection import RestEndpoint, Routes, WebsocketEndpoint
from cryptofeed.defines import CANDLES, L2_BOOK, TICKER, TRADES
from cryptofeed.exchanges import Binance, Bybit

from harness.clients.delivering import Delivering

KINDS = {L2_BOOK: "book", TRADES: "trade", TICKER: "ticker", CANDLES: "candle"}
INSTRUMENTS = "/v5/market/instruments-info?category="
BYBIT = Routes([f"{INSTRUMENTS}linear", f"{INSTRUMENTS}spot"])
BINANCE = Routes("/api/v3/exchangeInfo", l2book="/api/v3/depth?symbol={}&limit={}")


class Client(Delivering):
    """One feed handler with one feed. It takes TLS only: its feed connects without, to this machine."""

    async def start(self) -> None:
        rest = RestEndpoint(self.wire.rest_url, routes=BYBIT if self.bybit else BINANCE)
        stream = WebsocketEndpoint(self.wire.ws_url.replace("ws:", "wss:") + "/v5/public/linear" * self.bybit)
        ends = {"websocket_endpoints": [stream], "rest_endpoints": [rest], "connect": _without_tls}
        feed: Any = type("Local", (Bybit if self.bybit else Binance,), ends)
        await asyncio.to_thread(feed.symbol_mapping, True)  # it blocks
        self.handler = FeedHandler(config={"uvloop": False, "log": {"disabled": True}})
        told = {channel: self._told(kind) for channel, kind in KINDS.items()}
        self.handler.add_feed(feed(symbols=feed.symbols(), channels=list(KINDS), callbacks=told))
        self.handler.run(start_loop=False, install_signal_handlers=False)

    def _told(self, kind: str) -> Any:
        async def tell(event: Any, received_s: float) -> None:
            self.called_back(kind, event.symbol)

        return tell

    async def stop(self) -> None:
        await self.handler.stop_async()


def _without_tls(feed: Any) -> Any:
    made = super(type(feed), feed).connect()
    for connection, *_ in made:
        connection.address = connection.address.replace("wss:", "ws:")
    return made


build = Client
