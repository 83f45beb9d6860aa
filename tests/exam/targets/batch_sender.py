"""Tells a child of each batch of books, which adds up their sizes, and has the batches at hand by their numbers."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

ADDER = "import sys\ntotal = 0\nfor line in sys.stdin:\n    total += int(line)\n    print(total, flush=True)\n"


class BatchSender:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.batch: list[str] = []
        self.sent: dict[int, str] = {}
        self.total = 0

    async def start(self) -> None:
        self.child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", ADDER, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        self.task = asyncio.create_task(self.send())

    async def send(self) -> None:
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        number = 0
        while True:
            await asyncio.sleep(20)
            number += 1
            self.sent[number] = " ".join(self.batch)
            self.batch.clear()
            self.child.stdin.write(b"%d\n" % len(self.sent[number]))
            self.total = int(await self.child.stdout.readline())

    def on_book(self, book: Any) -> None:
        values = [*book.bids.ravel().tolist(), *book.asks.ravel().tolist()]
        self.batch.append(" ".join(f"{value:0400.8f}" for value in values))

    async def stop(self) -> None:
        self.task.cancel()
        assert self.child.stdin is not None
        self.child.stdin.close()
        await self.child.wait()


build = BatchSender
