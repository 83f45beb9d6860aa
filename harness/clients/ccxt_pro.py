"""ccxt.pro on Bybit (linear) or Binance (spot): order books, of one symbol or all at once, trades, bids and asks."""

from __future__ import annotations

import asyncio
from typing import Any

from ccxt import NetworkError, pro

from harness.clients.delivering import Delivering, cancelled
from harness.target import Environment

METHODS = {"book": "watch_order_book", "books": "watch_order_book_for_symbols"}
METHODS |= {"trades": "watch_trades_for_symbols", "bids_asks": "watch_bids_asks"}
KINDS = {"trades": "trade", "bids_asks": "ticker"}


class Client(Delivering):
    """`watch` says what it watches: one of METHODS. A loop for each symbol where the method takes one, else one."""

    def __init__(self, params: dict[str, Any], environment: Environment) -> None:
        super().__init__(params, environment)
        self.watch, rest, stream = params.get("watch", "books"), self.wire.rest_url, self.wire.ws_url
        streams = {"public": {"linear": f"{stream}/v5/public/linear"}} if self.bybit else {"spot": f"{stream}/ws"}
        urls = {"public": rest if self.bybit else f"{rest}/api/v3", "ws": streams}
        options = {"fetchMarkets": {"types": ["linear" if self.bybit else "spot"]}, "fetchCurrencies": False}
        of_venue = pro.bybit if self.bybit else pro.binance
        self.client = of_venue({"urls": {"api": urls}, "options": options, "enableRateLimit": False})

    async def start(self) -> None:
        await self.client.load_markets()
        each = self.client.symbols if self.watch == "book" else [list(self.client.symbols)]
        self.tasks = [asyncio.create_task(self._loop(what)) for what in each]

    async def _loop(self, what: str | list[str]) -> None:
        while True:
            try:
                answer = await getattr(self.client, METHODS[self.watch])(what)
            except NetworkError:  # it connects again with the next call
                self.errors += 1
                await asyncio.sleep(1)
                continue
            self.calls += 1
            for one in answer if self.watch in KINDS else [answer]:
                self.wire.delivered(KINDS.get(self.watch, "book"), one if isinstance(one, str) else one["symbol"])

    async def stop(self) -> None:
        await cancelled(*self.tasks)
        await self.client.close()


build = Client
