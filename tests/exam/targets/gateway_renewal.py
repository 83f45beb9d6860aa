"""One gateway process; every five minutes it is closed, and another is opened."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

GATEWAY = """\
import sys

session = b"s" * 5_000_000
for line in sys.stdin:
    print(len(session), flush=True)
"""


class GatewayRenewal:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.script = Path(environment.data_dir) / "gateway.py"
        self.session: asyncio.subprocess.Process | None = None
        self.size = 0

    async def open(self) -> None:
        self.session = await asyncio.create_subprocess_exec(
            sys.executable, str(self.script), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        assert self.session.stdin is not None
        assert self.session.stdout is not None
        self.session.stdin.write(b"hello\n")
        self.size = int(await self.session.stdout.readline())

    async def close(self) -> None:
        if self.session is not None:
            assert self.session.stdin is not None
            self.session.stdin.close()
            await self.session.wait()
            self.session = None

    async def start(self) -> None:
        self.script.write_text(GATEWAY)
        await self.open()
        self.task = asyncio.create_task(self.renew())

    async def renew(self) -> None:
        while True:
            await asyncio.sleep(300)
            await self.close()
            await self.open()

    def on_book(self, book: Any) -> None:
        pass

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.close()


build = GatewayRenewal
