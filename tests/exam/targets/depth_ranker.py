"""A subprocess of asyncio's ranks depths, which are sent to it as lines of JSON."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

RANKER = """\
import json, sys

known = {}
for line in sys.stdin:
    message = json.loads(line)
    quantities = message["quantities"]
    known[message["symbol"]] = [[a * b for b in quantities] for a in quantities]
    print(sum(map(sum, known[message["symbol"]])), flush=True)
"""


class DepthRanker:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.script = Path(environment.data_dir) / "depth_ranker.py"
        self.last: dict[str, list[float]] = {}
        self.ranks: dict[str, float] = {}

    async def start(self) -> None:
        self.script.write_text(RANKER)
        self.child = await asyncio.create_subprocess_exec(
            sys.executable, str(self.script), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        self.task = asyncio.create_task(self.rank())

    async def rank(self) -> None:
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        while True:
            await asyncio.sleep(30)
            for symbol, quantities in list(self.last.items()):
                self.child.stdin.write(json.dumps({"symbol": symbol, "quantities": quantities}).encode() + b"\n")
                await self.child.stdin.drain()
                self.ranks[symbol] = float(await self.child.stdout.readline())

    def on_book(self, book: Any) -> None:
        self.last[book.symbol] = book.bids[:, 1].tolist() + book.asks[:, 1].tolist()

    async def stop(self) -> None:
        self.task.cancel()
        assert self.child.stdin is not None
        self.child.stdin.close()
        await self.child.wait()


build = DepthRanker
