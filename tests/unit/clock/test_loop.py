"""The virtual loop: its fast path, and work of executors and threads, which holds time."""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import math
import multiprocessing
import socket
import threading
import time
from collections.abc import Callable

import pytest

from harness.clock import VirtualClock
from tests.unit.clock.virtual_time import START_MS, loop_time, run


def test_try_jump_moves_time_when_nothing_else_could_happen() -> None:
    async def program(clock: VirtualClock) -> None:
        assert clock.try_jump(3.5)
        assert clock.now_s() == 3.5 == loop_time()
        assert clock.try_jump(3.5)
        assert clock.try_jump(1.0)  # already past
        assert clock.now_s() == 3.5
        assert time.time_ns() == START_MS * 1_000_000 + 3_500_000_000

    run(program)


def test_try_jump_does_nothing_where_something_else_could_happen() -> None:
    async def program(clock: VirtualClock) -> None:
        loop = asyncio.get_running_loop()
        timer = loop.call_at(5.0, lambda: None)
        assert not clock.try_jump(5.0)
        assert not clock.try_jump(6.0)
        assert clock.now_s() == 0
        assert clock.try_jump(4.0)
        timer.cancel()
        assert clock.try_jump(6.0), "a cancelled timer is no event"

        loop.call_soon(lambda: None)
        assert not clock.try_jump(7.0)
        await asyncio.sleep(0)
        assert clock.try_jump(7.0)

        left, right = socket.socketpair()
        with left, right:
            loop.add_reader(left, lambda: None)
            assert not clock.try_jump(8.0)
            loop.remove_reader(left)
        assert clock.try_jump(8.0)

        work = loop.run_in_executor(None, lambda: None)
        assert not clock.try_jump(9.0)
        await work
        assert clock.try_jump(9.0)
        assert not clock.try_jump(math.nan)
        assert not clock.try_jump(math.inf)
        assert clock.now_s() == 9.0

    run(program)


def test_a_feed_on_the_fast_path_sees_the_same_instants_as_one_that_sleeps() -> None:
    async def program(clock: VirtualClock, *, fast: bool) -> list[tuple[str, float]]:
        seen: list[tuple[str, float]] = []
        queue: asyncio.Queue[float] = asyncio.Queue()

        async def consume() -> None:
            while True:
                stamp = await queue.get()
                seen.append(("consumed", stamp))
                assert stamp == clock.now_s()
                await asyncio.sleep(0.003)

        async def cycle() -> None:
            while True:
                seen.append(("cycle", clock.now_s()))
                await asyncio.sleep(0.25)

        tasks = [asyncio.create_task(consume()), asyncio.create_task(cycle())]
        for number in range(1, 1_000):
            t_s = number / 100
            if not (fast and clock.try_jump(t_s)):
                await clock.sleep_until(t_s)
            queue.put_nowait(t_s)
        for task in tasks:
            task.cancel()
        return seen

    fast, slow = (run(functools.partial(program, fast=fast)) for fast in (True, False))
    assert fast == slow
    assert len(fast) == 999 - 1 + 40


def test_executor_work_holds_time_and_is_delivered_in_order_of_submission() -> None:
    async def program(clock: VirtualClock) -> list[tuple[str, float]]:
        loop = asyncio.get_running_loop()
        last_is_done = threading.Event()
        order: list[tuple[str, float]] = []
        loop.call_later(0.001, lambda: order.append(("timer", clock.now_s())))

        async def work(name: str, job: Callable[[], object]) -> None:
            await asyncio.to_thread(job)
            order.append((name, clock.now_s()))

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            loop.set_default_executor(pool)
            # The first can only finish after the last has.
            await asyncio.gather(
                work("first", last_is_done.wait), work("second", lambda: None), work("last", last_is_done.set)
            )
            await asyncio.sleep(1)
        return order

    assert run(program) == [("first", 0), ("second", 0), ("last", 0), ("timer", 0.001)]


def test_executor_work_fails_and_is_cancelled_as_in_asyncio() -> None:
    async def program(clock: VirtualClock) -> None:
        def fail(error: BaseException) -> None:
            raise error

        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(fail, ZeroDivisionError())
        with pytest.raises(RuntimeError, match="StopIteration"):
            await asyncio.to_thread(fail, StopIteration())

        loop = asyncio.get_running_loop()
        busy, free = threading.Event(), threading.Event()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            running = loop.run_in_executor(pool, lambda: (busy.set(), free.wait()))
            queued = loop.run_in_executor(pool, lambda: None)
            busy.wait()
            running.cancel()
            queued.cancel()
            free.set()
            with pytest.raises(asyncio.CancelledError):
                await running
            with pytest.raises(asyncio.CancelledError):
                await queued
        await asyncio.sleep(1)
        assert clock.now_s() == 1

    run(program)


@pytest.mark.parametrize("pause", [0, 0.001])
def test_a_program_that_polls_for_its_executor_work_gets_it(pause: float) -> None:
    async def program(clock: VirtualClock) -> float:
        work = asyncio.get_running_loop().run_in_executor(None, lambda: 42)
        while not work.done():
            await asyncio.sleep(pause)
        assert await work == 42
        return clock.now_s()

    assert run(program) <= 0.001


def test_a_thread_that_calls_in_is_heard() -> None:
    async def program(clock: VirtualClock) -> float:
        loop = asyncio.get_running_loop()
        called = asyncio.Event()
        thread = threading.Thread(target=lambda: loop.call_soon_threadsafe(called.set))
        thread.start()
        await called.wait()
        thread.join()
        return clock.now_s()

    assert run(program) == 0


def test_process_pools_made_during_a_run_hold_time_like_threads() -> None:
    async def program(clock: VirtualClock) -> tuple[list[int], float]:
        loop = asyncio.get_running_loop()
        with concurrent.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            work = [loop.run_in_executor(pool, pow, 2, exponent) for exponent in range(3)]
            return await asyncio.wait_for(asyncio.gather(*work), 0.001), clock.now_s()

    assert run(program) == ([1, 2, 4], 0)
