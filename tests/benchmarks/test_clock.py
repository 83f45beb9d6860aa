"""What a jump costs: every virtual hour is made of them. Each round is 10,000 jumps; divide by it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from harness.clock import VirtualClock

JUMPS = 10_000
Program = Callable[[VirtualClock], Coroutine[Any, Any, None]]


async def sleep(clock: VirtualClock) -> None:
    for _ in range(JUMPS):
        await asyncio.sleep(5.0)


async def sleep_until(clock: VirtualClock) -> None:
    for cycle in range(JUMPS):
        await clock.sleep_until(cycle * 5.0)


async def try_jump(clock: VirtualClock) -> None:
    for event in range(JUMPS):
        clock.try_jump(event * 0.004)


async def try_jump_past_other_timers(clock: VirtualClock) -> None:
    for timer in range(100):
        asyncio.get_running_loop().call_at(1e6 + timer, lambda: None)
    await try_jump(clock)


async def sleep_beside_a_watched_socket(clock: VirtualClock) -> None:
    async with await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0):
        await sleep(clock)


async def executor_work(clock: VirtualClock) -> None:
    for _ in range(JUMPS // 10):
        await asyncio.to_thread(int)


async def read_time(clock: VirtualClock) -> None:
    for _ in range(JUMPS):
        time.time()


async def read_monotonic(clock: VirtualClock) -> None:
    for _ in range(JUMPS):
        time.monotonic()


@pytest.mark.parametrize(
    "program",
    [
        sleep,
        sleep_until,
        try_jump,
        try_jump_past_other_timers,
        sleep_beside_a_watched_socket,
        executor_work,
        read_time,
        read_monotonic,
    ],
)
def test_virtual(benchmark: BenchmarkFixture, program: Program) -> None:
    benchmark(lambda: (clock := VirtualClock(start_ms=0)).run(program(clock)))


def test_stock_loop_sleeping_next_to_nothing(benchmark: BenchmarkFixture) -> None:
    """What the same sleeps cost on asyncio's own loop, where each asks the kernel: the yardstick of `sleep`."""

    async def program() -> None:
        for _ in range(JUMPS):
            await asyncio.sleep(1e-9)

    benchmark(lambda: asyncio.run(program()))


def test_a_jump_costs_no_more_than_a_turn_of_the_stock_loop(benchmark: BenchmarkFixture) -> None:
    async def stock() -> None:
        for _ in range(JUMPS):
            await asyncio.sleep(1e-9)

    def virtual() -> None:
        clock = VirtualClock(start_ms=0)
        clock.run(sleep(clock))

    def cpu_s(run: Callable[[], None]) -> float:
        start = time.process_time()
        run()
        return time.process_time() - start

    # Interleaved, best of each: what disturbs one disturbs both.
    pairs = [(cpu_s(virtual), cpu_s(lambda: asyncio.run(stock()))) for _ in range(7)]
    benchmark.extra_info["ratio"] = min(ours for ours, _ in pairs) / min(theirs for _, theirs in pairs)
    benchmark.pedantic(virtual, rounds=1)
    assert benchmark.extra_info["ratio"] < 1.25
