"""A gateway process per session; a session lasts five minutes, then the next one is opened."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

GATEWAY = """\
import sys

session = b"s" * 8_000_000
for line in sys.stdin:
    print(len(session), flush=True)
"""


class GatewaySessions:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.script = Path(environment.data_dir) / "gateway.py"
        self.sessions: list[asyncio.subprocess.Process] = []
        self.size = 0

    async def open(self) -> None:
        session = await asyncio.create_subprocess_exec(
            sys.executable, str(self.script), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        assert session.stdin is not None
        assert session.stdout is not None
        session.stdin.write(b"hello\n")
        self.size = int(await session.stdout.readline())
        self.sessions.append(session)

    async def start(self) -> None:
        self.script.write_text(GATEWAY)
        await self.open()
        self.task = asyncio.create_task(self.renew())

    async def renew(self) -> None:
        while True:
            await asyncio.sleep(300)
            await self.open()

    def on_book(self, book: Any) -> None:
        pass

    async def stop(self) -> None:
        self.task.cancel()
        for session in self.sessions:
            assert session.stdin is not None
            session.stdin.close()
            await session.wait()


build = GatewaySessions
