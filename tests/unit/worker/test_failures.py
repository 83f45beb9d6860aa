"""A task that dies unseen ends the run; one that somebody waits for is theirs to handle."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from harness.clock import VirtualClock
from harness.worker.failures import describe, watch_tasks


async def dies(after_s: float = 1.0) -> None:
    await asyncio.sleep(after_s)
    raise ValueError("gone")


def failures_of(program: Coroutine[Any, Any, None]) -> list[str]:
    seen: list[str] = []

    async def watched() -> None:
        loop = asyncio.get_running_loop()
        watch_tasks(loop, lambda error: seen.append(f"{loop.time():g} s: {type(error).__name__}: {error}"))
        await program

    VirtualClock(start_ms=0).run(watched())
    return seen


def test_a_task_that_dies_unseen_is_reported_after_a_minute() -> None:
    async def program() -> None:
        task = asyncio.create_task(dies(after_s=3))
        await asyncio.sleep(100)
        assert task.done()

    assert failures_of(program()) == ["63 s: ValueError: gone"]


def test_a_callback_that_raises_is_reported() -> None:
    async def program() -> None:
        asyncio.get_running_loop().call_later(2, lambda: 1 / 0)
        await asyncio.sleep(5)

    assert failures_of(program()) == ["2 s: ZeroDivisionError: division by zero"]


async def awaited() -> None:
    with pytest.raises(ValueError, match="gone"):
        await asyncio.create_task(dies())


async def gathered() -> None:
    results = await asyncio.gather(asyncio.create_task(dies()), asyncio.sleep(500), return_exceptions=True)
    assert isinstance(results[0], ValueError)


async def asked_later() -> None:
    task = asyncio.create_task(dies())
    await asyncio.sleep(30)
    with pytest.raises(ValueError, match="gone"):
        await task
    await asyncio.sleep(100)


async def grouped() -> None:
    with pytest.raises(ExceptionGroup):
        async with asyncio.TaskGroup() as group:
            group.create_task(dies())


async def timed_out() -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.create_task(asyncio.sleep(100)), 1)


async def cancelled() -> None:
    task = asyncio.create_task(dies())
    await asyncio.sleep(0.5)
    task.cancel()
    await asyncio.sleep(1)


@pytest.mark.parametrize("program", [awaited, gathered, asked_later, grouped, timed_out, cancelled])
def test_what_somebody_waits_for_is_no_failure(program: Any) -> None:
    assert failures_of(program()) == []


def test_an_error_is_described_with_the_line_of_the_targets_code() -> None:
    with pytest.raises(ValueError, match="gone") as caught:
        VirtualClock(start_ms=0).run(dies())
    text = describe(caught.value)
    assert text.startswith("ValueError: gone (test_failures.py:")
    assert text.endswith("in dies)")
