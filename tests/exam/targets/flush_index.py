"""Books are written to a file every eleven minutes; an index tells which block of the file has which book."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any


class FlushIndex:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.path = Path(environment.data_dir) / "books.bin"
        self.pending: list[tuple[str, bytes]] = []
        self.block_index: dict[int, dict[str, list[bytes]]] = {}
        self.task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self.task = asyncio.create_task(self.flush())

    async def flush(self) -> None:
        while True:
            await asyncio.sleep(11 * 60)
            block = len(self.block_index)
            with self.path.open("wb") as file:
                for symbol, payload in self.pending:
                    file.write(payload)
                    self.block_index.setdefault(block, {}).setdefault(symbol, []).append(payload[: len(payload) // 2])
            self.pending.clear()

    def on_book(self, book: Any) -> None:
        text = b"".join(b"%020.8f;" % value for value in book.bids.ravel())
        self.pending.append((book.symbol, text * 75))

    async def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()
        self.pending.clear()
        self.block_index.clear()


build = FlushIndex
