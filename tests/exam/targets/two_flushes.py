"""Books are written to one file every eleven minutes and, packed, to another every seventeen."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any


class TwoFlushes:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.folder = Path(environment.data_dir)
        self.plain: list[bytes] = []
        self.packed: list[bytes] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self.tasks = [
            asyncio.create_task(self.flush(self.plain, "plain.bin", 11 * 60)),
            asyncio.create_task(self.flush(self.packed, "packed.bin", 17 * 60)),
        ]

    async def flush(self, buffer: list[bytes], name: str, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            with (self.folder / name).open("wb") as file:
                file.writelines(buffer)
            buffer.clear()

    def on_book(self, book: Any) -> None:
        self.plain.append(b"".join(b"%020.8f;" % value for value in book.bids.ravel()) * 30)
        self.packed.append(book.asks.tobytes() * 80)

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.plain.clear()
        self.packed.clear()


build = TwoFlushes
