"""Timers fire in one order: by their time, then by their age, measurements first."""

from __future__ import annotations

import asyncio
import functools
import math

from harness.clock import VirtualClock
from tests.unit.clock.virtual_time import run


def test_timers_a_hair_apart_fire_each_at_its_own_time() -> None:
    async def program(clock: VirtualClock) -> list[float]:
        loop = asyncio.get_running_loop()
        seen: list[float] = []
        times = [86_400.0]
        for _ in range(5):
            times.append(math.nextafter(times[-1], math.inf))
        for when in reversed(times):
            loop.call_at(when, lambda: seen.append(loop.time()))
        await clock.sleep_until(90_000)
        assert seen == times
        return seen

    run(program)


def test_ties_run_in_order_of_creation_and_measurements_before_them() -> None:
    async def program(clock: VirtualClock) -> list[str]:
        loop = asyncio.get_running_loop()
        order: list[str] = []
        for number in range(100):
            loop.call_at(7.0, order.append, f"event {number}")
            if number % 10 == 0:
                clock.call_first_at(7.0, functools.partial(order.append, f"measurement {number}"))
        cancelled = clock.call_first_at(7.0, functools.partial(order.append, "cancelled"))
        cancelled.cancel()
        await asyncio.sleep(8)
        return order

    measurements = [f"measurement {number}" for number in range(0, 100, 10)]
    assert run(program) == measurements + [f"event {number}" for number in range(100)]
