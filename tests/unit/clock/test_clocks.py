"""What a program asks of a clock, and how a clock runs it: virtual or real."""

from __future__ import annotations

import asyncio
import math
import time
from typing import Any

import pytest

from harness.clock import RealClock, VirtualClock
from tests.unit.clock.virtual_time import START_MS, loop_time, run, time_is_restored, virtual


def test_sleep_until_is_exact_where_adding_up_is_not() -> None:
    async def program(clock: VirtualClock) -> None:
        for cycle in range(1, 10_000):
            await clock.sleep_until(cycle * 0.1)
            assert clock.now_s() == cycle * 0.1 == loop_time()

    run(program)


def test_an_instant_in_the_past_lets_others_run_once() -> None:
    async def program(clock: VirtualClock) -> list[str]:
        await asyncio.sleep(10)
        order: list[str] = []
        asyncio.get_running_loop().call_soon(order.append, "other")
        await clock.sleep_until(3)
        assert clock.now_s() == 10
        return order

    assert run(program) == ["other"]


def test_sleeping_until_nan_is_refused() -> None:
    async def program(clock: VirtualClock) -> None:
        with pytest.raises(ValueError, match="not a number"):
            await clock.sleep_until(math.nan)

    run(program)


def test_outside_a_run_a_clock_stands_still() -> None:
    clock = virtual()
    assert clock.now_s() == 0
    with pytest.raises(RuntimeError, match="not running"):
        clock.try_jump(1.0)
    clock.run(asyncio.sleep(12))
    assert clock.now_s() == 12
    clock.run(asyncio.sleep(3))
    assert clock.now_s() == 3, "every run starts at 0"


def test_leftover_tasks_and_generators_are_cleaned_up_in_virtual_time() -> None:
    ended: list[tuple[str, float]] = []

    async def program(clock: VirtualClock) -> str:
        async def leftover() -> None:
            try:
                await asyncio.sleep(1_000)
            finally:
                await asyncio.sleep(7)
                ended.append(("task", clock.now_s()))

        async def numbers() -> Any:
            try:
                yield 1
                yield 2
            finally:
                ended.append(("generator", clock.now_s()))

        left = asyncio.create_task(leftover())
        generator = numbers()
        await anext(generator)
        await asyncio.sleep(1)
        assert not left.done()
        clock.kept = generator  # type: ignore[attr-defined]
        return "result"

    clock = virtual()
    assert clock.run(program(clock)) == "result"
    assert ended == [("task", 8), ("generator", 8)]


def test_errors_of_the_program_come_through() -> None:
    async def program(clock: VirtualClock) -> None:
        await asyncio.sleep(1)
        raise KeyError("theirs")

    with pytest.raises(KeyError, match="theirs"):
        run(program)


def test_runs_nest_across_threads_and_time_is_restored_after_each() -> None:
    async def inner(clock: VirtualClock) -> float:
        await asyncio.sleep(1_000)
        assert time.monotonic() == 1_000
        return clock.now_s()

    async def outer(clock: VirtualClock) -> float:
        await asyncio.sleep(5)
        assert await asyncio.to_thread(run, inner) == 1_000
        assert time.monotonic() == 5
        assert time.time_ns() == START_MS * 1_000_000 + 5_000_000_000
        await asyncio.sleep(5)
        return clock.now_s()

    with time_is_restored():
        assert run(outer) == 10


def test_a_run_within_a_running_loop_is_refused() -> None:
    async def program(clock: VirtualClock) -> None:
        with pytest.raises(RuntimeError, match="within a running event loop"):
            virtual().run(asyncio.sleep(1))
        assert time.monotonic() == 0

    run(program)


def test_real_time_passes_and_nothing_is_patched() -> None:
    clock = RealClock()
    functions = (time.time, time.monotonic, time.sleep)

    async def program() -> list[str]:
        order: list[str] = []
        assert (time.time, time.monotonic, time.sleep) == functions
        assert abs(time.time() * 1000 - clock.start_ms) < 60_000
        assert not clock.try_jump(clock.now_s() + 60)
        assert clock.try_jump(clock.now_s())
        t_s = clock.now_s() + 0.5  # not yet over when the measurement is asked for

        async def event() -> None:
            await clock.sleep_until(t_s)
            order.append("event")

        task = asyncio.create_task(event())
        await asyncio.sleep(0)  # its timer is the older one
        clock.call_first_at(t_s, lambda: order.append("measurement"))
        await task
        assert clock.now_s() >= t_s - 1e-6
        return order

    before = clock.now_s()
    assert clock.run(program()) == ["measurement", "event"]
    assert before == 0
    assert clock.now_s() > 0
    assert not clock.is_virtual


def test_the_same_program_runs_on_either_clock() -> None:
    async def program(clock: VirtualClock | RealClock) -> list[int]:
        order: list[int] = []

        async def append(number: int) -> None:
            await clock.sleep_until(number / 4)
            order.append(number)

        await asyncio.gather(*(append(number) for number in (3, 1, 2)))
        return order

    for clock in (virtual(), RealClock()):
        assert clock.run(program(clock)) == [1, 2, 3]


@pytest.mark.parametrize("options", [{"io_grace_ms": -1.0}, {"io_grace_ms": math.nan}, {"stall_s": 0.0}])
def test_options_that_make_no_sense_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        VirtualClock(start_ms=0, **options)  # type: ignore[arg-type]
