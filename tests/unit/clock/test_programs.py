"""Unmodified asyncio programs on virtual time: queues, timeouts, locks and generators."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from harness.clock import VirtualClock
from tests.unit.clock.virtual_time import loop_time, run


def test_producer_and_consumers_with_timeouts() -> None:
    async def program(clock: VirtualClock) -> tuple[list[tuple[int, float]], list[float]]:
        queue: asyncio.Queue[int] = asyncio.Queue(maxsize=2)
        got: list[tuple[int, float]] = []
        timeouts: list[float] = []

        async def produce() -> None:
            for item in range(4):
                await queue.put(item)
                await asyncio.sleep(10)

        async def consume() -> None:
            while len(got) < 4:
                try:
                    got.append((await asyncio.wait_for(queue.get(), 4), clock.now_s()))
                except asyncio.TimeoutError:  # noqa: UP041 - as programs write it
                    timeouts.append(clock.now_s())

        async with asyncio.TaskGroup() as group:
            group.create_task(produce())
            group.create_task(consume())
        return got, timeouts

    got, timeouts = run(program)
    assert got == [(0, 0), (1, 10), (2, 20), (3, 30)]
    assert timeouts == [4, 8, 14, 18, 24, 28]


def test_timeouts_fall_at_their_exact_instant() -> None:
    async def program(clock: VirtualClock) -> None:
        never = asyncio.Event()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(never.wait(), 1.25)
        assert clock.now_s() == 1.25
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.75):
                await never.wait()
        assert clock.now_s() == 2.0
        async with asyncio.timeout(5) as limit:
            limit.reschedule(loop_time() + 100)
            await asyncio.sleep(50)
        assert clock.now_s() == 52.0
        done, pending = await asyncio.wait([asyncio.create_task(asyncio.sleep(s)) for s in (1, 9)], timeout=3)
        assert (len(done), len(pending), clock.now_s()) == (1, 1, 55.0)

    run(program)


def test_locks_conditions_gather_and_async_generators() -> None:
    async def program(clock: VirtualClock) -> list[Any]:
        lock = asyncio.Lock()
        held: list[tuple[int, float]] = []

        async def hold(number: int) -> int:
            async with lock:
                held.append((number, clock.now_s()))
                await asyncio.sleep(1)
            return number

        async def ticks() -> Any:
            for _ in range(3):
                await asyncio.sleep(0.5)
                yield clock.now_s()

        results = await asyncio.gather(*(hold(number) for number in range(3)))
        assert held == [(0, 0.0), (1, 1.0), (2, 2.0)]
        return [*results, [tick async for tick in ticks()]]

    assert run(program) == [0, 1, 2, [3.5, 4.0, 4.5]]
