"""A child process encodes books; it is asked over pipes, by a thread, so that the loop goes on."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

ENCODER = """\
import sys, zlib

class Encoder:
    def __init__(self):
        self.previous = []

    def encode(self, text):
        raw = bytearray(text.encode() * 40)
        self.previous.append(raw)
        return len(zlib.compress(raw, 1))

encoder = Encoder()
for line in sys.stdin:
    print(encoder.encode(line), flush=True)
"""


class TickEncoder:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.folder = Path(environment.data_dir)
        self.latest = ""
        self.sizes = [0, 0]

    async def start(self) -> None:
        (self.folder / "tick_encoder.py").write_text(ENCODER)
        self.child = subprocess.Popen(
            [sys.executable, "-m", "tick_encoder"],
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.task = asyncio.create_task(self.encode())

    def ask(self, text: str) -> int:
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        print(text, file=self.child.stdin, flush=True)
        return int(self.child.stdout.readline())

    async def encode(self) -> None:
        while True:
            await asyncio.sleep(10)
            self.sizes = [self.sizes[1], await asyncio.to_thread(self.ask, self.latest)]

    def on_book(self, book: Any) -> None:
        self.latest = " ".join(f"{value:030.8f}" for value in [*book.bids.ravel(), *book.asks.ravel()])

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        self.child.communicate()


build = TickEncoder
