"""A target whose methods do what a test says."""

from __future__ import annotations

from pathlib import Path

from tests.integration.conftest import Soaks

TARGET = """\
import asyncio, time
class Target:
    def __init__(self, params, environment):
        self.environment = environment
        self.kept = []
    async def start(self):
        {start}
    def on_book(self, book):
        {on_book}
    async def cycle(self):
        {cycle}
    async def stop(self):
        {stop}
build = Target
"""


def misbehaving(soaks: Soaks, *, stall_s: float = 60, **bodies: str) -> Path:
    """A scenario whose target does `bodies`, statements by the name of a method, and nothing else."""
    filled = {name: bodies.get(name, "pass") for name in ("start", "on_book", "cycle", "stop")}
    soaks.target(TARGET.format(**filled))
    return soaks.scenario(factory="mine:build", stall_s=stall_s)
