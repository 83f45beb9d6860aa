"""python-binance on Binance spot: one socket for the streams of all symbols, or a depth cache for each of them."""

from __future__ import annotations

import asyncio
from typing import Any

from binance import AsyncClient, BinanceSocketManager, ThreadedDepthCacheManager
from binance.client import BaseClient

from harness.clients.delivering import Delivering, cancelled

KINDS = {"depthUpdate": "book", "trade": "trade"}


class Client(Delivering):
    """With `caches` it keeps a depth cache of each symbol, else it reads trades, deltas and book tickers of all."""

    async def start(self) -> None:
        BaseClient.API_URL, BinanceSocketManager.STREAM_URL = f"{self.wire.rest_url}/api", f"{self.wire.ws_url}/"
        self.client, self.manager = await AsyncClient.create(), ThreadedDepthCacheManager()
        self.manager._client = self.client  # its thread is not started: its listeners live on this loop
        caches = self.params.get("caches", False)
        self.tasks = [] if caches else [asyncio.create_task(self._read())]
        for symbol in self.symbols if caches else ():
            self.manager.start_depth_cache(self._cached, symbol=symbol, ws_interval=100, limit=500)

    def _cached(self, book: Any) -> None:
        if isinstance(book, dict):
            self.errors += 1
        else:
            self.called_back("book", book.symbol)

    async def _read(self) -> None:
        names = [f"{one.lower()}@{kind}" for one in self.symbols for kind in ("trade", "depth@100ms", "bookTicker")]
        async with BinanceSocketManager(self.client).multiplex_socket(names) as socket:
            while True:
                data = (await socket.recv()).get("data")
                if data is None:
                    self.errors += 1
                else:
                    self.called_back(KINDS.get(data.get("e"), "ticker"), data["s"])

    async def stop(self) -> None:
        await cancelled(*self.tasks)
        self.manager._socket_running.update(dict.fromkeys(self.manager._socket_running, False))
        await asyncio.sleep(4)  # its listeners look every 3 s
        await self.client.close_connection()


build = Client
