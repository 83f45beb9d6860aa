"""A forked process digests what it is sent over a pipe."""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
from typing import Any


def digest(pipe: Any) -> None:
    last: dict[str, bytes] = {}
    while (message := pipe.recv()) is not None:
        symbol, payload = message
        last[symbol] = payload * 500
        pipe.send(hashlib.sha256(last[symbol]).hexdigest())


class ForkDigest:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.latest: dict[str, bytes] = {}
        self.digests: dict[str, str] = {}

    async def start(self) -> None:
        context = multiprocessing.get_context("fork")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=digest, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()
        self.task = asyncio.create_task(self.ask())

    async def ask(self) -> None:
        while True:
            await asyncio.sleep(30)
            for symbol, payload in self.latest.items():
                self.pipe.send((symbol, payload))
                self.digests[symbol] = self.pipe.recv()

    def on_book(self, book: Any) -> None:
        self.latest[book.symbol] = book.bids.tobytes() + book.asks.tobytes()

    async def stop(self) -> None:
        self.task.cancel()
        self.pipe.send(None)
        self.process.join()
        self.pipe.close()


build = ForkDigest
