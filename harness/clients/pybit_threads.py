"""pybit on Bybit (linear), in the threads that it starts itself: the books, trades and tickers of all symbols."""

from __future__ import annotations

import asyncio
from typing import Any

from pybit import unified_trading

from harness.clients.delivering import Delivering

KINDS = {"orderbook": "book", "publicTrade": "trade", "tickers": "ticker"}


class Client(Delivering):
    """One WebSocket. What connects or closes it blocks, and the exchange must answer meanwhile: not on its loop."""

    async def start(self) -> None:
        unified_trading.PUBLIC_WSS = self.wire.ws_url + "/v5/public/{CHANNEL_TYPE}"
        await asyncio.to_thread(self._connect)

    def _connect(self) -> None:
        names = list(self.symbols)
        self.socket = unified_trading.WebSocket(channel_type="linear", testnet=False)
        self.socket.orderbook_stream(50, names, self._told)
        self.socket.trade_stream(names, self._told)
        self.socket.ticker_stream(names, self._told)

    def _told(self, message: dict[str, Any]) -> None:
        kind, *_, symbol = message["topic"].split(".")
        self.called_back(KINDS[kind], symbol)

    async def stop(self) -> None:
        await asyncio.to_thread(self.socket.exit)


build = Client
