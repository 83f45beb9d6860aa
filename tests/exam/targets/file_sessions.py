"""A session of a file, which ends when it is no longer used."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any


class Session:
    def __init__(self, path: Path) -> None:
        self.file = path.open("wb")

    def write(self, payload: bytes) -> None:
        self.file.write(payload)
        self.file.close()

    def __del__(self) -> None:
        self.file.write(b"end")


class FileSessions:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.path = Path(environment.data_dir) / "session.bin"
        self.latest = b""

    async def start(self) -> None:
        self.task = asyncio.create_task(self.cycle())

    async def cycle(self) -> None:
        while True:
            await asyncio.sleep(700)
            Session(self.path).write(self.latest)

    def on_book(self, book: Any) -> None:
        self.latest = book.bids.tobytes()

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


build = FileSessions
